"""Moving averages by the names of OpenAI baselines: of points, and exponential ones on an even grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rla.errors import QueryError, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["one_sided_ema", "smooth", "symmetric_ema"]

_MODES = ("two_sided", "causal")


def smooth(y: ArrayLike, radius: int, mode: str = "two_sided", valid_only: bool = False) -> Floats:
    """Return means of neighbouring points.

    Args:
        y: shape (points,).
        radius: how many neighbours count.
        mode: ``"two_sided"`` takes ``radius`` points before and behind, ``"causal"`` those before alone. At the ends
            the window holds what there is.
        valid_only: NaN where the window is not full.

    Returns:
        Shape (points,). Where the curve is shorter than a window of ``2 radius + 1`` points, its mean everywhere.

    Raises:
        QueryError: there is no such mode, or the radius is negative.
    """
    values = np.asarray(y, np.float64)
    if mode not in _MODES:
        raise QueryError(f"mode='{mode}' is none of {', '.join(_MODES)}.{did_you_mean(str(mode), _MODES)}")
    if radius < 0:
        raise QueryError(f"radius={radius} is no number of neighbours; expected 0 or more.")
    if len(values) < 2 * radius + 1:
        return np.full(values.shape, values.mean() if len(values) else 0.0)
    behind = radius if mode == "two_sided" else 0
    window = np.ones(radius + behind + 1)
    start = behind  # where the window of the first point ends among all sums
    sums = np.convolve(values, window)[start : start + len(values)]
    counts = np.convolve(np.ones(len(values)), window)[start : start + len(values)]
    means: Floats = sums / counts
    if valid_only:
        means[counts < len(window)] = np.nan
    return means


def one_sided_ema(
    xolds: ArrayLike,
    yolds: ArrayLike,
    low: float | None = None,
    high: float | None = None,
    n: int = 256,
    decay_steps: float = 1.0,
    low_counts_threshold: float = 1e-8,
) -> tuple[Floats, Floats, Floats]:
    """Return the exponential average of what lies before each point of an even grid; nothing is extrapolated.

    A point at x counts ``exp(-(grid point - x) / (decay_steps * step of the grid))`` at each grid point behind it.

    Args:
        xolds: shape (points,), rising.
        yolds: shape (points,).
        low: the first grid point; the first of x when None.
        high: the last grid point; the last of x when None.
        n: how many grid points.
        decay_steps: how fast points are forgotten, in steps of the grid.
        low_counts_threshold: NaN where all points together count less.

    Returns:
        The grid, the averages, and how much the points count there, each of shape (n,).

    Raises:
        QueryError: x do not rise, are not as many as y, or do not reach from low to high.
    """
    x, y, low, high = _checked(xolds, yolds, low, high, n, decay_steps)
    sums, counts = _sums(x, y, low, high, n, decay_steps)
    return np.linspace(low, high, n), _ratio(sums, counts, low_counts_threshold), counts


def symmetric_ema(
    xolds: ArrayLike,
    yolds: ArrayLike,
    low: float | None = None,
    high: float | None = None,
    n: int = 512,
    decay_steps: float = 1.0,
    low_counts_threshold: float = 1e-8,
) -> tuple[Floats, Floats, Floats]:
    """Return the exponential average of what lies before and behind each point of an even grid.

    Arguments, results and errors are those of `one_sided_ema`.
    """
    x, y, low, high = _checked(xolds, yolds, low, high, n, decay_steps)
    before = _sums(x, y, low, high, n, decay_steps)
    behind = _sums(-x[::-1], y[::-1], -high, -low, n, decay_steps)
    sums, counts = (forth + back[::-1] for forth, back in zip(before, behind, strict=True))
    return np.linspace(low, high, n), _ratio(sums, counts, low_counts_threshold), counts


def _checked(
    xolds: ArrayLike, yolds: ArrayLike, low: float | None, high: float | None, n: int, decay_steps: float
) -> tuple[Floats, Floats, float, float]:
    x, y = np.asarray(xolds, np.float64), np.asarray(yolds, np.float64)
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise QueryError(f"An average takes as many x as y, one at least; got shapes {x.shape} and {y.shape}.")
    if np.any(np.diff(x) < 0):
        raise QueryError("An average over x takes x that rise; rla.plot.clean_curve makes a curve of any rows.")
    low, high = float(x[0] if low is None else low), float(x[-1] if high is None else high)
    if not x[0] <= low <= high <= x[-1]:
        raise QueryError(f"Nothing is extrapolated: x reach from {x[0]:g} to {x[-1]:g}, not from {low:g} to {high:g}.")
    if n < 1:
        raise QueryError(f"A grid of {n} points holds nothing; expected 1 or more.")
    if not decay_steps > 0:
        raise QueryError(f"decay_steps={decay_steps} forgets all points at once; expected a number above 0.")
    return x, y, low, high


def _sums(x: Floats, y: Floats, low: float, high: float, n: int, decay_steps: float) -> tuple[Floats, Floats]:
    """Return at each grid point the weighted sum of the values before it, and the sum of their weights."""
    grid = np.linspace(low, high, n)
    if n == 1 or high == low:
        inside = x <= high
        return np.full(n, y[inside].sum()), np.full(n, float(np.count_nonzero(inside)))
    period = (high - low) / (n - 1) * decay_steps
    first = np.searchsorted(grid, x, side="left")  # the first grid point at or behind each point
    inside = first < n
    weights = np.exp((x[inside] - grid[first[inside]]) / period)
    sums: Floats = np.bincount(first[inside], weights * y[inside], n).astype(np.float64)  # of no points: integers
    counts: Floats = np.bincount(first[inside], weights, n).astype(np.float64)
    kept = np.exp(-1 / decay_steps)
    for point in range(1, n):
        sums[point] += kept * sums[point - 1]
        counts[point] += kept * counts[point - 1]
    return sums, counts


def _ratio(sums: Floats, counts: Floats, threshold: float) -> Floats:
    ratio: Floats = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=(counts > 0) & (counts >= threshold))
    return ratio
