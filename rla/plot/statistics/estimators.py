"""Point estimates over runs: mean, median, interquartile mean, optimality gap.

Each estimator works on complete rows (no NaN) and on how often each row counts, so that the estimate and all its
bootstrap replicates come from one function. Sources: Agarwal et al., "Deep Reinforcement Learning at the Edge of the
Statistical Precipice" (2021), and its library rliable for names and for how many scores are cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from rla.errors import QueryError, did_you_mean
from rla.plot.statistics.rows import Rows, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rla.plot.statistics.rows import Scores

    Floats = NDArray[np.float64]
    Counts = NDArray[np.signedinteger[Any]]
    Estimator: TypeAlias = Callable[[Rows, Counts], Floats]

__all__ = [
    "ESTIMATORS",
    "aggregate_iqm",
    "aggregate_mean",
    "aggregate_median",
    "aggregate_optimality_gap",
    "at_once",
    "estimator_named",
]

CUT: Final = 0.25
"""The share of scores that the interquartile mean cuts at each end."""


def estimator_named(name: str) -> Estimator:
    """Return an estimator: of rows, and shape (rows, replicates) of how often each counts → (points, replicates).

    Raises:
        QueryError: there is none of this name.
    """
    if name not in ESTIMATORS:
        hint = did_you_mean(name, ESTIMATORS)
        raise QueryError(f"{name!r} is no estimator; expected one of {', '.join(ESTIMATORS)}.{hint}")
    return ESTIMATORS[name]


def at_once(rows: Rows, estimator: Estimator) -> Floats:
    """Return the estimate itself, shape (points,): each run counts once."""
    return estimator(rows, np.ones((len(rows.values), 1), np.int32))[:, 0]


def aggregate_mean(scores: Scores) -> Floats:
    """Return the mean over tasks of the means over runs; `estimate` tells the shapes, and gives an interval too."""
    return _of(scores, "mean")


def aggregate_median(scores: Scores) -> Floats:
    """Return the median over tasks of the means over runs; of one task the median of its runs."""
    return _of(scores, "median")


def aggregate_iqm(scores: Scores) -> Floats:
    """Return the interquartile mean of the scores of all runs on all tasks."""
    return _of(scores, "iqm")


def aggregate_optimality_gap(scores: Scores, gamma: float = 1.0) -> Floats:
    """Return how far the mean of tasks stays below ``gamma``, where no score counts as more than that."""
    return _of(scores, partial(_optimality_gap, target=gamma))


def _of(scores: Scores, estimator: str | Estimator) -> Floats:
    rows, single = rows_of(scores)
    function = estimator_named(estimator) if isinstance(estimator, str) else estimator
    values = np.full(rows.values.shape[1], np.nan)
    for points, _, part in rows.complete_parts():
        if len(np.unique(part.tasks)) == rows.task_count:
            values[points] = at_once(part, function)
    return np.asarray(values[0]) if single else values


def _mean(rows: Rows, counts: Counts) -> Floats:
    """Return the mean over tasks of the means over their runs."""
    of_tasks = _task_means(rows, counts)
    means: Floats = of_tasks[0] + (of_tasks - of_tasks[0]).mean(axis=0)  # equal tasks have exactly their mean
    return means


def _median(rows: Rows, counts: Counts) -> Floats:
    """Return the median of the runs of one task; of several tasks the median of the tasks' means, as rliable does."""
    if rows.task_count > 1:
        medians: Floats = np.median(_task_means(rows, counts), axis=0)
        return medians
    return _trimmed_mean(rows.values, counts, (len(rows.values) - 1) // 2)


def _iqm(rows: Rows, counts: Counts) -> Floats:
    """Return the mean of the middle half of all scores of all tasks; cut is floor(n / 4) at each end, as scipy cuts."""
    return _trimmed_mean(rows.values, counts, math.floor(CUT * len(rows.values)))


def _fractional_iqm(rows: Rows, counts: Counts) -> Floats:
    """Return the interquartile mean that cuts exactly n / 4 at each end: a score at the border counts in part."""
    return _trimmed_mean(rows.values, counts, CUT * len(rows.values))


def _optimality_gap(rows: Rows, counts: Counts, target: float = 1.0) -> Floats:
    """Return how far the mean of tasks stays below the target, where no score counts as more than that."""
    return target - _mean(Rows(np.minimum(rows.values, target), rows.tasks), counts)


def _task_means(rows: Rows, counts: Counts) -> Floats:
    """Return the means of the tasks, shape (tasks, points, replicates)."""
    means = []
    for members in rows.members():
        values, weights = rows.values[members], counts[members] / len(members)
        first = values[0]  # runs that are equal have exactly their value as mean
        means.append(first[:, None] + (values - first).T @ weights)
    return np.stack(means)


def _trimmed_mean(values: Floats, counts: Counts, cut: float) -> Floats:
    """Return means without the ``cut`` lowest and highest scores, where each row counts ``counts`` times.

    No replicate is sorted: the rows are, once. Of the scores that are kept, the share up to the i-th row then is
    ``(clip(c_1 + … + c_i, cut, n - cut) - cut) / (n - 2 cut)``, and the mean is the value in the middle, plus each gap
    between neighbours above times the share beyond it, less each gap below times the share before it. (A sum of values
    times weights would be the same but for rounding: a huge score that is cut shall leave no trace.)

    Args:
        values: shape (rows, points).
        counts: shape (rows, replicates), each column with the sum of the rows.
        cut: how many scores, below half of them.

    Returns:
        Means, shape (points, replicates).
    """
    number, middle = len(values), len(values) // 2
    kept = number - 2 * cut
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    gaps = np.diff(ordered, axis=0)
    means = np.repeat(ordered[middle][:, None], counts.shape[1], axis=1)
    seen, share = np.zeros(means.shape, counts.dtype), np.empty_like(means)
    for row in range(number - 1):
        seen += counts[order[row]]
        np.clip(seen, cut, number - cut, out=share)
        share -= cut if row < middle else number - cut
        share *= (gaps[row] / kept)[:, None]
        means -= share
    return means


ESTIMATORS: Final[dict[str, Estimator]] = {
    "mean": _mean,
    "median": _median,
    "iqm": _iqm,
    "fractional_iqm": _fractional_iqm,
    "optimality_gap": partial(_optimality_gap, target=1.0),
}
