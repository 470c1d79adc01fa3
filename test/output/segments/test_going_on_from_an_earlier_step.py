"""A folder is gone on with from an earlier step: nothing in it is changed, and all readers see one history."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rla import read_episodes, read_progress
from rla.output.columns import read_columns
from rla.output.last_values import last_values
from rla.output.resumes import read_resumes

Segment = Callable[..., object]


def losses(folder: Path) -> list[float]:
    return [row["loss"] for row in read_progress(folder).rows]


def test_rows_beyond_the_step_are_left_behind_and_stay_in_the_file(segment: Segment, folder: Path) -> None:
    segment(range(10))
    before = (folder / "progress.csv").read_bytes()
    segment(range(6, 8), resume_at=5)
    assert losses(folder) == [0, 1, 2, 3, 4, 5, 6.1, 7.1]
    assert (folder / "progress.csv").read_bytes().startswith(before)
    assert list(pd.read_csv(folder / "progress.csv")["time-step"]) == [*range(10), 6, 7]


def test_all_rows_can_be_had_with_a_mark(segment: Segment, folder: Path) -> None:
    segment(range(4))
    segment([2, 3], resume_at=1)
    everything = read_progress(folder, with_abandoned=True)
    assert [row["loss"] for row in everything.rows] == [0, 1, 2, 3, 2.1, 3.1]
    assert everything.abandoned == [False, False, True, True, False, False]
    assert list(everything.numbers) == [0, 1, 2, 3, 4, 5]
    frame = everything.frame()
    assert list(frame[everything.abandoned]["loss"]) == [2, 3]
    assert list(read_progress(folder).numbers) == [0, 1, 4, 5]


def test_the_row_of_the_step_itself_counts_once_where_it_is_recorded_again(segment: Segment, folder: Path) -> None:
    segment(range(10))
    segment(range(5, 8), resume_at=5)
    assert losses(folder) == [0, 1, 2, 3, 4, 5.1, 6.1, 7.1]


def test_a_run_that_is_gone_on_with_at_its_end_loses_nothing(segment: Segment, folder: Path) -> None:
    segment(range(5))
    segment(range(5, 8), resume_at=4)
    assert [row["time-step"] for row in read_progress(folder).rows] == list(range(8))
    assert read_resumes(folder)[0].step == 4


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (3, [0, 1, 2, 3, 4.2]),
        (7, [0, 1, 2, 3, 4, 5, 6.1, 7.1, 8.2]),
        (5, [0, 1, 2, 3, 4, 5, 6.2]),
    ],
)
def test_it_can_be_resumed_again_farther_back_or_not(
    second: int, expected: list[float], segment: Segment, folder: Path
) -> None:
    segment(range(10))
    segment(range(6, 9), resume_at=5)
    segment([second + 1], resume_at=second)
    assert losses(folder) == expected


def test_columns_and_last_values_are_those_of_the_history(segment: Segment, folder: Path) -> None:
    segment(range(10), early=1)
    segment([8, 9], resume_at=7, late=2)
    segment([4, 5], resume_at=3)
    found = read_columns(folder, ["loss", "early", "late"]).values
    assert list(found["loss"]) == [0, 1, 2, 3, 4.2, 5.2]
    assert list(np.isnan(found["early"])) == [False] * 4 + [True] * 2
    assert "late" not in last_values(folder), "it was only recorded in a future that was left"
    assert last_values(folder)["early"] == 1
    assert last_values(folder)["time-step"] == 5
    everything = read_columns(folder, ["time-step"], with_abandoned=True).values["time-step"]
    assert list(everything) == [*range(10), 8, 9, 4, 5]


def test_a_sparse_column_is_cut_by_rows_that_do_not_have_it(segment: Segment, folder: Path) -> None:
    segment(range(0, 10, 5), evaluated=1)
    segment(range(5, 8), resume_at=5)
    assert list(read_columns(folder, ["time-step", "evaluated"]).values["time-step"]) == [0]


def test_rows_without_a_time_step_are_kept(segment: Segment, folder: Path) -> None:
    folder.mkdir()
    (folder / "progress.csv").write_text("loss,time-step,timestamp\n1.0,,1.0\n2.0,10,2.0\n3.0,nan,3.0\n4.0,text,4.0\n")
    segment([6], resume_at=5)
    assert losses(folder) == [1.0, 3.0, 4.0, 6.0]
    assert list(read_columns(folder, ["loss"]).values["loss"]) == [1.0, 3.0, 4.0, 6.0]


def test_fractions_of_steps_count(segment: Segment, folder: Path) -> None:
    segment([0.25, 0.5, 0.75])
    segment([0.6], resume_at=np.float32(0.5))
    assert [row["time-step"] for row in read_progress(folder).rows] == [0.25, 0.5, 0.6]


def test_logs_keep_all_in_the_order_in_which_it_came(segment: Segment, folder: Path) -> None:
    segment(range(3))
    segment([1], resume_at=0)
    steps = [json.loads(line)["time-step"] for line in (folder / "progress.json").read_text().splitlines()]
    assert steps == [0, 1, 2, 1]


def test_wide_runs(segment: Segment, folder: Path) -> None:
    wide = {f"key {number:04d}": number for number in range(1200)}
    segment(range(3), **wide, gone=1)
    segment([1], resume_at=0, **wide)
    rows = read_progress(folder).rows
    assert [row["time-step"] for row in rows] == [0, 1]
    assert all(row["key 1199"] == 1199 for row in rows)
    assert last_values(folder).keys() == {*wide, "loss", "gone", "time-step", "timestamp"}
    assert list(read_columns(folder, ["key 1199"]).values["key 1199"]) == [1199, 1199]


def test_rows_that_only_the_journal_has(segment: Segment, folder: Path, own_pace: None, in_a_fork: Callable) -> None:
    segment(range(10), early=1)
    segment([6, 7], resume_at=5, close=False)

    def seen() -> object:  # by another process, whose asking brings no file up to date
        rows = [row["loss"] for row in read_progress(folder).rows]
        column = read_columns(folder, ["loss"]).values["loss"].tolist()
        return rows, column, last_values(folder)["loss"], last_values(folder)["early"]

    history = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.1, 7.1]
    assert in_a_fork(seen) == repr((history, history, 7.1, 1))
    assert len(pd.read_csv(folder / "progress.csv")) == 10


def test_a_step_that_is_none_is_refused_before_anything_ends(segment: Segment, folder: Path) -> None:
    recording = segment(range(3), close=False)
    for step in (float("nan"), float("inf"), "last", True):
        with pytest.raises(ValueError, match="expected a finite number"):
            recording.open(folder / "other", ["csv"], resume_at=step)  # type: ignore[attr-defined]
    assert recording.get_dir() == str(folder)  # type: ignore[attr-defined]
    assert not (folder / "other").exists()


def test_episodes_are_those_of_the_history(folder: Path, segment: Segment) -> None:
    def train(steps: range, resume_at: int | None = None) -> None:
        recording = segment([], resume_at=resume_at, close=False)
        for step in steps:
            recording.clock.set_time(step)  # type: ignore[attr-defined]
            recording.episodes(float(step), 10, success=step % 2)  # type: ignore[attr-defined]
            recording.dump_tabular()  # type: ignore[attr-defined]
        recording.close()  # type: ignore[attr-defined]

    train(range(300))
    train(range(120, 260), resume_at=120)
    episodes = read_episodes(folder)
    assert list(episodes["time-step"]) == list(range(260))
    assert list(episodes["success"]) == [step % 2 for step in range(260)]
    everything = read_episodes(folder, with_abandoned=True)
    assert len(everything) == 440
    assert list(everything[everything.attrs["abandoned"]]["time-step"]) == list(range(120, 300))
    rows = read_progress(folder).rows
    assert [row["episode/count"] for row in rows] == list(range(1, 261))
    means = [np.mean(range(max(0, step - 99), step + 1)) for step in range(260)]
    assert [row["episode/return_mean"] for row in rows] == pytest.approx(means), "of the last 100 of the history"
