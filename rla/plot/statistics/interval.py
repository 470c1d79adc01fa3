"""Estimates over runs with an interval: `estimate(scores)`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from rla.errors import QueryError, did_you_mean
from rla.plot.statistics.bootstrap import METHODS, bootstrap_bounds, generator
from rla.plot.statistics.estimators import at_once, estimator_named
from rla.plot.statistics.rows import Rows, rows_of
from rla.plot.statistics.spread import squared_deviations, standard_error, tolerance_share
from rla.plot.statistics.student import t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rla.plot.statistics.rows import Scores

    Floats = NDArray[np.float64]

__all__ = ["BANDS", "Interval", "Way", "estimate", "estimate_rows"]

BANDS: Final = (*METHODS, "t", "sem", "std", "minmax", "tolerance", "none")


@dataclass(frozen=True)
class Way:
    """How an estimate and its interval are made; `estimate` describes each."""

    estimator: str = "iqm"
    band: str = "ci"
    level: float = 0.95
    n_boot: int = 2000

    def __post_init__(self) -> None:
        estimator_named(self.estimator)
        if self.band not in BANDS:
            raise QueryError(f"band={self.band!r} is none of {', '.join(BANDS)}.{did_you_mean(self.band, BANDS)}")
        if not isinstance(self.level, (int, float)) or not 0 < self.level < 1:
            raise QueryError(f"level={self.level!r} is no confidence; expected a number between 0 and 1, such as 0.95.")
        if not isinstance(self.n_boot, (int, np.integer)) or self.n_boot < 1:
            raise QueryError(f"n_boot={self.n_boot!r} makes no interval; expected 2000 to look, 10000 to publish.")
        if self.band == "std" and self.estimator != "mean":
            raise QueryError("band='std' stands around the mean. Pass estimator='mean' too, or band='ci'.")


@dataclass(frozen=True, eq=False)
class Interval:
    """An estimate over runs, with the bounds of its interval.

    Args:
        value: the estimate, shape (points,), or () for scores that are one number.
        low: the lower bound, of the same shape; NaN where there is none.
        high: the upper bound.
        n: how many runs have a value, of the same shape.
        way: how it was made.
        share: of a tolerance interval, the share of future runs that it covers, of the same shape.
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]
    way: Way
    share: NDArray[np.float64] | None = None


def estimate(
    scores: Scores,
    estimator: str = "iqm",
    band: str = "ci",
    *,
    level: float = 0.95,
    n_boot: int = 2000,
    runs: Iterable[str] = (),
) -> Interval:
    """Return an estimate over runs, with an interval.

    Args:
        scores: shape (runs,), (runs, tasks) or (runs, tasks, points); or for each task an array of shape (runs,) or
            (runs, points). NaN is a run that is missing.
        estimator: ``"mean"``, ``"median"``, ``"iqm"``, ``"fractional_iqm"`` or ``"optimality_gap"`` (to the score 1).
        band: ``"ci"`` (percentiles of a bootstrap that draws whole runs within each task), ``"basic"`` or ``"bca"``
            (corrections of it), ``"t"`` (Student's, for few runs), ``"sem"`` (± standard error), ``"std"`` (± standard
            deviation of runs), ``"minmax"``, ``"tolerance"`` (range, with the share of future runs that it covers at
            this level) or ``"none"``. ``"sem"``, ``"std"`` and ``"minmax"`` are no 95 % intervals.
        level: the confidence of ``"ci"``, ``"basic"``, ``"bca"``, ``"t"`` and ``"tolerance"``.
        n_boot: how many draws; 2,000 to look, 10,000 for a figure that is kept, 50,000 for a paper.
        runs: the ids of the runs. Draws are seeded with them: the same runs give the same interval.

    Raises:
        QueryError: an argument is none of these, or there is no such interval of this estimator.
    """
    rows, single = rows_of(scores)
    found = estimate_rows(rows, Way(estimator, band, level, n_boot), runs)
    if not single:
        return found
    value, low, high = (np.asarray(each[0]) for each in (found.value, found.low, found.high))
    share = None if found.share is None else np.asarray(found.share[0])
    return Interval(value, low, high, np.asarray(found.n[0]), found.way, share)


def estimate_rows(rows: Rows, way: Way, runs: Iterable[str] = (), min_runs: int = 2) -> Interval:
    """Return estimates at all points, and their intervals where there are runs enough.

    Points at which a task has no run at all have no estimate: that over the other tasks would be of something else.
    """
    points = rows.values.shape[1]
    value, low, high, share = np.full((4, points), np.nan)
    n = np.count_nonzero(~np.isnan(rows.values), axis=0)
    names = list(runs)
    for where, pattern, part in rows.complete_parts():
        if len(np.unique(part.tasks)) < rows.task_count:
            continue
        value[where] = at_once(part, estimator_named(way.estimator))
        if way.band == "none" or len(part.values) < min_runs or part.least_runs() < 2:
            continue
        named = len(names) == len(pattern)  # a name for each row: the draws depend on the runs that are there
        drawn = [name for name, there in zip(names, pattern, strict=True) if there] if named else names
        low[where], high[where] = _bounds(part, way, value[where], drawn)
        if way.band == "tolerance":
            share[where] = tolerance_share(len(part.values), way.level)
    return Interval(value, low, high, n, way, share if way.band == "tolerance" else None)


def _bounds(rows: Rows, way: Way, value: Floats, runs: list[str]) -> tuple[Floats, Floats]:
    if way.band in METHODS:
        estimator = estimator_named(way.estimator)
        return bootstrap_bounds(rows, estimator, way.band, way.level, way.n_boot, generator(runs))
    if way.band in ("minmax", "tolerance"):
        return rows.values.min(axis=0), rows.values.max(axis=0)
    if way.band == "std":
        width = np.sqrt(squared_deviations(rows.values) / (len(rows.values) - 1))
    else:
        width, degrees = standard_error(rows, way.estimator)
        if way.band == "t":
            width = width * t_quantile((1 + way.level) / 2, degrees)
    return value - width, value + width
