"""The stratified bootstrap that draws whole runs.

For each replicate and each task, its number of runs is drawn with replacement; an estimate is made of each draw, and
the spread of these is the interval (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993). A run that is
drawn is drawn with all of its points. What counts is how often each run is drawn, so a draw is a column of counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.plot.statistics.estimators import at_once
from rla.plot.statistics.rows import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rla.plot.statistics.estimators import Estimator

    Floats = NDArray[np.float64]
    Counts = NDArray[np.signedinteger[Any]]

__all__ = ["METHODS", "bootstrap_bounds", "draw", "generator", "percentiles", "replicates"]

METHODS: Final = ("ci", "basic", "bca")
"""``"ci"`` takes percentiles of the replicates; the others are corrections of it."""

CELLS: Final = 1 << 17
"""So many replicates of points are held at once."""


def generator(runs: Iterable[str]) -> np.random.Generator:
    """Return a source of random numbers that depends on these runs alone, in any order."""
    text = "\n".join(sorted(runs))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little"))


def draw(rows: Rows, n_boot: int, random: np.random.Generator) -> Counts:
    """Draw runs with replacement within each task; returns how often each was drawn, shape (rows, n_boot)."""
    number_of_rows = len(rows.values)
    counts = np.zeros((number_of_rows, n_boot), np.int16 if number_of_rows < 2**15 else np.int32)
    for members in rows.members():
        number = len(members)
        step = max(1, CELLS // number)
        for begin in range(0, n_boot, step):
            size = min(step, n_boot - begin)
            drawn = random.integers(0, number, (size, number)) + number * np.arange(size)[:, None]
            found = np.bincount(drawn.ravel(), minlength=size * number).reshape(size, number)
            counts[members, begin : begin + size] = found.T
    return counts


def replicates(rows: Rows, estimator: Estimator, counts: Counts) -> Iterator[tuple[slice, Floats]]:
    """Yield the estimates of all draws for some points at a time: the points, and shape (these points, n_boot)."""
    step = max(1, CELLS // counts.shape[1])
    for begin in range(0, rows.values.shape[1], step):
        points = slice(begin, min(begin + step, rows.values.shape[1]))
        yield points, estimator(Rows(rows.values[:, points], rows.tasks), counts)


def bootstrap_bounds(
    rows: Rows, estimator: Estimator, method: str, level: float, n_boot: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the bounds of an interval, each of shape (points,).

    Args:
        rows: complete rows.
        estimator: of `rla.plot.statistics.estimators`.
        method: one of `METHODS`.
        level: for example 0.95.
        n_boot: how many replicates.
        random: where the draws come from.
    """
    bounds = np.empty((2, rows.values.shape[1]))
    counts = draw(rows, n_boot, random)
    for points, estimates in replicates(rows, estimator, counts):
        part = Rows(rows.values[:, points], rows.tasks)
        if method == "bca":
            bounds[:, points] = _bca(part, estimator, estimates, level)
            continue
        bounds[:, points] = percentiles(estimates, [(1 - level) / 2, (1 + level) / 2])
        if method == "basic":
            bounds[:, points] = 2 * at_once(part, estimator) - bounds[::-1, points]
    return bounds[0], bounds[1]


def percentiles(estimates: Floats, shares: Sequence[float]) -> Floats:
    """Sort the estimates of each point, and return their percentiles, shape (shares, points).

    They are those of `numpy.quantile`, which takes five times as long: numpy sorts with vector instructions, but looks
    for single percentiles without.
    """
    estimates.sort(axis=1)
    found = np.empty((len(shares), len(estimates)))
    for number, share in enumerate(shares):
        place, part = divmod(share * (estimates.shape[1] - 1), 1)
        below = estimates[:, int(place)]
        above = estimates[:, min(int(place) + 1, estimates.shape[1] - 1)]
        found[number] = below + (above - below) * part if part < 0.5 else above - (above - below) * (1 - part)
    return found


def _bca(rows: Rows, estimator: Estimator, estimates: Floats, level: float) -> Floats:
    """Return the bias-corrected and accelerated bounds, shape (2, points) (Efron 1987).

    The percentiles are those at ``Φ(z0 + (z0 + z) / (1 - a (z0 + z)))``: z0 from the share of replicates below the
    estimate (half of those equal to it), the acceleration a from leaving out one run after the other.
    """
    normal, number = NormalDist(), estimates.shape[1]
    estimate = at_once(rows, estimator)[:, None]
    share = np.mean(estimates < estimate, axis=1) + 0.5 * np.mean(estimates == estimate, axis=1)
    share = np.clip(share, 0.5 / number, 1 - 0.5 / number)
    acceleration = _acceleration(rows, estimator)
    bounds = np.empty((2, len(share)))
    for point in range(len(share)):
        bias = normal.inv_cdf(float(share[point]))
        shifted = [bias + normal.inv_cdf(tail) for tail in ((1 - level) / 2, (1 + level) / 2)]
        percents = [normal.cdf(bias + z / (1 - acceleration[point] * z)) for z in shifted]
        bounds[:, point] = np.quantile(estimates[point], percents)
    return bounds


def _acceleration(rows: Rows, estimator: Estimator) -> Floats:
    """Return ``sum(l³) / (6 sum(l²)^1.5)``, where l says what each run pulls the estimate up or down, in its task."""
    cubes = squares = np.zeros(rows.values.shape[1])
    for members in rows.members():
        if len(members) < 2:
            continue
        without = []
        for row in members:
            left = np.arange(len(rows.values)) != row
            without.append(at_once(Rows(rows.values[left], rows.tasks[left]), estimator))
        pulls = np.mean(without, axis=0) - np.stack(without)
        cubes = cubes + (pulls**3).sum(axis=0)
        squares = squares + (pulls**2).sum(axis=0)
    scale = 6 * squares**1.5
    return np.divide(cubes, scale, out=np.zeros_like(cubes), where=scale > 0)
