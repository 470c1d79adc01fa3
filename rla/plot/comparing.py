"""Two arms beside each other: with which interval, and whether anything can be said at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from rla.plot.statistics.comparison import Difference, compare
from rla.plot.statistics.interval import Way

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ENOUGH", "LEAST", "chosen_way", "difference_of", "way_text"]

ENOUGH: Final = 10
"""With fewer runs of an arm on a task, a bootstrap is too sure of itself (benchmark/coverage.py)."""

LEAST: Final = 3
"""With fewer runs of an arm on a task, nothing is said of which arm is better."""


def chosen_way(estimator: str, band: str, level: float, n_boot: int, least_runs: int, tasks: int = 1) -> Way:
    """Return how estimates and intervals are made, where the user has left that open with ``"auto"``.

    Interquartile mean and bootstrap with 10 runs or more of each arm on each task. With fewer, the mean, and Student's
    interval: the interquartile mean of few runs leaves one or two of them out, and jumps with their number.

    Args:
        estimator: ``"auto"``, or an estimator.
        band: ``"auto"``, or a band. There is no ``"t"`` of medians, nor of the interquartile mean of several tasks.
        level: the confidence.
        n_boot: how many draws.
        least_runs: the runs of the arm, on the task, that has the fewest.
        tasks: of how many tasks together estimates are made.

    Raises:
        QueryError: an argument is none of those that there are.
    """
    if estimator == "auto":
        estimator = "iqm" if least_runs >= ENOUGH else "mean"
    if band == "auto":
        has_t = estimator == "mean" or (estimator == "iqm" and tasks == 1)
        band = "t" if least_runs < ENOUGH and has_t else "ci"
    return Way(estimator, band, level, n_boot)


def way_text(way: Way) -> str:
    """Return what an interval is: ``95 % interval of Student's t``."""
    percent = f"{100 * way.level:g} %"
    return {
        "t": f"{percent} interval (Student's t)",
        "ci": f"{percent} interval (bootstrap of whole runs, {way.n_boot:,} draws)",
        "basic": f"{percent} interval (basic bootstrap, {way.n_boot:,} draws)",
        "bca": f"{percent} interval (BCa bootstrap, {way.n_boot:,} draws)",
        "sem": "standard error",
        "std": "standard deviation of runs",
        "minmax": "least and greatest run",
        "tolerance": f"least and greatest run, as {percent} tolerance interval",
        "none": "no interval",
    }[way.band]


def difference_of(
    x: Mapping[str, Floats], y: Mapping[str, Floats], way: Way, runs: tuple[list[str], list[str]]
) -> Difference | None:
    """Return how much higher x is than y; None where an arm has fewer than 3 runs on a task.

    Where the runs of an arm all have one score, on each task and in both arms, there is no spread to judge by. Then the
    p-value is that of exchanging runs between the arms, 2 over the number of ways to do so, and where it is too high
    there is no interval.

    Args:
        x: task → scores, shape (runs,).
        y: the same tasks, of the other arm.
        way: estimator, level and draws; a band that is no interval of a difference is replaced by one that is.
        runs: the ids of the runs of x, and of y.
    """
    least = min(len(scores) for arm in (x, y) for scores in arm.values())
    if least < LEAST:
        return None
    band = way.band if way.band in ("ci", "t") else "auto"
    own = chosen_way(way.estimator, band, way.level, way.n_boot, least, len(x))
    found = compare(x, y, own.estimator, own.band, level=own.level, n_boot=own.n_boot, runs=runs)
    if found.value and all(np.ptp(scores) == 0 for arm in (x, y) for scores in arm.values()):
        ways = math.prod(math.comb(len(scores) + len(y[task]), len(scores)) for task, scores in x.items())
        found = replace(found, p_value=min(1.0, 2 / ways))
        if found.p_value > 1 - way.level:
            found = replace(found, low=math.nan, high=math.nan)
    return found
