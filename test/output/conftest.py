"""Fixtures for the tests of the outputs: a log folder, TensorBoard's own reader, disks that refuse, and real forks."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import files, logger, time_step_holder
from rla.output import writer
from rla.output.writer import Writer

Scalars = dict[str, list[tuple[int, float]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log folder that does not exist yet."""
    return tmp_path / "log"


@pytest.fixture
def dump() -> Callable[..., dict[str, Any]]:
    """Record values and dump them: ``dump(step=3, loss=0.1)``."""

    def dump_row(step: float | None = None, **values: Any) -> dict[str, Any]:
        for key, value in values.items():
            logger.record_tabular(key, value)
        return logger.dump_tabular(step)

    return dump_row


@pytest.fixture
def own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer thread does only what `flush` and `close` ask of it: the test decides when."""
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 1e6)
    monkeypatch.setattr(Writer, "wake", lambda self: None)


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


@pytest.fixture
def scalars() -> Callable[[Path], Scalars]:
    """Read the scalars of a run as TensorBoard does: steps and values by tag."""

    def read(folder: Path) -> Scalars:
        found: Scalars = {}
        for event in events_of(folder):
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name == "scalars":
                    found.setdefault(value.tag, []).append((event.step, value.tensor.float_val[0]))
        return found

    return read


def tree_of(folder: Path) -> dict[str, tuple[int, str]]:
    """Return the time of change and the hash of everything below a folder."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder",
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def tree() -> Callable[[Path], dict[str, tuple[int, str]]]:
    return tree_of


class Disk:
    """A disk that can be made to refuse: all appends to files whose path has a certain part."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refuses: str | None = None
        self.takes_bytes = 0
        self.refused = 0
        self._append = files.append
        monkeypatch.setattr(files, "append", self.append)

    def append(self, fd: int, data: bytes) -> None:
        if self.refuses is not None and self.refuses in os.readlink(f"/proc/self/fd/{fd}"):
            self.refused += 1
            if self.takes_bytes:
                self._append(fd, data[: min(self.takes_bytes, len(data) - 1)])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._append(fd, data)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A disk that refuses appends while ``disk.refuses`` is a part of the file's path, e.g. ``".journal"``."""
    return Disk(monkeypatch)


@pytest.fixture
def killed() -> Callable[[Callable[[], object]], int]:
    """Run a function in a forked process that must end by `kill -9`.

    It gets a function to call with the number of acknowledged rows; the last such number is returned.
    """

    def run(program: Callable[[Callable[[int], None]], object]) -> int:
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:

            def acknowledge(count: int) -> None:
                os.write(writer, b"%d\n" % count)

            acknowledge.pipe = writer  # type: ignore[attr-defined]
            try:
                program(acknowledge)
            except BaseException:
                traceback.print_exc()
                os._exit(3)
            os._exit(4)
        os.close(writer)
        with os.fdopen(reader, "rb") as acknowledged:
            lines = acknowledged.read().split()
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), f"it ended by itself: exit code {os.waitstatus_to_exitcode(status)}"
        assert os.WTERMSIG(status) == signal.SIGKILL
        return int(lines[-1]) if lines else 0

    return run


@pytest.fixture
def dead_run(folder: Path, killed: Callable[..., int]) -> Callable[..., Path]:
    """Leave the folder of a run that was killed before its writer wrote anything: ``dead_run([{"a": 1}, …])``."""

    def leave(rows: list[dict[str, Any]], formats: tuple[str, ...] = ("csv", "tensorboard", "json", "log")) -> Path:
        def program(acknowledge: Callable[[int], None]) -> None:
            writer.FLUSH_SECONDS, Writer.wake = 1e6, lambda self: None  # type: ignore[method-assign,misc]
            logger.configure(folder, formats)
            for count, row in enumerate(rows):
                for key, value in row.items():
                    logger.record_tabular(key, value)
                logger.dump_tabular(step=count)
                acknowledge(count + 1)
            os.kill(os.getpid(), signal.SIGKILL)

        assert killed(program) == len(rows)
        return folder

    time_step_holder.set_time(0)
    return leave


@pytest.fixture
def in_a_fork() -> Callable[[Callable[[], object]], str]:
    """Run a function in a forked child and return its repr; an exception there fails the test."""

    def run(function: Callable[[], object]) -> str:
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            code = 0
            try:
                os.write(writer, repr(function()).encode())
            except BaseException:
                os.write(writer, traceback.format_exc().encode())
                code = 3
            os._exit(code)
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            answer = stream.read().decode()
        _, status = os.waitpid(pid, 0)
        assert status == 0, answer
        return answer

    return run
