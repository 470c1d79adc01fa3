"""What can be said of the spread of runs without drawing them again: standard errors, tolerance intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from rla.errors import QueryError
from rla.plot.statistics.estimators import CUT
from rla.plot.statistics.rows import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["runs_for_tolerance", "squared_deviations", "standard_error", "tolerance_share"]


def standard_error(rows: Rows, estimator: str) -> tuple[Floats, Floats]:
    """Return the standard error of an estimate, and the degrees of freedom that it is known with, each (points,).

    - Mean of tasks: ``sqrt(sum(s² / n)) / tasks`` with the variance s² and the number n of the runs of each task, and
      the degrees of freedom of Welch and Satterthwaite; of one task it is ``s / sqrt(n)`` with n - 1.
    - Interquartile mean of one task: from the winsorised variance (Tukey and McLaughlin 1963; Yuen 1974). With
      h = n - 2 floor(n / 4) runs left it is ``sqrt(s_w² (n - 1) / (h (h - 1)))`` with h - 1.

    NaN where a task has one run.

    Raises:
        QueryError: there is no such formula for this estimator.
    """
    if estimator == "mean":
        return _error_of_mean(rows)
    if estimator == "iqm" and rows.task_count == 1:
        return _error_of_iqm(rows.values)
    of_several = " of several tasks" if estimator == "iqm" else ""
    raise QueryError(
        f"There is no standard error of estimator='{estimator}'{of_several}. Use estimator='mean', or band='ci'."
    )


def _error_of_mean(rows: Rows) -> tuple[Floats, Floats]:
    variance, spread = np.zeros((2, rows.values.shape[1]))
    certain = 0
    for members in rows.members():
        if len(members) < 2:
            return _unknown(rows.values), _unknown(rows.values)
        of_mean = squared_deviations(rows.values[members]) / (len(members) - 1) / len(members)
        variance = variance + of_mean
        spread = spread + of_mean**2 / (len(members) - 1)
        certain += len(members) - 1
    degrees = np.divide(variance**2, spread, out=np.full_like(spread, certain), where=spread > 0)
    return np.sqrt(variance) / rows.task_count, degrees


def _unknown(values: Floats) -> Floats:
    return np.full(values.shape[1], np.nan)


def squared_deviations(values: Floats) -> Floats:
    """Return sums of squared deviations from the mean; of equal values exactly 0."""
    moved = values - values[0]
    sums: Floats = ((moved - moved.mean(axis=0)) ** 2).sum(axis=0)
    return sums


def _error_of_iqm(values: Floats) -> tuple[Floats, Floats]:
    number = len(values)
    cut = math.floor(CUT * number)
    left = number - 2 * cut
    if left < 2:
        return _unknown(values), _unknown(values)
    ordered = np.sort(values, axis=0)
    winsorised = np.clip(ordered, ordered[cut], ordered[number - cut - 1])
    error = np.sqrt(squared_deviations(winsorised) / (left * (left - 1)))
    return error, np.full(values.shape[1], left - 1.0)


def tolerance_share(runs: int, level: float = 0.95) -> float:
    """Return the share of future runs that lie between the least and the greatest of so many, at this confidence.

    It is the greatest share β with ``1 - n β^(n-1) + (n-1) β^n >= level`` (Wilks 1941), however scores are distributed.
    """
    low, high = 0.0, 1.0
    for _ in range(60 if runs > 1 else 0):
        share = (low + high) / 2
        low, high = (share, high) if _confidence(runs, share) >= level else (low, share)
    return low


def runs_for_tolerance(share: float, level: float = 0.95) -> int:
    """Return how many runs it takes until their range holds a share of future runs, at this confidence.

    Raises:
        QueryError: share or level is not between 0 and 1.
    """
    if not (0 < share < 1 and 0 < level < 1):
        raise QueryError(f"share={share} and level={level} should both lie between 0 and 1.")
    few, many = 1, 2
    while _confidence(many, share) < level:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if _confidence(middle, share) >= level else (middle, many)
    return many


def _confidence(runs: int, share: float) -> float:
    """Return how likely the range of so many runs holds at least this share of future runs (Wilks 1941)."""
    return 1 - runs * share ** (runs - 1) + (runs - 1) * share**runs
