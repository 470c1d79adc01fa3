"""One number for one run: how it ended, how it did all along, its best. Never of smoothed curves."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from rla.errors import QueryError
from rla.plot.statistics.series import Curve

__all__ = ["area_under_curve", "best_so_far", "final_score"]


def final_score(curve: Curve, share: float = 0.1, last: int | None = None) -> float:
    """Return the mean of the last values of a run; NaN when it has none.

    Args:
        curve: the curve of a run.
        share: of its points, rounded up, at least one.
        last: so many points instead, for example 100 episodes.

    Raises:
        QueryError: share is not above 0 and up to 1, or last is below 1.
    """
    if not 0 < share <= 1 or (last is not None and last < 1):
        raise QueryError(
            f"share={share}, last={last} take no points; expected a share above 0 and up to 1, or last=100."
        )
    count = math.ceil(round(share * len(curve), 9)) if last is None else last
    return float(curve.y[-count:].mean()) if len(curve) else math.nan


def area_under_curve(curve: Curve, low: float | None = None, high: float | None = None) -> float:
    """Return the mean of a curve over x, in units of y: the area of its trapezoids over the length of x.

    Args:
        curve: the curve of a run.
        low: where to begin; the first x by default. Runs that are compared need the same bounds.
        high: where to end; the last x by default.

    Returns:
        The mean height; NaN where the curve does not reach from low to high.
    """
    if not len(curve):
        return math.nan
    begin, end = (float(curve.x[0]) if low is None else low), (float(curve.x[-1]) if high is None else high)
    if begin < curve.x[0] or end > curve.x[-1] or begin > end:
        return math.nan
    inside = (curve.x > begin) & (curve.x < end)
    x = np.concatenate([[begin], curve.x[inside], [end]])
    y = np.interp(x, curve.x, curve.y)
    if begin == end:
        return float(y[0])
    return float((np.diff(x) * (y[1:] + y[:-1])).sum() / 2 / (end - begin))


def best_so_far(curve: Curve, lowest: bool = False) -> Curve:
    """Return the best value up to each x. It never falls, so a figure of it must say so.

    Args:
        curve: the curve of a run.
        lowest: whether low values are good, such as losses.
    """
    best = np.minimum if lowest else np.maximum
    return replace(curve, y=best.accumulate(curve.y))
