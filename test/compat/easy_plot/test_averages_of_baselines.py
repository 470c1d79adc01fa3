"""smooth, one_sided_ema and symmetric_ema are the averages that OpenAI baselines define, point by point."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from RLA.easy_plot.plot_util import one_sided_ema, smooth, symmetric_ema

from rla.errors import QueryError

VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=30)


@settings(deadline=None)
@given(y=VALUES, radius=st.integers(0, 6), mode=st.sampled_from(["two_sided", "causal"]))
def test_smooth_is_the_mean_of_neighbours(y: list[float], radius: int, mode: str) -> None:
    behind = radius if mode == "two_sided" else 0
    windows = [y[max(0, i - radius) : i + behind + 1] for i in range(len(y))]
    if len(y) < 2 * radius + 1:
        windows = [y] * len(y)
    np.testing.assert_allclose(smooth(y, radius, mode), [math.fsum(w) / len(w) for w in windows], atol=1e-9)


def test_smooth_can_leave_out_windows_that_are_not_full() -> None:
    y = np.arange(6.0)
    np.testing.assert_array_equal(smooth(y, 1, valid_only=True), [np.nan, 1, 2, 3, 4, np.nan])
    np.testing.assert_array_equal(smooth(y, 2, "causal", valid_only=True), [np.nan, np.nan, 1, 2, 3, 4])
    with pytest.raises(QueryError, match=r"mode='casual' is none of .* Did you mean 'causal'\?"):
        smooth(y, 1, "casual")


def averages(
    x: np.ndarray, y: np.ndarray, low: float, high: float, n: int, decay_steps: float, sides: str
) -> tuple[list[float], list[float]]:
    """Return averages and counts by their definition."""
    period = (high - low) / (n - 1) * decay_steps
    means, counts = [], []
    for at in np.linspace(low, high, n):
        weights = np.where(x <= at, np.exp(-(at - x) / period), 0)
        if sides == "both":
            weights = weights + np.where(x >= at, np.exp(-(x - at) / period), 0)
        counts.append(weights.sum())
        means.append((weights * y).sum() / counts[-1])
    return means, counts


@settings(deadline=None)
@given(
    y=st.lists(st.floats(-100, 100), min_size=2, max_size=30),
    steps=st.lists(st.floats(0.1, 5), min_size=30, max_size=30),
    n=st.integers(2, 40),
    decay_steps=st.floats(0.5, 10),
)
def test_exponential_averages_are_those_of_their_definition(
    y: list[float], steps: list[float], n: int, decay_steps: float
) -> None:
    x, values = np.cumsum(steps[: len(y)]), np.array(y)
    for function, sides in ((one_sided_ema, "before"), (symmetric_ema, "both")):
        grid, found, counts = function(x, values, n=n, decay_steps=decay_steps, low_counts_threshold=0)
        means, weights = averages(x, values, x[0], x[-1], n, decay_steps, sides)
        np.testing.assert_allclose(grid, np.linspace(x[0], x[-1], n))
        # a point that rounding puts on the other side of a grid point counts there once more, or once less
        near = np.abs(np.subtract.outer(grid[1:-1], x)).min(axis=1, initial=np.inf) > 1e-9
        inside = np.concatenate([[False], near, [False]])
        np.testing.assert_allclose(found[inside], np.array(means)[inside], atol=1e-6)
        np.testing.assert_allclose(counts[inside], np.array(weights)[inside], rtol=1e-6)


def test_what_nothing_counts_for_is_nan() -> None:
    _, y, counts = symmetric_ema([0.0, 1000.0], [1.0, 2.0], n=101)
    assert np.isnan(y[50])
    assert counts[50] < 1e-8
    assert (y[0], y[-1]) == (1, 2)


def test_the_defaults_and_the_bounds() -> None:
    x = np.arange(10.0)
    assert len(one_sided_ema(x, x)[0]) == 256
    assert len(symmetric_ema(x, x)[0]) == 512
    grid, y, _ = symmetric_ema(x, x, low=2, high=4, n=3)
    assert grid.tolist() == [2, 3, 4]
    assert y[1] == pytest.approx(3, abs=0.05)  # there are more points behind than before
    with pytest.raises(QueryError, match="Nothing is extrapolated: x reach from 0 to 9, not from -1 to 9"):
        symmetric_ema(x, x, low=-1)
    with pytest.raises(QueryError, match="takes x that rise"):
        one_sided_ema(x[::-1], x)
    with pytest.raises(QueryError, match="decay_steps=0 forgets"):
        one_sided_ema(x, x, decay_steps=0)
