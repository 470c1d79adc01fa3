"""Figures of scores draw the numbers of the functions that estimate and compare."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from rla.errors import QueryError
from rla.plot import (
    compare,
    differences,
    estimate,
    improvement_probabilities,
    interval_estimates,
    performance_profile,
    performance_profiles,
    probability_of_improvement,
    scores,
)

from .conftest import bands, lines

RANDOM = np.random.default_rng(0)
SCORES = {
    arm: {task: RANDOM.normal(level, 0.1, 8) for task in ("Ant-v4", "Hopper-v4")}
    for arm, level in (("sac", 0.9), ("td3", 0.7), ("ppo", 0.5))
}
SCALE = {"Ant-v4": (0.0, 3000.0), "Hopper-v4": (0.0, 1000.0)}


def test_interval_estimates_are_bars_with_a_line_for_each_arm_and_estimator() -> None:
    found = interval_estimates(SCORES, ["mean", "iqm"], n_boot=200)
    figure = found.draw()
    assert [axes.get_title() for axes in figure.axes] == ["mean", "IQM"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["sac", "td3", "ppo"]
    for axes, name in zip(figure.axes, ("mean", "iqm"), strict=True):
        expected = [estimate(SCORES[arm], name, n_boot=200) for arm in SCORES]
        assert [bar.get_x() for bar in axes.patches] == [float(each.low) for each in expected]
        assert [line.get_xdata()[0] for line in axes.get_lines()] == [float(each.value) for each in expected]
        assert axes.get_xlim()[0] < min(bar.get_x() for bar in axes.patches)
    assert found.to_pandas().shape == (6, 6)


def test_performance_profiles_share_their_thresholds() -> None:
    found = performance_profiles(SCORES, n_boot=200)
    (axes,) = found.draw().axes
    at = found.profiles["sac"].thresholds
    for arm, shape in zip(SCORES, bands(axes), strict=True):
        (line,) = lines(axes, arm)
        assert np.array_equal(line.get_xdata(), at)
        assert np.array_equal(line.get_ydata(), performance_profile(SCORES[arm], at, n_boot=200).share.value)
        assert shape.get_alpha() == 0.15


def test_pairs_stand_in_the_direction_in_which_one_is_better() -> None:
    found = improvement_probabilities(dict(reversed(SCORES.items())), n_boot=200)
    assert list(found.pairs) == [("td3", "ppo"), ("sac", "ppo"), ("sac", "td3")]
    (axes,) = found.draw().axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["td3 > ppo", "sac > ppo", "sac > td3"]
    expected = probability_of_improvement(SCORES["sac"], SCORES["td3"], n_boot=200)
    assert float(found.pairs["sac", "td3"].low) == float(expected.low)
    assert list(improvement_probabilities(SCORES, [("ppo", "sac")], n_boot=9).pairs) == [("ppo", "sac")]


def test_differences_are_those_of_each_task() -> None:
    found = differences(SCORES, "sac", "td3", n_boot=200)
    assert list(found.rows) == ["Ant-v4", "Hopper-v4"]  # whether scores have one scale is not known
    for task, each in found.rows.items():
        expected = compare(SCORES["sac"][task], SCORES["td3"][task], n_boot=200)
        assert (each.value, each.low, each.high) == (expected.value, expected.low, expected.high)
    assert found.draw().axes[0].get_xlabel() == "sac − td3: score (IQM)"


def test_scores_of_the_data_root_bring_names_runs_and_scale(lab: Path) -> None:
    final = scores(lab, "eval/return", "algo", normalize=SCALE)
    found = interval_estimates(final, n_boot=100)
    assert list(found.intervals["sac"]) == ["median", "iqm", "mean", "optimality_gap"]
    assert "Score: normalised eval/return, mean of the last 10 % of the points of each run" in found.caption
    assert found.sources() == (lab, sorted(run.experiment for run in final.runs))
    assert list(differences(final, "sac", "td3", n_boot=100).rows) == ["Ant-v4", "Hopper-v4", "all tasks"]


def test_tasks_without_a_common_scale_are_not_pooled(lab: Path) -> None:
    final = scores(lab, "eval/return", "algo")
    for make in (interval_estimates, performance_profiles):
        with pytest.raises(QueryError, match="2 tasks, whose scores are not on one scale"):
            make(final)
    assert improvement_probabilities(final, n_boot=100).pairs  # ranks need no scale


def test_an_arm_may_be_a_plain_list_and_axes_those_of_the_user() -> None:
    figure = Figure()
    axes = figure.subplots()
    assert differences({"a": [1.0, 2.0], "b": [0.0, 1.0]}, "a", "b", n_boot=9).draw(axes) is figure
    assert (figure.texts, figure.legends, len(figure.axes)) == ([], [], 1)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "There are no scores"),
        ({"a": []}, "'a' has no score"),
        ({"a": [[1.0], [2.0]]}, r"have shape \(2, 1\)"),
        ({"a": {"x": [1.0]}, "b": {"y": [1.0]}}, "has the tasks"),
        ({"a": {"x": [np.nan]}}, "'a' has no score on x"),
    ],
)
def test_scores_that_are_none_are_told(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(QueryError, match=says):
        interval_estimates(wrong)  # type: ignore[arg-type]


def test_an_arm_that_is_not_there_is_told() -> None:
    with pytest.raises(QueryError, match="Did you mean 'sac'"):
        differences(SCORES, "sca", "td3")
    with pytest.raises(QueryError, match="two or more to compare"):
        improvement_probabilities({"sac": [1.0, 2.0]})
