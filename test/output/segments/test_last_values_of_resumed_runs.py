"""The newest values of a resumed run are those of its history, and a run that goes on is asked at the price of what is
new."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.names import TIMESTAMP
from rla.output import csv_blocks, last_values
from rla.output.last_values import LastValues, read_last_values
from rla.output.logger import Logger
from rla.output.reader import read_progress

Segment = Callable[..., Logger]


def stored(found: LastValues) -> LastValues:
    """What an index gives back that has kept it as JSON."""
    return LastValues(found.values, json.loads(json.dumps(found.state)), found.problem)


def newest(folder: Path) -> dict[str, object]:
    """The newest value of each key, found by reading all rows."""
    found: dict[str, object] = {}
    for row in read_progress(folder).rows:
        found.update(row)
    return found


def test_each_resume_is_noticed_by_who_knows_what_was_before(segment: Segment, folder: Path) -> None:
    segment(range(10), early=1)
    known = stored(read_last_values(folder))
    for resume_at in (5, 7, 2, 9, 0):
        segment(range(resume_at + 1, resume_at + 4), resume_at=resume_at, **{f"from {resume_at}": resume_at})
        known = stored(read_last_values(folder, known))
        assert known.values == newest(folder)
        assert known.problem is None
        assert read_last_values(folder, known) == known


def test_later_rows_are_read_alone(segment: Segment, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segment(range(3000), early=1)
    segment(range(2000, 2010), resume_at=1999)
    known = stored(read_last_values(folder))
    assert "early" in known.values
    size = (folder / "progress.csv").stat().st_size
    with open(folder / "progress.csv", "a") as stream:
        stream.write((folder / "progress.csv").read_text().splitlines()[-1].replace("2009", "2010") + "\n")
    read: list[int] = []
    pread = csv_blocks.os.pread
    monkeypatch.setattr(csv_blocks.os, "pread", lambda *place: read.append(place[1]) or pread(*place))
    monkeypatch.setattr(last_values, "_of_history", lambda *_: pytest.fail("all was read again"))
    found = read_last_values(folder, known)
    assert found.values["time-step"] == 2010
    assert found.values["early"] == 1
    assert sum(read) < size / 2


def test_a_run_that_lives(
    segment: Segment, folder: Path, own_pace: None, in_a_fork: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment(range(10), early=1)
    known = read_last_values(folder)
    again = segment([], resume_at=5, close=False)
    assert read_last_values(folder, known).values["time-step"] == 9, "nothing was recorded yet"
    for step in (6, 7):
        again.record_tabular("loss", step + 0.5)
        again.dump_tabular(step)

    def seen() -> object:
        found = read_last_values(folder, stored(known))
        return found.values["loss"], found.values["early"], read_last_values(folder, stored(found)).values["loss"]

    assert in_a_fork(seen) == "(7.5, 1, 7.5)"
    again.flush()
    assert in_a_fork(seen) == "(7.5, 1, 7.5)"
    known = stored(read_last_values(folder))
    again.record_tabular("loss", 8.5)
    again.dump_tabular(8)
    monkeypatch.setattr(last_values, "_of_history", lambda *_: 1 / 0)  # what is known is gone on from
    assert in_a_fork(seen) == "(8.5, 1, 8.5)"


def test_of_a_run_without_a_resume_only_the_end_is_read(
    segment: Segment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment(range(10))
    monkeypatch.setattr(last_values, "_of_history", lambda *_: 1 / 0)
    assert read_last_values(folder).values["time-step"] == 9


@pytest.mark.parametrize("lines", ["1,2,3,4\n", "\n", "1\n", '"a, text\nof two lines",3,1.0\n', "x,y\n,,\n"])
def test_files_that_are_no_tables(lines: str, segment: Segment, folder: Path) -> None:
    folder.mkdir()
    (folder / "progress.csv").write_text("other,time-step,timestamp\n1,1,1.0\n" + lines + "2,2,1.0\n3,9,1.0\n")
    segment([3], resume_at=2)
    found = read_last_values(folder).values
    assert found.pop("loss") == 3
    assert found.pop("time-step") == 3
    found.pop(TIMESTAMP)
    assert found == {key: value for key, value in newest(folder).items() if key == "other"}


def test_keys_without_a_column(segment: Segment, folder: Path) -> None:
    wide = {f"key {number:04d}": number for number in range(1100)}
    segment(range(3), **wide, late=1)
    segment([1], resume_at=0, **{**wide, "key 1099": "new"})
    known = stored(read_last_values(folder))
    assert known.values == newest(folder)
    assert known.values["key 1099"] == "new"
    segment([2], resume_at=1, **wide)
    assert read_last_values(folder, known).values == newest(folder)
