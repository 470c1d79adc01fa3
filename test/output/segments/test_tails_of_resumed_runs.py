"""`rla tail` shows the last rows of the history, and then those that come, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rla.output.follow import Tail
from rla.output.logger import Logger

Segment = Callable[..., Logger]


@pytest.fixture
def resumed(segment: Segment, folder: Path) -> Path:
    """A run of the steps 0 to 5 and 6 to 8, and others that it left behind."""
    segment(range(10), sparse=1)
    segment(range(6, 12), resume_at=5, gone=1)
    segment(range(6, 9), resume_at=5)
    return folder


@pytest.fixture
def tail(folder: Path) -> Iterator[Tail]:
    with closing(Tail(folder)) as end:
        yield end


def steps(rows: list[dict[str, object]]) -> list[object]:
    return [row["time-step"] for row in rows]


@pytest.mark.parametrize("number", [0, 1, 3, 5, 9, 50])
def test_the_last_rows(number: int, resumed: Path, tail: Tail) -> None:
    assert steps(tail.last(number)) == list(range(9))[9 - min(number, 9) :]
    assert list(tail.new()) == []


def test_rows_that_have_a_key(resumed: Path) -> None:
    with closing(Tail(resumed, ["sparse"])) as tail:
        assert steps(tail.last(3)) == [3, 4, 5]
    with closing(Tail(resumed, ["gone"])) as tail:
        assert tail.last(3) == []


def test_a_run_that_lives(segment: Segment, folder: Path, own_pace: None, in_a_fork: Callable) -> None:
    segment(range(10), sparse=1)
    segment(range(6, 9), resume_at=5, close=False)

    def seen() -> object:
        with closing(Tail(folder)) as tail, closing(Tail(folder, ["sparse"])) as sparse:
            return [steps(tail.last(number)) for number in (2, 5, 20)], steps(sparse.last(2))

    expected = [7, 8], [4, 5, 6, 7, 8], list(range(9))
    assert in_a_fork(seen) == repr((list(expected), [4, 5]))


def test_rows_that_come_are_shown_once(segment: Segment, folder: Path, own_pace: None, tail: Tail) -> None:
    segment(range(10))
    again = segment([6], resume_at=5, close=False)
    assert steps(tail.last(3)) == [4, 5, 6]
    for step in (7, 8):
        again.record_tabular("loss", step)
        again.dump_tabular(step)
    assert [steps(rows) for rows in tail.new()] == [[7, 8]]
    again.close()
    assert [steps(rows) for rows in tail.new()] == []


def test_a_resume_that_has_recorded_nothing_yet(segment: Segment, folder: Path, tail: Tail) -> None:
    segment(range(10))
    segment([], resume_at=5)
    assert steps(tail.last(3)) == [7, 8, 9]


def test_wide_runs(segment: Segment, folder: Path, tail: Tail) -> None:
    wide = {f"key {number:04d}": number for number in range(1100)}
    segment(range(5), **wide)
    segment(range(3, 5), resume_at=2, **wide)
    assert steps(tail.last(4)) == [1, 2, 3, 4]
    assert tail.last(1)[0]["key 1099"] == 1099
