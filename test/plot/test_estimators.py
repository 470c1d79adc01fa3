"""Estimates over runs: known values by hand, and the definition in plain Python on scores of any kind."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rla.errors import QueryError
from rla.plot import aggregate_iqm, aggregate_mean, aggregate_median, aggregate_optimality_gap, estimate

SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("n", "expected"),
    [(3, 10 + 2 / 3), (4, 3.0), (5, 11 / 3), (6, 4.5), (7, 5.2), (8, 5.5), (10, 6.5)],
)
def test_the_interquartile_mean_keeps_as_many_as_scipy_does(n: int, expected: float) -> None:
    scores = {3: [2, 10, 20], 4: [-99, 2, 4, 99], 5: [-99, 2, 4, 5, 99], 6: [-9, 3, 4, 5, 6, 99]}
    scores |= {7: [-9, 3, 4, 5, 6, 8, 99], 8: [-9, -9, 4, 5, 6, 7, 99, 99]}
    scores |= {10: [-9, -9, 4, 5, 6, 7, 8, 9, 99, 99]}
    assert aggregate_iqm(scores[n]) == pytest.approx(expected)


def test_the_fractional_one_counts_scores_at_the_border_in_part() -> None:
    # of five, 1.25 are cut at each end: 2 and 5 count three quarters
    of_five = estimate([-99, 2, 4, 5, 99], "fractional_iqm", "none").value
    of_three = estimate([1, 2, 6], "fractional_iqm", "none").value
    assert of_five == pytest.approx((0.75 * 2 + 4 + 0.75 * 5) / 2.5)
    assert of_three == pytest.approx((0.25 * 1 + 2 + 0.25 * 6) / 1.5)


@given(SCORES)
def test_the_interquartile_mean_of_any_scores(scores: list[float]) -> None:
    cut = math.floor(len(scores) / 4)
    kept = sorted(scores)[cut : len(scores) - cut]
    assert aggregate_iqm(scores) == pytest.approx(statistics.fmean(kept), abs=1e-6)


@given(SCORES)
def test_mean_and_median_of_any_scores_of_one_task(scores: list[float]) -> None:
    assert aggregate_mean(scores) == pytest.approx(statistics.fmean(scores), abs=1e-6)
    assert aggregate_median(scores) == pytest.approx(statistics.median(scores), abs=1e-6)


def test_scores_that_are_cut_leave_no_trace_however_large_they_are() -> None:
    assert aggregate_iqm([-1e300, 0.1, 0.2, 1e300]) == pytest.approx(0.15, rel=1e-15)
    assert aggregate_median([-1e300, 0.1, 1e300]) == 0.1


def test_tasks_count_alike_in_the_mean_however_many_runs_they_have() -> None:
    assert aggregate_mean({"a": [1, 1, 1, 1], "b": [3]}) == 2


def test_the_median_of_several_tasks_is_that_of_their_means() -> None:
    assert aggregate_median([[0, 10, 3], [2, 20, 5]]) == 4


def test_the_interquartile_mean_pools_all_tasks() -> None:
    assert aggregate_iqm([[0, 10], [2, 20]]) == aggregate_iqm([0, 10, 2, 20]) == 6


def test_the_optimality_gap_counts_no_score_beyond_the_target() -> None:
    assert aggregate_optimality_gap([0.5, 0.75, 7.0]) == pytest.approx(0.25)
    assert aggregate_optimality_gap([1, 2], gamma=3) == 1.5
    assert estimate([0.5, 0.75, 7.0], "optimality_gap", "none").value == pytest.approx(0.25)


def test_curves_have_an_estimate_at_each_point() -> None:
    curves = np.array([[[1.0, 5.0]], [[3.0, 9.0]]])  # 2 runs, 1 task, 2 points
    assert aggregate_mean(curves).tolist() == [2, 7]


def test_an_array_and_a_dict_of_tasks_are_the_same() -> None:
    scores = np.random.default_rng(0).normal(size=(6, 3))
    by_task = {"a": scores[:, 0], "b": scores[:, 1], "c": scores[:, 2]}
    for function in (aggregate_mean, aggregate_median, aggregate_iqm, aggregate_optimality_gap):
        assert function(scores) == function(by_task)


def test_missing_runs_are_no_zeros() -> None:
    scores = [[1.0, 5.0], [3.0, math.nan]]
    assert aggregate_mean(scores) == 3.5
    assert estimate(scores, "mean").n == 3


def test_a_task_without_runs_leaves_nothing_to_say() -> None:
    assert math.isnan(aggregate_mean({"a": [1.0], "b": []}))
    assert math.isnan(aggregate_mean([[1.0, math.nan], [3.0, math.nan]]))
    found = estimate([[1.0, math.nan], [3.0, math.nan]], "mean")
    assert np.isnan([found.value, found.low, found.high]).all()


@pytest.mark.parametrize("name", ["mean", "median", "iqm", "fractional_iqm"])
def test_equal_scores_are_their_own_estimate(name: str) -> None:
    assert estimate([0.1] * 7, name, "none").value == 0.1


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([], "There are no scores"),
        ({}, "There are no scores"),
        (5.0, "Scores have shape ()"),
        (["good"], "Scores are no array of numbers"),
        ([1.0, math.inf], "Scores have infinite values"),
        ({"a": [1.0], "b": [[1.0, 2.0]]}, "a: (1,), b: (1, 2)"),
    ],
)
def test_what_are_no_scores_is_told(scores: list[float], said: str) -> None:
    with pytest.raises(QueryError) as error:
        aggregate_iqm(scores)
    assert said in str(error.value)


def test_an_estimator_that_does_not_exist_is_told() -> None:
    with pytest.raises(QueryError, match=r"'medain' is no estimator; expected one of mean, .* Did you mean 'median'"):
        estimate([1, 2], "medain")
