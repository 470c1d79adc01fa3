"""Of a killed run whose journal ends anywhere exactly the rows that are whole are read and folded, no other.

The same for its files: whatever became of what was not on the disk yet, folding completes them from the journal.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from rla import files, read_progress
from rla.experiment.fsck import check_data_root_files
from rla.output.last_row import last_row

HEADER_BYTES = 16
ROWS = 10

KILLED = """
import json, math, os, signal, sys, threading
from rla import files, logger
from rla.output import writer
folder, flush_after = sys.argv[1], int(sys.argv[2])
writer.FLUSH_SECONDS = writer.SYNC_SECONDS = 1e6
append = files.append

def append_of_the_writer(fd, data):
    if flush_after < 0 and threading.current_thread() is not threading.main_thread():
        threading.Event().wait()  # nothing but the journal gets anything
    append(fd, data)

files.append = append_of_the_writer
size = lambda: os.path.getsize(os.path.join(folder, ".journal", "00000001.journal"))
sizes = lambda: {os.path.relpath(os.path.join(at, name), folder): os.path.getsize(os.path.join(at, name))
                 for at, _, names in os.walk(folder) for name in names}
logger.configure(folder, ["csv", "tensorboard", "json", "log"])
at_start, ends = sizes(), []
for step in range(10):
    logger.record_all({"count": step, "half": step / 2, "name": f"row {step}, 'quoted' \\n", "none": None})
    if step > 2:
        logger.record_tabular("late", math.nan if step % 2 else math.inf)
    if step == 7:
        logger.record_all({"huge": 2 ** 70, "list": [1, 2], "seven": True})
    logger.dump_tabular(step=step)
    ends.append(size())
    logger.info(f"after row {step}")
    if step % 4 == 3:
        logger.get_tbx_writer().add_text("note", f"after row {step}", step)
    if step == flush_after:
        logger.flush()
print(json.dumps({"ends": ends, "sizes": at_start}), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass
class DeadRun:
    """A killed run.

    Attributes:
        root: its data root.
        folder: its log folder.
        ends: size of its journal after each row.
        sizes: sizes of its files before the first row.
        rows: what its whole journal holds.
    """

    root: Path
    folder: Path
    ends: list[int]
    sizes: dict[str, int]
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def segment(self) -> Path:
        return self.folder / ".journal" / "00000001.journal"

    def copy(self, root: Path) -> DeadRun:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.root, root)
        return DeadRun(root, root / self.folder.relative_to(self.root), self.ends, self.sizes, self.rows)

    def check_rows(self, expected: int) -> None:
        """The first rows are read, and no other."""
        assert list(map(shown, read_progress(self.folder).rows)) == list(map(shown, self.rows[:expected]))
        assert shown(last_row(self.folder)) == shown(self.rows[expected - 1] if expected else {})

    def repair(self) -> None:
        """As `rla fsck --repair`, without a process for each of a thousand."""
        assert check_data_root_files(self.root, repair=True).errors == []
        assert not (self.folder / ".journal").exists()

    def check_files(self, expected: int) -> None:
        """Every file has the first rows, and no other."""
        with open(self.folder / "progress.csv", newline="", encoding="utf-8") as stream:
            lines = list(csv.DictReader(stream))
        counts = list(range(expected))
        assert [int(line["count"]) for line in lines] == counts
        assert [line["name"] for line in lines] == [row["name"] for row in self.rows[:expected]]
        assert [math.isnan(float(line["late"])) for line in lines[3:]] == [bool(count % 2) for count in counts[3:]]
        objects = map(json.loads, (self.folder / "progress.json").read_text().splitlines())
        assert [each["count"] for each in objects] == counts
        (event_file,) = (self.folder / "tb" / "events").iterdir()
        events = list(EventFileLoader(str(event_file)).Load())
        assert [event.step for event in events if "count" in [each.tag for each in event.summary.value]] == counts


def shown(row: dict[str, Any]) -> str:
    """Return a text that is equal for equal rows, NaN and types among them."""
    return repr(sorted(row.items()))


def leave_dead_run(root: Path, place: str, running: Callable, flush_after: int) -> DeadRun:
    with running(KILLED, root / place, flush_after) as child:
        answer = json.loads(child.communicate()[0])
        assert child.returncode == -signal.SIGKILL
    run = DeadRun(root, root / place, answer["ends"], answer["sizes"])
    run.rows = read_progress(run.folder).rows  # type: ignore[assignment]
    assert [row["count"] for row in run.rows] == list(range(ROWS))
    return run


@pytest.fixture
def only_journaled(data_root: Path, place: str, running: Callable) -> DeadRun:
    """A killed run of which nothing but the journal was written."""
    return leave_dead_run(data_root, place, running, flush_after=-1)


@pytest.fixture
def half_written(data_root: Path, place: str, running: Callable) -> DeadRun:
    """A killed run whose files have six of ten rows, none of which had to be on the disk yet."""
    return leave_dead_run(data_root, place, running, flush_after=5)


def test_cut_at_any_byte_exactly_the_whole_rows_are_read(only_journaled: DeadRun, fsck: Callable) -> None:
    content = only_journaled.segment.read_bytes()
    for cut in range(len(content), -1, -1):
        only_journaled.segment.write_bytes(content[:cut])
        only_journaled.check_rows(sum(end <= cut for end in only_journaled.ends))
    fsck(only_journaled.root)


@pytest.mark.fault
@pytest.mark.filterwarnings("ignore:.*journal.*version:rla.errors.RLAWarning")  # that byte was changed too
def test_with_any_byte_changed_exactly_the_rows_before_are_read(only_journaled: DeadRun, fsck: Callable) -> None:
    content = only_journaled.segment.read_bytes()
    folder, known = only_journaled.folder, list(map(shown, only_journaled.rows))
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x40
        only_journaled.segment.write_bytes(damaged)
        found = list(map(shown, read_progress(folder).rows))
        if place >= HEADER_BYTES:
            assert found == known[: sum(end <= place for end in only_journaled.ends)], f"byte {place} changed"
        else:
            assert found in ([], known), f"byte {place} of the header changed"
        newest = last_row(folder)  # it looks from the end, so it may find one behind the damage
        assert not newest or shown(newest) in known
    only_journaled.segment.write_bytes(content)
    fsck(only_journaled.root)


@pytest.mark.usefixtures("quick_disk")
@pytest.mark.parametrize("every", [37, pytest.param(1, marks=pytest.mark.fault)])
def test_cut_at_any_byte_exactly_the_whole_rows_are_folded(
    every: int, only_journaled: DeadRun, tmp_path: Path, fsck: Callable
) -> None:
    content = only_journaled.segment.read_bytes()
    near = {end + offset for end in only_journaled.ends[::4] for offset in (-1, 0, 1)}
    for cut in sorted({*range(0, len(content) + 1, every), *near, len(content)}):
        run = only_journaled.copy(tmp_path / "copy")
        run.segment.write_bytes(content[:cut])
        whole = sum(end <= cut for end in run.ends)
        run.repair()
        run.check_files(whole)
        if whole:
            assert [row["count"] for row in read_progress(run.folder).rows] == list(range(whole))
    fsck(run.root)


@pytest.mark.fault
def test_the_command_folds_exactly_the_whole_rows(only_journaled: DeadRun, fsck: Callable) -> None:
    content = only_journaled.segment.read_bytes()
    only_journaled.segment.write_bytes(content[: only_journaled.ends[6] - 1])
    fsck(only_journaled.root, "--repair")
    only_journaled.check_files(6)
    assert fsck(only_journaled.root)["warnings"] == 0


def files_and_cuts(run: DeadRun, every: int) -> Iterator[tuple[str, int]]:
    """Go through the files and the sizes that each may have after a crash: nothing behind the start is sure."""
    for name in sorted(run.sizes):
        if not name.startswith(".journal"):
            size = (run.folder / name).stat().st_size
            yield from ((name, cut) for cut in range(run.sizes[name], size + 1, every))


def check_all_cuts(half_written: DeadRun, copy: Path, every: int) -> None:
    for name, cut in files_and_cuts(half_written, every):
        run = half_written.copy(copy)
        path = run.folder / name
        path.write_bytes(path.read_bytes()[:cut])
        run.check_rows(ROWS)
        run.repair()
        run.check_files(ROWS)
        assert (run.folder / "log.txt").read_text().count("after row") == ROWS


@pytest.mark.usefixtures("quick_disk")
@pytest.mark.parametrize("every", [61, pytest.param(1, marks=pytest.mark.fault)])
def test_files_cut_at_any_byte_are_completed_from_the_journal(
    every: int, half_written: DeadRun, tmp_path: Path, fsck: Callable
) -> None:
    check_all_cuts(half_written, tmp_path / "copy", every)
    fsck(tmp_path / "copy")


@pytest.mark.fault
@pytest.mark.usefixtures("quick_disk")
def test_a_torn_end_that_is_not_cut_off_would_be_seen(
    half_written: DeadRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself: without the cutting off it must fail."""
    monkeypatch.setattr(files, "truncate", lambda fd, size: None)
    with pytest.raises((AssertionError, ValueError)):
        check_all_cuts(half_written, tmp_path / "copy", 61)
