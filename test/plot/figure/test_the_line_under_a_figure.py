"""The caption is true: it names what was computed, and calls no spread a confidence interval."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.plot import Smoothing, curves, differences, improvement_probabilities, interval_estimates, performance_profiles
from rla.query import experiments

SCALE = {"Ant-v4": (0.0, 3000.0), "Hopper-v4": (0.0, 1000.0)}


def caption(lab: Path, where: str = 'env_id == "Ant-v4"', **settings: Any) -> str:
    return curves(experiments(lab, where=where), "eval/return", "algo", **settings).caption


def test_the_whole_line_of_a_usual_figure(lab: Path) -> None:
    assert caption(lab) == (
        "n = 6 runs per arm. Line: interquartile mean (IQM); band: 95 % bootstrap CI (percentiles, B = 2,000). "
        "x: time steps common to the runs of an arm. With 6 runs the interval is optimistic."
    )


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"estimator": "mean"}, "Line: mean; band: 95 % bootstrap CI"),
        (
            {"estimator": "median", "level": 0.9, "n_boot": 10_000},
            "Line: median; band: 90 % bootstrap CI (percentiles, B = 10,000).",
        ),
        ({"band": "bca", "n_boot": 100}, "band: 95 % bootstrap CI (BCa, B = 100)."),
        ({"band": "t"}, "band: 95 % t interval."),
        ({"band": "sem", "estimator": "mean"}, "band: ± 1 standard error, no 95 % interval."),
        ({"band": "std", "estimator": "mean"}, "band: ± 1 standard deviation (std) of runs, no confidence interval."),
        ({"band": "minmax"}, "band: least to greatest run, no confidence interval."),
        ({"band": "tolerance"}, "least to greatest run: at 95 % confidence it covers a share β = 0.42 of future runs."),
        ({"band": "none"}, "Line: interquartile mean (IQM); no band. x:"),
        ({"x_range": "union"}, "x: time steps of any run of an arm."),
        ({"x_range": "hold"}, "finished runs hold their last value."),
        ({"x": "wall-time"}, "x: wall time (hours) common"),
        (
            {"smooth": Smoothing("trailing", 5)},
            "Each run is smoothed first: mean of the last 5 points (looks back only).",
        ),
        ({"smooth": Smoothing("trailing", 5e4, "x")}, "mean of the last 50,000 time steps (looks back only)."),
        ({"smooth": Smoothing("tensorboard", 0.6)}, "TensorBoard's exponential average, weight 0.6 (looks back only)."),
        ({"smooth": Smoothing("time-weighted", 0.9)}, "time-weighted exponential average, weight 0.9"),
        ({"normalize": SCALE}, "Normalised, 0 to 1 stand for: Ant-v4 0 to 3,000, Hopper-v4 0 to 1,000."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_setting_is_told(lab: Path, settings: dict[str, Any], says: str) -> None:
    assert says in caption(lab, **settings)


def test_pooled_tasks_are_told_with_the_runs_of_each(lab: Path) -> None:
    found = curves(lab, "eval/return", "algo", pool=True, normalize=SCALE)
    assert found.caption.startswith("n = 12 runs per arm, 6 per task.")


def test_different_numbers_of_runs_are_told_for_each_arm(lab: Path) -> None:
    chosen = experiments(lab, where='env_id == "Ant-v4" and (algo == "sac" or seed < 3)')
    found = curves(chosen, "eval/return", "algo")
    assert found.caption.startswith("n: sac 6, td3 3 runs. ")
    assert any("'td3'" in note and "too few for a band" in note for note in found.notes)
    assert all(note in found.caption for note in found.notes)


def test_few_runs_have_no_band_and_the_line_says_why(lab: Path) -> None:
    text = caption(lab, 'env_id == "Ant-v4" and seed < 3')
    assert "Line: interquartile mean (IQM); no band." in text
    assert text.endswith("3 runs: too few for a band, which takes 5.")


def test_of_many_notes_the_first_are_told_and_the_rest_are_counted(runs: Callable[..., None], data_root: Path) -> None:
    for arm in range(7):
        runs(f"arm {arm}", [[1.0] * (20 + arm)] * 4 + [[1.0] * (3 + arm)])
    text = curves(data_root, "eval/return", "algo").caption
    assert text.endswith("more notes: see .notes.")
    assert "\n" not in text


def test_one_run_is_no_estimate(runs: Callable[..., None], data_root: Path) -> None:
    runs("sac", [[1.0, 2.0]])
    assert curves(data_root, "eval/return").caption.startswith("n = 1 run per arm. Lines: the runs; no band. x:")


def test_the_drawing_adds_what_is_only_true_of_it(lab: Path) -> None:
    found = curves(lab, "eval/return", "algo", smooth=Smoothing("trailing", 5))
    shown = found.draw(size=(40, 4)).texts[0].get_text()
    assert "Pale: the same without smoothing." in shown
    assert "Pale" not in found.caption
    assert found.draw(caption="of my own").texts[0].get_text() == "of my own"
    assert found.draw(caption=False).texts == []


def test_points_that_a_log_axis_cannot_show_are_counted(runs: Callable[..., None], data_root: Path) -> None:
    runs("sac", [[-1.0, 0.0, 1.0, 2.0]])
    (text,) = curves(data_root, "eval/return").draw(log="y", size=(20, 3)).texts
    assert "2 points are 0 or less, which a log axis cannot show." in text.get_text()


def test_figures_of_scores_have_their_line_too() -> None:
    scores = {"sac": {"a": [1.0, 0.8], "b": [0.9, 0.7]}, "td3": {"a": [0.5, 0.4], "b": [0.4, 0.6]}}
    n = "n = 2 runs per arm and task, 2 tasks."
    bar = "95 % bootstrap CI (percentiles, B = 100)"
    assert interval_estimates(scores, n_boot=100).caption == f"{n} Line: estimate; bar: {bar}."
    assert performance_profiles(scores, n_boot=100).caption == (
        f"{n} Line: share of runs with a score above τ; band: {bar} at each τ."
    )
    assert improvement_probabilities(scores, n_boot=100).caption.endswith(f"equal scores count half. Bar: {bar}.")
    assert differences(scores, "sac", "td3", "mean", "t").caption == (
        f"{n} Point: mean of sac less that of td3; bar: 95 % t interval of the difference. "
        "Bars are not corrected for their number."
    )
