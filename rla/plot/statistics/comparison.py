"""Is one arm better than another? The difference, and the probability of improvement, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rla.errors import QueryError
from rla.plot.statistics.bootstrap import draw, generator, replicates
from rla.plot.statistics.estimators import at_once, estimator_named
from rla.plot.statistics.interval import Interval, Way
from rla.plot.statistics.rows import Rows, rows_of
from rla.plot.statistics.spread import squared_deviations, standard_error
from rla.plot.statistics.student import t_cdf, t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rla.plot.statistics.rows import Scores

    Floats = NDArray[np.float64]
    Counts = NDArray[np.signedinteger[Any]]

__all__ = ["Difference", "compare", "holm", "probability_of_improvement"]


@dataclass(frozen=True)
class Difference:
    """The estimate of one arm less that of another.

    Args:
        value: the difference, in units of the scores.
        low: the lower bound; NaN where a task has one run only.
        high: the upper bound.
        p_value: of the hypothesis that there is no difference, by the same method; NaN where there are no bounds.
        effect: the difference of the means in standard deviations of the runs of an arm (Cohen's d); `runs_for_power`
            takes it. NaN where all runs of both are equal.
        n: how many runs each arm has.
        way: how it was made.
    """

    value: float
    low: float
    high: float
    p_value: float
    effect: float
    n: tuple[int, int]
    way: Way

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def compare(
    x: Scores,
    y: Scores,
    estimator: str = "iqm",
    band: str = "ci",
    *,
    level: float = 0.95,
    n_boot: int = 10_000,
    runs: tuple[Iterable[str], Iterable[str]] = ((), ()),
) -> Difference:
    """Return how much better x is than y, with an interval; that the bands of two curves overlap says less.

    Args:
        x: shape (runs,) or (runs, tasks), or an array of shape (runs,) for each task. The numbers of runs may differ.
        y: the same of the other arm, on the same tasks.
        estimator: as of `estimate`.
        band: ``"ci"``, percentiles of a bootstrap that draws the runs of both arms; or ``"t"``, that of Welch, for the
            mean, and that of Yuen (1974) for the interquartile mean of one task. With fewer than 10 runs the first is
            too sure of itself.
        level: the confidence.
        n_boot: how many draws.
        runs: the ids of the runs of x and of those of y; draws are seeded with them.

    Raises:
        QueryError: the arms have different tasks, or there is no such interval of this estimator.
    """
    if band not in ("ci", "t"):
        raise QueryError(f"band='{band}' is no interval of a difference; expected ci or t.")
    way = Way(estimator, band, level, n_boot)
    arms = _arms(x, y)
    values = [float(at_once(arm, estimator_named(estimator))[0]) for arm in arms]
    value = values[0] - values[1]
    found = (math.nan,) * 3
    if min(arm.least_runs() for arm in arms) > 1:
        found = _by_student(arms, way, value) if band == "t" else _by_bootstrap(arms, way, runs)
    return Difference(value, *found, _effect(arms), (len(arms[0].values), len(arms[1].values)), way)


def probability_of_improvement(
    x: Scores,
    y: Scores,
    *,
    level: float = 0.95,
    n_boot: int = 2000,
    runs: tuple[Iterable[str], Iterable[str]] = ((), ()),
) -> Interval:
    """Return how likely a run of x has a better score than a run of y on the same task; equal scores count half.

    It is the mean over tasks of Mann and Whitney's U over the number of pairs, as in rliable. The arguments are those
    of `compare`. Its `n` is the number of runs of both.
    """
    way = Way("mean", "ci", level, n_boot)
    arms = _arms(x, y)
    ones = [np.ones((len(arm.values), 1), np.int32) for arm in arms]
    value = _improvement(arms, ones)[0]
    low = high = np.asarray(np.nan)
    if min(arm.least_runs() for arm in arms) > 1:
        low, high = np.quantile(_improvement(arms, _draws(arms, way, runs)), [(1 - level) / 2, (1 + level) / 2])
    n = np.asarray(sum(len(arm.values) for arm in arms))
    return Interval(np.asarray(value), np.asarray(low), np.asarray(high), n, way)


def holm(p_values: Sequence[float]) -> Floats:
    """Return p-values of several comparisons, corrected so that the chance of any false finding keeps the level.

    The smallest is multiplied by their number, the next by one less, and so on, never falling (Holm 1979).
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return corrected


def _arms(x: Scores, y: Scores) -> tuple[Rows, Rows]:
    """Return both arms as complete rows of single numbers, in an order of their own, with the same tasks."""
    if isinstance(x, Mapping) and isinstance(y, Mapping):
        if x.keys() != y.keys():
            raise QueryError(f"Two arms are compared on the same tasks; these differ: {sorted(x.keys() ^ y.keys())}.")
        y = {task: y[task] for task in x}
    arms = []
    for scores in (x, y):
        rows, single = rows_of(scores)
        if not single:
            raise QueryError("What is compared is one number of each run, such as its final score; here are curves.")
        there = ~np.isnan(rows.values[:, 0])
        order = np.lexsort((rows.values[there, 0], rows.tasks[there]))
        arms.append(Rows(rows.values[there][order], rows.tasks[there][order]))
        if len(np.unique(arms[-1].tasks)) != rows.task_count:
            raise QueryError("An arm has a task without a single score; leave this task out of both arms.")
    if arms[0].task_count != arms[1].task_count:
        raise QueryError(
            f"Two arms are compared on the same tasks; here are {arms[0].task_count} and {arms[1].task_count}."
        )
    return arms[0], arms[1]


def _draws(arms: tuple[Rows, Rows], way: Way, runs: tuple[Iterable[str], Iterable[str]]) -> list[Counts]:
    """Draw the runs of both arms, which one is called x or y does not matter."""
    names = [sorted(each) for each in runs]
    random = generator([*names[0], *names[1]])
    order = sorted((0, 1), key=lambda arm: (names[arm], arms[arm].values.tolist()))
    drawn = {arm: draw(arms[arm], way.n_boot, random) for arm in order}
    return [drawn[0], drawn[1]]


def _by_bootstrap(
    arms: tuple[Rows, Rows], way: Way, runs: tuple[Iterable[str], Iterable[str]]
) -> tuple[float, float, float]:
    estimator = estimator_named(way.estimator)
    estimates = []
    for arm, counts in zip(arms, _draws(arms, way, runs), strict=True):
        ((_, found),) = replicates(arm, estimator, counts)
        estimates.append(found[0])
    differences = estimates[0] - estimates[1]
    low, high = np.quantile(differences, [(1 - way.level) / 2, (1 + way.level) / 2])
    least = min(np.count_nonzero(differences <= 0), np.count_nonzero(differences >= 0))
    return float(low), float(high), min(1.0, 2 * (int(least) + 1) / (way.n_boot + 1))


def _by_student(arms: tuple[Rows, Rows], way: Way, value: float) -> tuple[float, float, float]:
    errors, degrees = zip(*(standard_error(arm, way.estimator) for arm in arms), strict=True)
    parts = [float(error[0]) ** 2 for error in errors]
    if not sum(parts):
        return value, value, 1.0 if value == 0 else 0.0
    freedom = sum(parts) ** 2 / sum(part**2 / float(each[0]) for part, each in zip(parts, degrees, strict=True))
    error = math.sqrt(sum(parts))
    width = error * float(t_quantile((1 + way.level) / 2, freedom))
    return value - width, value + width, 2 * float(t_cdf(-abs(value) / error, freedom))


def _effect(arms: tuple[Rows, Rows]) -> float:
    """Return Cohen's d of the mean of tasks, were each seed run once on every task."""
    means = [float(at_once(arm, estimator_named("mean"))[0]) for arm in arms]
    variances = [_variance(arm) for arm in arms]
    variance = sum(variances) / 2
    return (means[0] - means[1]) / math.sqrt(variance) if variance > 0 else math.nan


def _variance(rows: Rows) -> float:
    parts = [
        float(squared_deviations(rows.values[members])[0]) / (len(members) - 1) if len(members) > 1 else math.nan
        for members in rows.members()
    ]
    return sum(parts) / len(parts) ** 2


def _improvement(arms: tuple[Rows, Rows], counts: Sequence[Counts]) -> Floats:
    """Return the probability of improvement of each draw, shape (draws,)."""
    of_tasks = []
    for mine, others in zip(arms[0].members(), arms[1].members(), strict=True):
        x, y = arms[0].values[mine], arms[1].values[others].T
        wins = (x > y) + 0.5 * (x == y)
        of_tasks.append(((wins.T @ counts[0][mine]) * counts[1][others]).sum(axis=0) / wins.size)
    probabilities: Floats = np.mean(of_tasks, axis=0)
    return probabilities
