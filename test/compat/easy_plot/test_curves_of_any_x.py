"""Runs that logged at different steps make one curve, without `resample`; scales and bounds do what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from RLA import plot_func
from rla.errors import QueryError, RLAWarning


def curve(root: Path, metric: str = "y", **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the only curve."""
    plot_func(root, "demo", ["2026/*"], [], [metric], **options)
    (axes,) = plt.gcf().axes
    (line,) = axes.get_lines()
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


@pytest.fixture
def shifted(run: Callable[..., Path], data_root: Path) -> Path:
    """Three runs of y = x that logged at steps of their own."""
    for begin, step, number in ((0, 7, 100), (3, 11, 80), (5, 13, 40)):
        x = begin + step * np.arange(number)
        run(x, {"y": x}, seed=begin)
    return data_root


@pytest.mark.parametrize("options", [{}, {"align": "bin"}, {"vary_len_plot": True}, {"estimator": "iqm"}])
def test_y_is_x_after_grouping(shifted: Path, options: dict[str, Any]) -> None:
    x, y = curve(shifted, show_runs=False, **options)
    np.testing.assert_allclose(x, y, atol=1e-9)
    assert len(x) > 20
    assert x[-1] == pytest.approx(5 + 13 * 39 if not options.get("vary_len_plot") else 3 + 11 * 79, rel=0.02)


def test_resample_averages_on_a_grid_of_its_own(shifted: Path) -> None:
    x, y = curve(shifted, resample=64, smooth_step=2.0)
    np.testing.assert_allclose(x, np.linspace(5, 5 + 13 * 39, 64))
    np.testing.assert_allclose(y[10:-10], x[10:-10], rtol=0.02)
    assert y[0] > x[0]  # at its begin the average looks forward alone


def test_resample_draws_lines_over_gaps(run: Callable[..., Path], data_root: Path) -> None:
    run([0, 1000], {"y": [0, 1000]})
    x, y = curve(data_root, resample=512)  # between two points nothing counts any more
    assert np.isfinite(y).all()
    assert len(x) == 512


def test_curves_go_on_with_those_that_are_left_when_lengths_may_vary(run: Callable[..., Path], data_root: Path) -> None:
    run([0, 1, 2], {"y": [1, 1, 1]})
    run([0, 1, 2, 3], {"y": [3, 3, 3, 3]})
    assert curve(data_root)[1].tolist() == [2, 2, 2]
    assert curve(data_root, vary_len_plot=True)[1].tolist() == [2, 2, 2, 3]
    assert curve(data_root, x_range="hold")[1].tolist() == [2, 2, 2, 2]  # both have finished
    assert curve(data_root, vary_len_plot=True, resample=4)[1].tolist() == pytest.approx([2, 2, 2, 3])


def test_runs_without_a_common_x_are_told_of(run: Callable[..., Path], data_root: Path) -> None:
    run([0, 1], {"y": [1, 1]})
    run([5, 6], {"y": [3, 3]})
    with pytest.warns(RLAWarning, match="The runs have no x in common"):
        plot_func(data_root, "demo", ["2026/*"], [], ["y"])
    assert curve(data_root, x_range="union")[0].tolist() == [0, 1, 5, 6]


def test_a_bound_of_x_cuts(shifted: Path) -> None:
    assert 90 < curve(shifted, x_bound=100)[0][-1] <= 100


def test_a_scale_is_a_function_or_a_factor(run: Callable[..., Path], data_root: Path) -> None:
    run([0, 1], {"y": [1, 10]})
    assert curve(data_root, scale_dict={"y": lambda y: np.log10(y) + 1})[1].tolist() == [1, 2]
    assert curve(data_root, scale_dict={"y": 3, "other": 5})[1].tolist() == [3, 30]
    with pytest.raises(QueryError, match="scale_dict has a function of values, or a factor"):
        curve(data_root, scale_dict={"y": "log"})


def test_a_tail_without_values_keeps_the_head_and_a_resumed_run_has_no_zigzag(
    run: Callable[..., Path], data_root: Path
) -> None:
    run([0, 1, 2, 3, 2, 3, 4, 5], {"y": [0, 1, 9, 9, 2, 3, "nan", ""]})
    x, y = curve(data_root)
    assert (x.tolist(), y.tolist()) == ([0, 1, 2, 3], [0, 1, 2, 3])


def test_each_run_is_smoothed_before_they_are_averaged(run: Callable[..., Path], data_root: Path) -> None:
    run([0, 1, 2, 3], {"y": [0, 2, 4, 6]})
    assert curve(data_root, smooth=2)[1].tolist() == [0, 1, 3, 5]
    with pytest.raises(QueryError, match="leave align and smooth away"):
        curve(data_root, smooth=2, resample=10)


def test_identical_runs_have_a_band_of_width_zero_and_another_group_changes_nothing(
    run: Callable[..., Path], data_root: Path
) -> None:
    for seed in range(6):
        run([0, 1, 2], {"y": [1.1, 2.3, 0.7]}, lr=1, seed=seed)
    before, _ = plot_func(data_root, "demo", ["2026/*"], ["lr"], ["y"], estimator="iqm")
    run([0, 0.5], {"y": [5, 6]}, lr=2)
    after, _ = plot_func(data_root, "demo", ["2026/*"], ["lr"], ["y"], estimator="iqm")
    for drawn in (before, after):
        _, centre, (low, high) = drawn["y"]["lr=1-ci"]
        assert centre.tolist() == low.tolist() == high.tolist() == [1.1, 2.3, 0.7]
