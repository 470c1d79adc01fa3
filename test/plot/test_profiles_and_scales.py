"""Performance profiles count runs above thresholds; scores of tasks come to one scale by a fixed table alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rla.errors import QueryError
from rla.plot import aggregate_curves, clean_curve, estimate, normalize_scores, performance_profile

SCORES = np.array([[0.0, 1.0], [0.5, 1.0], [1.0, 3.0]])  # 3 runs, 2 tasks


def test_a_profile_is_the_share_of_runs_above() -> None:
    profile = performance_profile(SCORES, [-1, 0, 0.5, 1, 2, 3])
    assert profile.share.value == pytest.approx(np.array([6, 5, 4, 1, 1, 0]) / 6)
    assert profile.thresholds.tolist() == [-1, 0, 0.5, 1, 2, 3]


def test_a_profile_goes_over_all_scores_in_101_steps() -> None:
    profile = performance_profile(SCORES)
    assert len(profile.thresholds) == 101
    assert (profile.thresholds[0], profile.thresholds[-1]) == (0, 3)
    assert (np.diff(profile.share.value) <= 0).all()
    assert profile.share.value[-1] == 0


def test_its_interval_draws_whole_runs_within_tasks() -> None:
    scores = np.random.default_rng(0).normal(size=(10, 3))
    profile = performance_profile(scores, [-9, 0.2, 9])
    assert (profile.share.low[[0, 2]] == profile.share.high[[0, 2]]).all()  # all above, none above: whatever is drawn
    alone = estimate((scores > 0.2).astype(float), "mean")
    assert (profile.share.low[1], profile.share.high[1]) == (alone.low, alone.high)


def test_tasks_count_alike_and_missing_runs_not_at_all() -> None:
    profile = performance_profile({"a": [1, 1, 1, math.nan], "b": [0.0]}, [0.5])
    assert profile.share.value.tolist() == [0.5]
    assert profile.share.n.tolist() == [4]


@pytest.mark.parametrize(
    ("scores", "said"), [(np.ones((3, 1, 5)), "here are curves"), ([math.nan, math.nan], "All scores are NaN")]
)
def test_what_has_no_profile_is_told(scores: np.ndarray, said: str) -> None:
    with pytest.raises(QueryError) as error:
        performance_profile(scores)
    assert said in str(error.value)


TABLE = {"Hopper-v4": (-20.0, 3230.0), "Ant-v4": (0.0, 4000.0)}


def test_the_two_scores_of_the_table_become_0_and_1() -> None:
    scaled = normalize_scores({"Hopper-v4": [-20, 1605, 3230, 6480], "Ant-v4": [[2000.0]]}, TABLE)
    assert scaled["Hopper-v4"].tolist() == [0, 0.5, 1, 2]
    assert scaled["Ant-v4"].tolist() == [[0.5]]


def test_curves_of_several_tasks_are_scaled_before_they_are_pooled() -> None:
    curves = [clean_curve([0, 1], [-20, 3230], task="Hopper-v4"), clean_curve([0, 1], [0, 2000], task="Ant-v4")]
    band = aggregate_curves({"all": curves}, estimator="mean", normalize=TABLE)["all"]
    assert band.centre.tolist() == [0, 0.75]


def test_a_task_that_the_table_lacks_is_told() -> None:
    with pytest.raises(QueryError, match=r"no task 'Hopper-v3'. Did you mean 'Hopper-v4'"):
        normalize_scores({"Hopper-v3": [1]}, TABLE)


@pytest.mark.parametrize("pair", [(1.0, 1.0), (0.0, math.nan)])
def test_reference_scores_that_are_no_scale_are_told(pair: tuple[float, float]) -> None:
    with pytest.raises(QueryError, match="expected two that differ"):
        normalize_scores({"a": [1]}, {"a": pair})
