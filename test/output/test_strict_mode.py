"""With RLA_STRICT=1 what fails inside rla is raised by the next dump or flush; otherwise it never is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import logger, read_progress
from rla.errors import RecordingError


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_STRICT", "1")


def test_a_disk_that_refuses_is_raised_once_and_the_row_is_kept(
    strict: None, folder: Path, own_pace: None, disk: Any, dump: Callable
) -> None:
    logger.configure(folder, ["csv"])
    disk.refuses = ".journal"
    with pytest.raises(RecordingError, match=r"No space left on device.*RLA_STRICT=1"):
        dump(count=0)
    dump(count=1)
    disk.refuses = None
    with pytest.raises(RecordingError, match="takes records again"):
        dump(count=2)
    logger.flush()
    assert [row["count"] for row in read_progress(folder).rows] == [0, 1, 2]


def test_an_output_that_fails_is_raised_by_the_flush(
    strict: None, folder: Path, own_pace: None, disk: Any, dump: Callable
) -> None:
    logger.configure(folder, ["csv", "json"])
    disk.refuses = "progress.json"
    dump(count=0)
    with pytest.raises(RecordingError, match="'json' failed"):
        logger.flush()
    disk.refuses = None
    logger.close()
    assert len((folder / "progress.json").read_text().splitlines()) == 1


def test_a_wrong_exclude_is_raised_by_the_dump(strict: None, folder: Path) -> None:
    logger.configure(folder, ["csv"])
    logger.record_tabular("a", 1, exclude="cvs")
    with pytest.raises(RecordingError, match="Did you mean 'csv'"):
        logger.dump_tabular()
    logger.close()
    assert read_progress(folder).rows[0]["a"] == 1


@pytest.mark.parametrize("value", ["0", ""])
def test_other_values_change_nothing(
    value: str, folder: Path, said: list[str], dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLA_STRICT", value)
    logger.configure(folder, ["csv"])
    logger.record_tabular("a", 1, exclude="cvs")
    dump(b=2)
    assert len(said) == 1
