"""Fixtures for the tests of reliability: recordings in processes of their own, small disks, and the final check."""

from __future__ import annotations

import array
import fcntl
import inspect
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from rla import exp_manager, read_progress
from rla.cli.main import _group

REPOSITORY = Path(__file__).resolve().parents[3]
WAIT_SECONDS = 60.0

Row = dict[str, Any]


def row_of(count: int, new_key_every: int = 0) -> dict[str, Any]:
    """Return the row of that number; every so often one has a key that no row had before."""
    row = {"count": count, "half": count / 2, "text": f'row {count}, "quoted"'}
    if new_key_every and count % new_key_every == new_key_every - 1:
        row[f"late {count}"] = count
    return row


SET_UP = (
    inspect.getsource(row_of).replace("dict[str, Any]", "dict")
    + """
import os, random, socket, sys, time
from rla import exp_manager, files, logger, time_step_holder
from rla.output import journal_writer, writer

line = socket.socket(fileno=int(sys.argv[1]))
data_root, code_root = sys.argv[2:4]
arguments = sys.argv[4:]

def tell(*words):
    line.sendall((" ".join(map(str, words)) + "\\n").encode())

def wait_for_the_test():
    assert line.recv(1)

def begin(*formats, **settings):
    settings = {"LOG_USED": list(formats or ("csv", "tensorboard", "log")), **settings}
    exp_manager.configure("demo_task", settings, data_root=data_root, code_root=code_root)
    exp_manager.log_files_gen()

def dump(count, new_key_every=0):
    for key, value in row_of(count, new_key_every).items():
        logger.record_tabular(key, value, exclude="tensorboard" if key == "text" else None)
    row = logger.dump_tabular(step=count)
    assert row["count"] == count
    tell("row", count, time.monotonic())
"""
)


class Recording:
    """A process that records, and what it has told.

    It speaks through a socket: disks that refuse, and injected faults of `write`, don't concern that.

    Attributes:
        process: the process.
        told: all that it has said, as lists of words.
    """

    def __init__(self, command: list[str], arguments: list[str], errors: Path, **options: Any) -> None:
        here, there = socket.socketpair()
        self._line = here
        self._errors = errors
        self.told: list[list[str]] = []
        self._heard = threading.Condition()
        with open(errors, "wb") as stderr:
            self.process = subprocess.Popen(
                [*command, str(there.fileno()), *arguments],
                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": stderr, **options},
                pass_fds=[there.fileno()],
            )
        there.close()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with self._line.makefile() as lines:
            for said in lines:
                with self._heard:
                    self.told.append(said.split())
                    self._heard.notify_all()
        with self._heard:
            self._heard.notify_all()

    def all_told(self, word: str) -> list[list[str]]:
        """Return what followed a word, each time that it was said."""
        with self._heard:
            return [words[1:] for words in self.told if words[0] == word]

    def wait_until_told(self, word: str, times: int = 1) -> list[str]:
        """Wait for a word, and return what followed it."""
        with self._heard:
            self._heard.wait_for(
                lambda: sum(words[0] == word for words in self.told) >= times or self.process.poll() is not None,
                WAIT_SECONDS,
            )
        found = self.all_told(word)
        assert len(found) >= times, f"it never said '{word}': {self.errors}"
        return found[times - 1]

    def go_on(self) -> None:
        """Let it go on behind its `wait_for_the_test`."""
        self._line.sendall(b"\n")

    @property
    def acknowledged(self) -> list[float]:
        """When each row was acknowledged, in seconds of the monotonic clock."""
        rows = self.all_told("row")
        assert [int(count) for count, _ in rows] == list(range(len(rows)))
        return [float(moment) for _, moment in rows]

    @property
    def errors(self) -> str:
        """What it wrote to standard error."""
        return self._errors.read_text(errors="replace")

    @property
    def warned(self) -> list[str]:
        """The warnings of rla on standard error."""
        return [line.partition("RLAWarning: ")[2] for line in self.errors.splitlines() if "RLAWarning: " in line]

    def wait_until_warned(self) -> None:
        """Wait for the first warning."""
        until = time.monotonic() + WAIT_SECONDS
        while not self.warned and time.monotonic() < until:
            time.sleep(0.02)
        assert self.warned, self.errors

    def end(self, timeout: float = WAIT_SECONDS) -> int:
        """Wait for its end, and return its exit code."""
        code = self.process.wait(timeout)
        self._thread.join(timeout)
        return code

    def kill(self) -> None:
        """End it by `kill -9`, where it has not ended by itself."""
        self.process.kill()
        self.end()

    def close(self) -> None:
        """Release what is left of it."""
        self.kill()
        self._line.close()


@pytest.fixture
def record(data_root: Path, tmp_path: Path) -> Iterator[Callable[..., Recording]]:
    """Start a process that records: ``record("begin()\\nfor count in range(9): dump(count)")``."""
    started: list[Recording] = []
    code_root = tmp_path / "code"
    code_root.mkdir(exist_ok=True)

    def start(
        program: str, *arguments: object, env: dict[str, str] | None = None, root: Path = data_root, **options: Any
    ) -> Recording:
        command = [sys.executable, "-W", "always", "-c", SET_UP + program]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})}
        recording = Recording(
            command,
            [str(root), str(code_root), *map(str, arguments)],
            tmp_path / f"errors-{len(started)}.txt",
            env=environment,
            cwd=tmp_path,
            **options,
        )
        started.append(recording)
        return recording

    yield start
    for recording in started:
        recording.close()


# ---- what must be true at the end ------------------------------------------------------------------------------------


def run_fsck(data_root: Path, *options: str) -> dict[str, Any]:
    """Run `rla fsck --json`, and return what it says."""
    done = CliRunner().invoke(_group, ["fsck", "--json", "--root", str(data_root), *options], prog_name="rla")
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def fsck() -> Callable[..., dict[str, Any]]:
    return run_fsck


@pytest.fixture
def data_root(place: Path) -> Iterator[Path]:
    """A data root that does not exist yet; whatever the test does to it, `rla fsck` finds no error at its end."""
    root = place / "data"
    yield root
    exp_manager.finish()
    if root.is_dir():
        found = run_fsck(root)
        assert found["errors"] == 0, found["findings"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder, of whatever disk, that the data root lies in."""
    return tmp_path


def only_log_dir(data_root: Path) -> Path:
    (folder,) = data_root.glob("log/demo_task/*/*/*/*")
    return folder


@pytest.fixture
def log_dir(data_root: Path) -> Callable[[], Path]:
    """Return the log folder of the only experiment."""
    return lambda: only_log_dir(data_root)


def events_of(folder: Path) -> list[Any]:
    """Return all events of a run's event files, read by TensorBoard itself, which stops at what is damaged."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    return [
        event
        for path in sorted((folder / "tb" / "events").glob("events.out.tfevents.*"))
        for event in EventFileLoader(str(path)).Load()
    ]


@pytest.fixture
def events() -> Callable[[Path], list[Any]]:
    return events_of


def scalars_of(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return steps and values by tag, as TensorBoard reads them."""
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events_of(folder):
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "scalars":
                found.setdefault(value.tag, []).append((event.step, value.tensor.float_val[0]))
    return found


@pytest.fixture
def scalars() -> Callable[[Path], dict[str, list[tuple[int, float]]]]:
    return scalars_of


def plain_rows(folder: Path) -> list[Row]:
    """Return the rows of a run without what rla adds to each."""
    rows = read_progress(folder).rows
    return [{key: value for key, value in row.items() if key not in ("time-step", "timestamp")} for row in rows]


def check_files(folder: Path, counts: list[int], new_key_every: int = 0, events_at_least: int | None = None) -> None:
    """Check that each file holds exactly these rows, in order, as its own readers see it.

    A power cut may leave fewer events than rows: at least those that were old enough, without a gap.
    """
    expected = [row_of(count, new_key_every) for count in counts]
    assert plain_rows(folder) == expected
    frame = pd.read_csv(folder / "progress.csv", skip_blank_lines=True)
    assert list(frame["count"]) == counts
    assert list(frame["half"]) == [row["half"] for row in expected]
    assert list(frame["text"]) == [row["text"] for row in expected]
    found = scalars_of(folder)
    events = counts if events_at_least is None else counts[: len(found.get("count", []))]
    assert len(events) >= (events_at_least or 0)
    assert found.get("count", []) == [(count, float(np.float32(count))) for count in events]
    for key in {key for row in expected for key in row if key.startswith("late")}:
        assert found.get(key, []) == [(count, float(count)) for count in events if key == f"late {count}"]
        assert frame[key].dropna().to_list() == [float(key[5:])]
    for name in ("progress.csv", "log.txt", "warn.txt", "backup.txt"):
        if (folder / name).exists():
            assert b"\0" not in (folder / name).read_bytes(), f"garbage in {name}"


@pytest.fixture
def check_rows() -> Callable[..., list[int]]:
    """Check a run that has ended, before and after a repair: ``check_rows(data_root, at_least=100)``."""

    def check(
        data_root: Path,
        at_least: int,
        at_most: int | None = None,
        new_key_every: int = 0,
        events_at_least: int | None = None,
    ) -> list[int]:
        folder = only_log_dir(data_root)
        rows = plain_rows(folder)
        counts = [row["count"] for row in rows]
        assert counts == list(range(len(counts))), "in order, none twice, none lost in between"
        assert rows == [row_of(count, new_key_every) for count in counts]
        assert at_least <= len(counts) <= (at_least if at_most is None else at_most)
        found = run_fsck(data_root, "--repair")
        assert found["errors"] == 0, found["findings"]
        assert run_fsck(data_root)["findings"] == []
        assert not list(folder.glob(".journal/*.journal")), "nothing waits there any more"
        check_files(folder, counts, new_key_every, events_at_least)
        return counts

    return check


# ---- disks -----------------------------------------------------------------------------------------------------------


def run_tool(*command: object) -> str:
    """Run a tool of the system, and return what it prints."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=WAIT_SECONDS)
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


FS_IOC_SHUTDOWN = 0x8004587D
WITHOUT_FLUSHING_THE_LOG = 2


class Disk:
    """A file system of its own: ext4 in an image file, or one in memory.

    Args:
        folder: where image and mount point are made.

    Attributes:
        path: where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "disk"
        self.path.mkdir()
        self._image = folder / "disk.image"

    def make(self, size: int, *options: object) -> None:
        """Make a file system of ext4 of so many bytes; further options are those of `mkfs.ext4`."""
        with open(self._image, "wb") as image:
            image.truncate(size)
        run_tool("mkfs.ext4", "-q", "-F", *options, self._image)

    def mount(self, options: str = "defaults") -> Path:
        """Mount it, and return where."""
        run_tool("mount", "-o", f"loop,{options}", self._image, self.path)
        return self.path

    def mount_in_memory(self, size: int) -> Path:
        """Mount a file system of so many bytes of memory, and return where."""
        run_tool("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path)
        return self.path

    def unmount(self) -> None:
        """Unmount it, and wait until its loop device is released: another mount namespace may hold it for a while."""
        run_tool("umount", self.path)
        until = time.monotonic() + WAIT_SECONDS
        while run_tool("losetup", "-j", self._image):
            if time.monotonic() > until:
                raise OSError(f"somebody else holds {self._image}")
            time.sleep(0.05)

    def cut_power(self) -> None:
        """End it as a power cut does: what it has not written yet is never written."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, FS_IOC_SHUTDOWN, array.array("I", [WITHOUT_FLUSHING_THE_LOG]))
        finally:
            os.close(folder)

    def become_read_only(self) -> None:
        """Let it find an error in itself: mounted with ``errors=remount-ro``, it takes no write any more."""
        device = os.path.basename(run_tool("losetup", "-j", self._image, "-O", "NAME", "-n"))
        trigger = Path(f"/sys/fs/ext4/{device}/trigger_fs_error")
        if not trigger.exists():
            pytest.skip("this kernel cannot be told to find an error")
        trigger.write_text("a test")

    def repair(self) -> None:
        """Let `e2fsck` bring it in order."""
        subprocess.run(["e2fsck", "-fy", self._image], capture_output=True, timeout=WAIT_SECONDS, check=False)

    def fill(self, name: str = "ballast") -> None:
        """Write a file until there is no room for a single byte more."""
        with open(self.path / name, "ab", buffering=0) as stream:
            for size in (1 << 16, 1 << 12, 256, 1):
                while True:
                    try:
                        stream.write(bytes(size))
                    except OSError:
                        break

    def free(self, name: str = "ballast") -> None:
        """Remove the file that filled it."""
        (self.path / name).unlink()

    def release(self) -> None:
        """Unmount it in any case, and release its loop device."""
        for _ in range(3):
            if os.path.ismount(self.path):
                subprocess.run(["umount", self.path], capture_output=True, check=False)
                time.sleep(0.05)
        if os.path.ismount(self.path):
            subprocess.run(["umount", "-l", self.path], capture_output=True, check=False)
        self._image.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that is not mounted yet; the test is skipped where none can be."""
    disk = Disk(tmp_path)
    try:
        disk.mount_in_memory(1 << 20)
        disk.unmount()
        disk.make(8 << 20)
        disk.mount()
        disk.unmount()
    except (OSError, subprocess.TimeoutExpired) as error:
        disk.release()
        pytest.skip(f"no disk can be mounted here: {error}")
    yield disk
    disk.release()


@pytest.fixture
def tool() -> Callable[..., str]:
    """Run a tool of the system: ``tool("chattr", "+i", path)``."""
    return run_tool
