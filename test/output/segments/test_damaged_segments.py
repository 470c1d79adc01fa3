"""A `segments.json` that cannot be read hides nothing: all rows are shown, with a warning that says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import read_episodes, read_progress
from rla.output.columns import read_columns
from rla.output.follow import Tail
from rla.output.last_values import read_last_values
from rla.output.logger import Logger
from rla.output.resumes import read_resumes

Segment = Callable[..., Logger]

GOOD = {"rows": 4, "episodes": 0, "step": 1, "after": 0, "time": 1.0}


def text(*entries: object, schema: object = 1) -> str:
    return json.dumps({"schema": schema, "segments": entries})


DAMAGED = [
    "",
    "{",
    "[]",
    "[" * 100_000,
    json.dumps({"schema": 1}),
    json.dumps({"schema": 1, "segments": {}}),
    text(GOOD, schema=2),
    text([]),
    text({}),
    text(GOOD, {**GOOD, "rows": 3}),
    text({**GOOD, "rows": -1}),
    text({**GOOD, "rows": 1.5}),
    text({**GOOD, "rows": 10**30}),
    text({**GOOD, "rows": True}),
    text({**GOOD, "step": "1"}),
    text({**GOOD, "step": float("nan")}),
    text({**GOOD, "step": 10**400}),
    text({**GOOD, "after": 1}),
    text({**GOOD, "after": -1}),
    text({**GOOD, "time": None}),
]


@pytest.fixture
def resumed(segment: Segment, folder: Path) -> Path:
    segment(range(4))
    segment([2], resume_at=1)
    return folder


@pytest.mark.parametrize("content", DAMAGED)
def test_readers_show_all_rows_and_say_so(content: str, resumed: Path, said: list[str]) -> None:
    (resumed / "segments.json").write_text(content)
    assert [row["loss"] for row in read_progress(resumed).rows] == [0, 1, 2, 3, 2.1]
    assert len(said) == 1
    assert "segments.json" in said[0]
    assert str(resumed) in said[0]
    columns = read_columns(resumed, ["loss"])
    assert list(columns.values["loss"]) == [0, 1, 2, 3, 2.1]
    assert "segments.json" in (columns.problem or "")
    last = read_last_values(resumed)
    assert last.values["loss"] == 2.1
    assert "segments.json" in (last.problem or "")


def test_the_other_readers(resumed: Path, said: list[str]) -> None:
    (resumed / "segments.json").write_text("{")
    tail = Tail(resumed)
    assert [row["loss"] for row in tail.last(3)] == [2, 3, 2.1]
    tail.close()
    assert len(read_episodes(resumed)) == 0
    assert len(said) == 2


def test_what_it_does_not_know_is_passed_over(resumed: Path) -> None:
    document = json.loads((resumed / "segments.json").read_text())
    document["segments"][0]["of later versions"] = 1
    (resumed / "segments.json").write_text(json.dumps({**document, "more": []}))
    assert [row["loss"] for row in read_progress(resumed).rows] == [0, 1, 2.1]


def test_the_run_is_not_resumed_before_it_is_in_order(resumed: Path, segment: Segment) -> None:
    (resumed / "segments.json").write_text("{")
    with pytest.raises(OSError, match=r"damaged.*bring it back from a copy, or remove it"):
        segment([1], resume_at=0)
    assert (resumed / "segments.json").read_text() == "{"
    (resumed / "segments.json").unlink()
    segment([1], resume_at=0)
    assert [row["loss"] for row in read_progress(resumed).rows] == [0, 1.3]


def test_it_can_be_gone_on_with_at_its_end(resumed: Path, segment: Segment, said: list[str]) -> None:
    (resumed / "segments.json").write_text("{")
    segment([3])
    assert len(read_progress(resumed).rows) == 6


def test_a_pipe_in_its_place_is_not_waited_for(resumed: Path, said: list[str]) -> None:
    import os

    (resumed / "segments.json").unlink()
    os.mkfifo(resumed / "segments.json")
    assert len(read_progress(resumed).rows) == 5
    with pytest.raises(OSError, match="not a regular file"):
        read_resumes(resumed)


def test_a_progress_file_that_was_cut_by_hand(resumed: Path) -> None:
    lines = (resumed / "progress.csv").read_text().splitlines(keepends=True)
    (resumed / "progress.csv").write_text("".join(lines[:3]))
    assert [row["loss"] for row in read_progress(resumed).rows] == [0, 1]


def test_a_progress_file_that_was_removed(resumed: Path, segment: Segment) -> None:
    (resumed / "progress.csv").unlink()
    assert read_progress(resumed).rows == []
    assert read_last_values(resumed).values == {}
    assert read_columns(resumed, ["loss"]).values == {}
