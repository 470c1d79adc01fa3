"""Curves of several runs on one grid of x, so that they can be aggregated; nothing is extrapolated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from rla.errors import QueryError, did_you_mean
from rla.plot.statistics.series import Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ALIGNMENTS", "RANGES", "Aligned", "align_curves", "check_alignment", "range_of"]

ALIGNMENTS: Final = ("auto", "exact", "bin", "linear", "hold")
RANGES: Final = ("intersection", "union", "hold")

EXACT_UP_TO: Final = 5
"""Curves with the same x are used as they are while they have at most so many times the points of the grid."""

DENSE: Final = 2
"""From so many points for each point of the grid on, means of bins are taken: lines between points would drop most."""


@dataclass(frozen=True, eq=False)
class Aligned:
    """Curves on one grid.

    Args:
        x: shape (points,), the grid.
        y: shape (runs, points); NaN where a run has no value.
        n: shape (points,), how many runs have a value.
        how: ``"exact"``, ``"bin"``, ``"linear"`` or ``"hold"``.
        filled: how many values stand in an empty bin, between neighbours that are not.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    n: NDArray[np.int64]
    how: str
    filled: int = 0


def align_curves(
    curves: Sequence[Curve], *, align: str = "auto", x_range: str = "intersection", grid: int = 200
) -> Aligned:
    """Bring curves to one grid of x.

    Args:
        curves: curves of runs that have at least one point each.
        align: ``"exact"`` takes the x that all share (those of all, when ranges differ); ``"bin"`` the means of bins;
            ``"linear"`` lines between points; ``"hold"`` the last value at or before x; ``"auto"`` is exact where all
            x are the same, else bins for dense curves and lines for sparse ones.
        x_range: ``"intersection"`` from the last begin to the first end; ``"union"`` from the first begin to the last
            end, with fewer runs where some have no values; ``"hold"`` from the last begin to the last end, where
            finished runs hold their last value.
        grid: the most points of a grid that is not exact. There are no more than half of the runs have.

    Raises:
        QueryError: an argument is none of those, or x differ where they must be exact.
    """
    check_alignment(align, x_range, grid)
    if not curves:
        return Aligned(np.empty(0), np.empty((0, 0)), np.empty(0, np.int64), "exact" if align == "auto" else align)
    low, high = range_of(curves, x_range)
    count = min(grid, max(2, int(np.median([_points_between(curve, low, high) for curve in curves]))))
    how = _chosen(curves, align, low, high, count, grid)
    if how == "exact":
        x, y = _exact(curves, low, high)
    else:
        x = _grid(low, high, count, how)
        y = np.full((len(curves), len(x)), np.nan)
    filled = 0
    for number, curve in enumerate(curves):
        if how == "bin":
            y[number], empty = _bin(curve, x, low, high)
            filled += empty
        elif how == "linear":
            y[number] = np.interp(x, curve.x, curve.y, left=np.nan, right=np.nan)
        elif how == "hold":
            y[number] = _hold(curve, x)
        if x_range == "hold" and curve.finished:
            y[number, x > curve.x[-1]] = curve.y[-1]
    return Aligned(x, y, np.count_nonzero(~np.isnan(y), axis=0), how, filled)


def check_alignment(align: str, x_range: str, grid: int) -> None:
    """Raise a QueryError for arguments that `align_curves` does not know."""
    for name, came, known in (("align", align, ALIGNMENTS), ("x_range", x_range, RANGES)):
        if came not in known:
            raise QueryError(f"{name}={came!r} is none of {', '.join(known)}.{did_you_mean(came, known)}")
    if not isinstance(grid, (int, np.integer)) or grid < 1:
        raise QueryError(f"A grid has a whole number of points, 1 or more; got {grid!r}.")


def range_of(curves: Sequence[Curve], x_range: str) -> tuple[float, float]:
    """Return the first and the last x that curves are shown at; these have at least one point each."""
    firsts, lasts = [curve.x[0] for curve in curves], [curve.x[-1] for curve in curves]
    low = min(firsts) if x_range == "union" else max(firsts)
    high = min(lasts) if x_range == "intersection" else max(lasts)
    return float(low), float(high)


def _points_between(curve: Curve, low: float, high: float) -> int:
    begin, end = np.searchsorted(curve.x, low, side="left"), np.searchsorted(curve.x, high, side="right")
    return max(0, int(end - begin))


def _chosen(curves: Sequence[Curve], align: str, low: float, high: float, count: int, grid: int) -> str:
    """Return the alignment that is meant by ``"auto"``, else the one that was asked for."""
    if align == "auto":
        lengths = [_points_between(curve, low, high) for curve in curves]
        if max(lengths) <= EXACT_UP_TO * grid and _missing(curves, _all_x(curves, low, high)) is None:
            return "exact"
        return "bin" if np.median(lengths) >= DENSE * count else "linear"
    return align


def _all_x(curves: Sequence[Curve], low: float, high: float) -> Floats:
    x: Floats = np.unique(np.concatenate([curve.x for curve in curves]))
    return x[(x >= low) & (x <= high)]


def _missing(curves: Sequence[Curve], x: Floats) -> tuple[Curve, float] | None:
    """Return a run that lacks an x that others have within its own range, and that x; None when there is none."""
    for curve in curves:
        inside = x[(x >= curve.x[0]) & (x <= curve.x[-1])]
        at = np.searchsorted(curve.x, inside)
        if np.any(lacks := curve.x[at] != inside):
            return curve, float(inside[lacks][0])
    return None


def _grid(low: float, high: float, count: int, how: str) -> Floats:
    if low > high:
        return np.empty(0)
    if how == "bin" and high > low:
        width = (high - low) / count
        return low + width * (np.arange(count, dtype=np.float64) + 0.5)
    return np.linspace(low, high, count if high > low else 1)


def _exact(curves: Sequence[Curve], low: float, high: float) -> tuple[Floats, Floats]:
    """Return the x that curves share, and their values there; each has all x within its own range."""
    x = _all_x(curves, low, high)
    if missing := _missing(curves, x):
        raise QueryError(
            f"align='exact' needs the same x in all runs; run '{missing[0].run}' has no value at x = {missing[1]:g}. "
            "Use align='linear' or 'bin'."
        )
    y = np.full((len(curves), len(x)), np.nan)
    for number, curve in enumerate(curves):
        own = (curve.x >= low) & (curve.x <= high)
        y[number, np.searchsorted(x, curve.x[own])] = curve.y[own]
    return x, y


def _bin(curve: Curve, centres: Floats, low: float, high: float) -> tuple[Floats, int]:
    """Return the values at the centres of bins ``(low + (k-1)*width, low + k*width]``, and how many bins were empty.

    A value is not just the mean of a bin's points: their mean of x is seldom the centre, and differs from run to run.
    It is read off the line through the means (of x, of y) of this bin and of its neighbours, so that a straight line
    stays what it is. At the ends, the line goes on to the first and the last point of the run.
    """
    if not len(centres) or high <= low:
        return np.interp(centres, curve.x, curve.y, left=np.nan, right=np.nan), 0
    width = (high - low) / len(centres)
    bins = np.ceil((curve.x - low) / width).astype(np.int64) - 1
    bins[curve.x == low] = 0
    starts = np.concatenate([[0], np.flatnonzero(np.diff(bins)) + 1])
    sizes = np.diff(np.append(starts, len(curve)))
    x = np.concatenate([curve.x[:1], _means(curve.x, starts, sizes), curve.x[-1:]])
    y = np.concatenate([curve.y[:1], _means(curve.y, starts, sizes), curve.y[-1:]])
    rises = np.append(True, np.diff(x) > 0)
    inside = (centres >= curve.x[0]) & (centres <= curve.x[-1])
    empty = np.count_nonzero(inside) - np.count_nonzero(inside[bins[starts][_within(bins[starts], len(centres))]])
    return np.interp(centres, x[rises], y[rises], left=np.nan, right=np.nan), int(empty)


def _within(bins: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    return (bins >= 0) & (bins < count)


def _means(values: Floats, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> Floats:
    """Return the means of pieces of an array; a piece of equal values has exactly their mean."""
    first = values[starts]
    means: Floats = first + np.add.reduceat(values - np.repeat(first, sizes), starts) / sizes
    return means


def _hold(curve: Curve, x: Floats) -> Floats:
    """Return the last value at or before x; NaN before the first point and behind the last."""
    index = np.searchsorted(curve.x, x, side="right") - 1
    return np.where((index >= 0) & (x <= curve.x[-1]), curve.y[np.maximum(index, 0)], np.nan)
