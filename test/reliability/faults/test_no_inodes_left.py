"""Where no file can be made any more training goes on in those that are there, and what needs new ones comes later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress

PROGRAM = """
writer.FLUSH_SECONDS, writer.SYNC_SECONDS = 0.02, 0.05
segment_bytes, *phases = map(int, arguments)
journal_writer.SEGMENT_BYTES = segment_bytes
begin("csv", "tensorboard", "log")
count = 0
for rows in phases:
    for _ in range(rows):
        dump(count, 50)
        time.sleep(0.0005)
        count += 1
    logger.flush()
    tell("phase", count)
    wait_for_the_test()
exp_manager.finish()
"""


@pytest.fixture
def place(disk: Any) -> Path:
    disk.make(16 << 20, "-N", 128)
    path: Path = disk.mount()
    return path


def make_files_until_none_can_be_made(folder: Path) -> list[Path]:
    made: list[Path] = []
    while True:
        path = folder / f"file {len(made)}"
        try:
            path.touch()
        except OSError:
            return made
        made.append(path)


@pytest.mark.parametrize(
    ("segment_bytes", "most_warnings"), [pytest.param(16 << 20, 1, marks=pytest.mark.fault), (2000, 10)]
)
def test_training_goes_on_and_everything_is_there_at_any_time(
    segment_bytes: int, most_warnings: int, place: Path, record: Callable[..., Any], check_rows: Callable[..., Any],
    log_dir: Callable[[], Path], data_root: Path,
) -> None:  # fmt: skip
    """Where segments are small, those that are done with are removed, and for a moment a file can be made again."""
    child = record(PROGRAM, segment_bytes, 200, 500, 200)
    child.wait_until_told("phase")
    made = make_files_until_none_can_be_made(place)
    assert made
    child.go_on()
    child.wait_until_told("phase", 2)
    seen = [int(row["count"]) for row in read_progress(log_dir()).rows]
    assert seen == list(range(700)), "readers see what waits in the journal"
    child.wait_until_warned()
    for path in made:
        path.unlink()
    child.go_on()
    child.wait_until_told("phase", 3)
    child.go_on()
    assert child.end() == 0, child.errors
    check_rows(data_root, 900, new_key_every=50)
    assert 1 <= len(child.warned) <= most_warnings
    assert all("'csv' failed" in text and "No space left on device" in text for text in child.warned)
    assert (log_dir() / "warn.txt").read_text().count("No space left on device") == len(child.warned)


def test_an_experiment_that_cannot_be_made_says_so(place: Path, record: Callable[..., Any], data_root: Path) -> None:
    data_root.mkdir()
    made = make_files_until_none_can_be_made(place)
    child = record(PROGRAM, 2000, 1)
    assert child.end() == 1
    assert f"DataRootError: The data root '{data_root}' cannot be used: No space left on device" in child.errors
    for path in made:
        path.unlink()
