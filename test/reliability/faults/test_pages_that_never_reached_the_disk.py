"""A power cut may leave zeros in the midst of `progress.csv`, where a page was not written yet: those are no rows.

Real cuts leave such a hole in about one of twenty rounds (ext4 mounted with ``nodelalloc``); here it is made by hand,
behind what was synced.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress

PROGRAM = """
writer.FLUSH_SECONDS, writer.SYNC_SECONDS = 0.02, 0.05
begin()
for count in range(50):
    dump(count)
logger.flush()
writer.SYNC_SECONDS = 1e9
time.sleep(0.5)
for count in range(50, 100):
    dump(count)
logger.flush()
tell("done")
wait_for_the_test()
"""


@pytest.fixture
def killed(record: Callable[..., Any], log_dir: Callable[[], Path]) -> Path:
    """The log folder of a killed run of 100 rows, of which the last 50 were written and not synced."""
    child = record(PROGRAM)
    child.wait_until_told("done")
    child.kill()
    return log_dir()


def zero(path: Path, first_line: int, last_line: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    start, end = sum(map(len, lines[:first_line])), sum(map(len, lines[:last_line]))
    with open(path, "r+b") as stream:
        stream.seek(start)
        stream.write(bytes(end - start))


HOLES = [(96, 101), (61, 66)]


@pytest.mark.parametrize("hole", HOLES)
def test_readers_see_the_rows_of_the_journal_instead(hole: tuple[int, int], killed: Path) -> None:
    zero(killed / "progress.csv", *hole)
    assert [row["count"] for row in read_progress(killed).rows] == list(range(100))


@pytest.mark.parametrize("hole", HOLES)
def test_a_repair_writes_the_rows_of_the_journal_instead(
    hole: tuple[int, int], killed: Path, check_rows: Callable[..., Any], fsck: Callable[..., Any], data_root: Path
) -> None:
    zero(killed / "progress.csv", *hole)
    fsck(data_root, "--repair")
    check_rows(data_root, 100)
