"""A long run costs no memory, loses no row, and its newest row is found without reading all the others."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

LARGEST_GROWTH = 20e6
LARGEST_LAST_ROW_BYTES = 2e6

WRITER = """
import json, sys, time
import psutil
from rla import logger
folder, rows, formats = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")
resident = lambda: psutil.Process().memory_info().rss
logger.configure(folder, formats)
largest = 0
started = time.monotonic()
for count in range(rows):
    logger.record_tabular("count", count)
    logger.record_tabular("half", count / 2)
    logger.record_tabular("third", count / 3)
    logger.record_tabular("even", count % 2 == 0)
    logger.record_tabular("name", f"row {count}")
    logger.dump_tabular(step=count)
    if count == 20_000:
        warm = resident()
    if count % 10_000 == 0:
        largest = max(largest, resident())
logged = time.monotonic()
print("logged", flush=True)
sys.stdin.readline()
closing = time.monotonic()
logger.close()
closed = time.monotonic()
growth = max(largest, resident()) - warm
print(json.dumps({"growth": growth, "logging": logged - started, "closing": closed - closing}))
"""

LAST_ROW = """
import json, sys, time
from rla.output.last_row import last_row
def bytes_read():
    with open("/proc/self/io") as stream:
        return int(stream.readline().split()[1])
last_row(sys.argv[1] + "-of nobody")  # what is imported late is imported now
before, started = bytes_read(), time.perf_counter()
row = last_row(sys.argv[1])
print(json.dumps({"row": row, "seconds": time.perf_counter() - started, "bytes": bytes_read() - before}))
"""

ALL_ROWS = """
import json, sys, time
from rla import read_progress
started = time.perf_counter()
rows = read_progress(sys.argv[1]).rows
seconds = time.perf_counter() - started
problems = [row for count, row in enumerate(rows) if (row["count"], row["name"]) != (count, f"row {count}")]
print(json.dumps({"rows": len(rows), "problems": problems[:3], "seconds": seconds}))
"""


@dataclass
class Measured:
    """What was seen of one run: how it grew, and what readers found while it lived and after its end."""

    rows: int
    folder: Path
    growth: int = 0
    alive: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    read_alive: dict[str, Any] = field(default_factory=dict)
    read_after: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def check_row(self, found: dict[str, Any]) -> None:
        """Check a row that was found as the newest one."""
        row = {key: value for key, value in found["row"].items() if key != "timestamp"}
        last = self.rows - 1
        assert row == {
            "count": last,
            "half": last / 2,
            "third": last / 3,
            "even": last % 2 == 0,
            "name": f"row {last}",
            "time-step": last,
        }


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((50_000, "csv"), id="50,000"),
        pytest.param((1_000_000, "csv,tensorboard"), id="1,000,000", marks=pytest.mark.load),
    ],
)
def run(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    place: str,
    running: Callable,
    ask: Callable,
) -> Measured:
    """A run of so many rows, looked at before and after its end."""
    rows, formats = request.param
    measured = Measured(rows, tmp_path_factory.mktemp("data") / place)
    with running(WRITER, measured.folder, rows, formats, limit=300) as child:
        assert child.stdout.readline() == "logged\n"
        measured.alive = ask(LAST_ROW, measured.folder)
        measured.read_alive = ask(ALL_ROWS, measured.folder)
        answer, _ = child.communicate("\n")
        assert child.returncode == 0
    measured.seconds = json.loads(answer)
    measured.growth = int(measured.seconds.pop("growth"))
    measured.after = ask(LAST_ROW, measured.folder)
    measured.read_after = ask(ALL_ROWS, measured.folder)
    return measured


def test_its_memory_stays_flat_from_the_first_rows_to_its_end(
    run: Measured, fsck: Callable, record_property: Callable
) -> None:
    record_property("growth in MB", run.growth / 1e6)
    record_property("seconds of logging and closing", run.seconds)
    assert run.growth < LARGEST_GROWTH
    fsck(run.folder.parents[5])


def test_its_file_holds_every_value_of_every_row(run: Measured, fsck: Callable) -> None:
    with open(run.folder / "progress.csv", newline="") as stream:
        lines = csv.DictReader(stream)
        for count, line in enumerate(lines):
            assert int(line["count"]) == int(line["time-step"]) == count
            assert (float(line["half"]), float(line["third"])) == (count / 2, count / 3)
            assert (line["even"], line["name"]) == (str(count % 2 == 0), f"row {count}")
    assert count + 1 == run.rows
    assert not (run.folder / ".journal").exists()
    fsck(run.folder.parents[5])


def test_its_reader_gives_every_row_while_it_lives_and_after(
    run: Measured, fsck: Callable, record_property: Callable
) -> None:
    for name, found in (("alive", run.read_alive), ("after", run.read_after)):
        record_property(f"seconds of reading all rows, {name}", found["seconds"])
        assert (found["rows"], found["problems"]) == (run.rows, [])
    fsck(run.folder.parents[5])


def test_its_last_row_is_right_while_it_lives_and_after(
    run: Measured, fsck: Callable, record_property: Callable
) -> None:
    for name, found in (("alive", run.alive), ("after", run.after)):
        record_property(f"milliseconds of the last row, {name}", found["seconds"] * 1e3)
        run.check_row(found)
    fsck(run.folder.parents[5])


def test_its_last_row_is_found_at_the_end_of_the_finished_file(
    run: Measured, fsck: Callable, record_property: Callable
) -> None:
    record_property("bytes read", run.after["bytes"])
    assert run.after["bytes"] < LARGEST_LAST_ROW_BYTES
    fsck(run.folder.parents[5])


def test_its_last_row_is_found_at_the_end_of_the_journal(
    run: Measured, fsck: Callable, record_property: Callable
) -> None:
    record_property("bytes read", run.alive["bytes"])
    assert run.alive["bytes"] < LARGEST_LAST_ROW_BYTES
    fsck(run.folder.parents[5])


@pytest.mark.load
def test_a_run_whose_files_lag_far_behind_is_written_out_before_it_ends(
    running: Callable, fsck: Callable, folder: Path, data_root: Path
) -> None:
    with running(WRITER, folder, 2_000_000, "csv,tensorboard,json,log", limit=300) as child:
        child.communicate("\n")
        assert child.returncode == 0
    fsck(data_root)
    assert not (folder / ".journal").exists()
    with open(folder / "progress.csv", "rb") as stream:
        assert sum(1 for _ in stream) == 2_000_001
