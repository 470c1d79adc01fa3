"""A journal that another version of rla has written is not guessed at: nothing of it is lost."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import RLAError, logger, read_progress
from rla.output.fold import fold_dead_run
from rla.output.last_row import last_row


@pytest.fixture
def foreign(dead_run: Callable, folder: Path, tree: Callable) -> Callable[[], dict]:
    """A killed run whose journal says that it has another format; the fixture returns its tree."""
    dead_run([{"count": count} for count in range(5)])
    (segment,) = (folder / ".journal").glob("*.journal")
    content = segment.read_bytes()
    segment.write_bytes(struct.pack("<4sH", b"RLAJ", 99) + content[6:])
    return lambda: tree(folder)


def test_the_rows_of_the_files_are_read_with_a_warning(foreign: Callable, folder: Path, said: list[str]) -> None:
    rows = read_progress(folder).rows
    assert [row["count"] for row in rows] == list(range(len(rows)))
    assert any("format 99" in text and "rla_version" in text for text in said)


def test_the_last_row_is_that_of_the_files(foreign: Callable, folder: Path) -> None:
    assert last_row(folder).get("count", 0) < 5


def test_it_is_not_folded_and_stays_as_it_is(foreign: Callable, folder: Path) -> None:
    before = foreign()
    with pytest.raises(RLAError, match="format 99"):
        fold_dead_run(folder)
    assert {name: content for name, content in foreign().items() if not name.endswith("lock")} == {
        name: content for name, content in before.items() if not name.endswith("lock")
    }


def test_nobody_records_into_its_folder(foreign: Callable, folder: Path) -> None:
    with pytest.raises(RLAError, match="format 99"):
        logger.configure(folder, ["csv"])
    assert logger.get_dir() is None
    assert list((folder / ".journal").glob("*.journal"))
