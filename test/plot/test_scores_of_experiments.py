"""Experiments become one number each: over the same stretch of x, never smoothed, never made up."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla.errors import QueryError
from rla.plot import RunScores, scores

Runs = Callable[..., None]

RISING = list(range(100))


def value(found: RunScores) -> float:
    (run,) = found.runs
    return run.value


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, np.mean(RISING[90:])),
        ({"last": 20}, np.mean(RISING[80:])),
        ({"score": "last"}, 99),
        ({"score": "best"}, 99),
        ({"score": "best", "lower_is_better": True}, 0),
        ({"score": "auc"}, np.mean(RISING)),
        ({"until": 500}, np.mean(RISING[45:50])),
        ({"normalize": {"": (0, 10)}}, np.mean(RISING[90:]) / 10),
    ],
)
def test_a_run_becomes_a_number(runs_of: Runs, data_root: Path, choice: dict[str, object], expected: float) -> None:
    runs_of("sac", [0], values=RISING)
    assert value(scores(data_root, "eval/return", **choice)) == pytest.approx(expected)  # type: ignore[arg-type]


def test_a_sawtooth_ends_where_it_ends(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [0], values=[0, 100] * 5)
    assert value(scores(data_root, "eval/return")) == 100


def test_arms_of_different_length_are_scored_over_the_same_stretch(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [0] * 3, values=RISING, end=1000)
    runs_of("td3", [0] * 3, values=RISING[:50], end=500)
    found = scores(data_root, "eval/return", "algo")
    assert found.values["sac"][""].tolist() == found.values["td3"][""].tolist() == [np.mean(RISING[45:50])] * 3
    assert found.text == "mean of the last 10 % of the points of each run, up to 500 time steps"
    assert found.notes == ("Scored up to 500 of 1,000 time steps, where the first run of 'td3' ends.",)


def test_a_run_that_died_early_has_no_score_and_cuts_no_other(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [900, 910])
    runs_of("sac", [5], end=600, status="dead")  # of a seed that was run again, so this seed counts once
    found = scores(data_root, "eval/return")
    assert [run.value for run in found.runs] == [900, 910, pytest.approx(math.nan, nan_ok=True)]
    assert found.values["all runs"][""].tolist() == [900, 910]
    assert found.notes == (
        "1 of 3 runs of 'all runs' has no score: not as far as the others, but to 600 time steps (dead).",
    )


def test_a_run_that_died_at_the_end_counts_and_is_told_of(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [900, 910])
    runs_of("sac", [920], end=970, status="dead", first_seed=2)
    found = scores(data_root, "eval/return")
    assert found.values["all runs"][""].tolist() == [900, 910, 920]
    assert found.stretches[""].high == 970
    assert found.notes == ("1 of 3 runs of 'all runs' has not finished, but came far enough to count (dead).",)


def test_a_short_trial_that_finished_cuts_no_other(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [900, 910])
    runs_of("sac", [5], end=20)
    found = scores(data_root, "eval/return")
    assert found.values["all runs"][""].tolist() == [900, 910]
    assert "to 20 time steps (finished)" in found.notes[0]


def test_a_run_whose_values_end_in_nan_is_not_scored_by_what_was_before(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [900, 910])
    runs_of("sac", [0], values=[800] * 4 + ["nan"] * 6)
    assert scores(data_root, "eval/return").values["all runs"][""].tolist() == [900, 910]


def test_a_run_without_the_metric_is_missing(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [900, 910])
    runs_of("sac", [1], metric="train/loss")
    found = scores(data_root, "eval/return")
    assert found.values["all runs"][""].tolist() == [900, 910]
    assert found.notes == ("1 of 3 runs of 'all runs' has no score: no values of 'eval/return' (finished).",)


def test_an_arm_without_a_task_has_an_empty_array_there(runs_of: Runs, data_root: Path) -> None:
    runs_of("td3", [1, 2], env_id="Ant-v4")
    runs_of("sac", [3, 4], env_id="Hopper-v4")
    runs_of("td3", [5, 6], env_id="Hopper-v4")
    found = scores(data_root, "eval/return", ["algo=sac", "algo=td3"])
    assert found.arms == ("algo=sac", "algo=td3")  # as asked for, though the first task has none of sac
    assert {task: array.tolist() for task, array in found.values["algo=sac"].items()} == {
        "Ant-v4": [],
        "Hopper-v4": [3, 4],
    }
    assert found.notes == ("'algo=sac' has no scores on Ant-v4.",)
    assert len(found.run_ids("algo=td3")) == 4
    assert found.run_ids("algo=td3", ["Hopper-v4"]) == [run.run for run in found.of("algo=td3", "Hopper-v4")]


def test_seeds_that_are_there_twice_and_unequal_numbers_are_told_of(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [1, 2])
    runs_of("sac", [3])
    runs_of("td3", [4, 5])
    notes = scores(data_root, "eval/return", "algo").notes
    assert notes == (
        "'sac' has several runs of one seed, and all count: 2 of seed 0.",
        "Numbers of runs differ: 'sac' 3, 'td3' 2.",
    )


def test_the_table_has_a_line_for_each_run(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [900])
    runs_of("td3", [5], end=100, status="dead")
    table = scores(data_root, "eval/return", "algo").to_pandas()
    assert table["arm"].tolist() == ["sac", "td3"]
    assert table["score"].tolist()[1] == 5  # the arm has no other run, so it says where the comparison ends
    assert table["status"].tolist() == ["finished", "dead"]
    assert table["end"].tolist() == [1000, 100]


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"score": "finl"}, "score='finl' is none of final, auc, best, last. Did you mean 'final'?"),
        ({"last": 0}, "last=0 goes with score='final', and is 1 or more"),
        ({"score": "auc", "last": 100}, "got score='auc'"),
        ({"until": 1e9}, "No run comes as far as until=1e\\+09; the longest ends at 1000."),
        ({"normalize": {"Hopper": (0, 1)}, "by": "env_id"}, "no task 'Hopper-v4'. Did you mean 'Hopper'?"),
    ],
)
def test_what_makes_no_score_is_an_error(
    runs_of: Runs, data_root: Path, choice: dict[str, object], problem: str
) -> None:
    runs_of("sac", [900], env_id="Hopper-v4")
    with pytest.raises(QueryError, match=problem):
        scores(data_root, "eval/return", **choice)  # type: ignore[arg-type]
