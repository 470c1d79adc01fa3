"""Performance profiles: how many runs score above each threshold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rla.errors import QueryError
from rla.plot.statistics.interval import Interval, Way, estimate_rows
from rla.plot.statistics.rows import Rows, rows_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from rla.plot.statistics.rows import Scores

__all__ = ["Profile", "performance_profile"]

THRESHOLDS = 101


@dataclass(frozen=True, eq=False)
class Profile:
    """A performance profile.

    Args:
        thresholds: shape (thresholds,), in units of the scores.
        share: the share of runs above each, from 0 to 1, with its interval.
    """

    thresholds: NDArray[np.float64]
    share: Interval


def performance_profile(
    scores: Scores,
    thresholds: ArrayLike | None = None,
    *,
    level: float = 0.95,
    n_boot: int = 2000,
    runs: Iterable[str] = (),
) -> Profile:
    """Return the share of runs whose score is above each threshold: the mean over tasks of ``1(score > threshold)``.

    Its interval is that of a bootstrap that draws whole runs within each task (Agarwal et al. 2021).

    Args:
        scores: shape (runs,) or (runs, tasks), or an array of shape (runs,) for each task; normalised, where tasks have
            scores of different size.
        thresholds: where to look; by default 101 points from the least score to the greatest. Profiles that are drawn
            together need the same.
        level: the confidence.
        n_boot: how many draws.
        runs: the ids of the runs; draws are seeded with them.

    Raises:
        QueryError: there are no scores, or they are curves.
    """
    rows, single = rows_of(scores)
    if not single:
        raise QueryError(
            "A performance profile is of one number of each run, such as its final score; here are curves."
        )
    there = ~np.isnan(rows.values[:, 0])
    values = rows.values[there]
    if not len(values):
        raise QueryError("All scores are NaN; a performance profile needs one run or more.")
    at = (
        np.linspace(values.min(), values.max(), THRESHOLDS)
        if thresholds is None
        else np.asarray(thresholds, np.float64)
    )
    above = Rows((values > at).astype(np.float64), rows.tasks[there])
    return Profile(at, estimate_rows(above, Way("mean", "ci", level, n_boot), runs))
