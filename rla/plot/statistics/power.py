"""How many runs it takes to find a difference."""

from __future__ import annotations

import math

import numpy as np

from rla.errors import QueryError
from rla.plot.statistics.student import gauss, t_quantile

__all__ = ["runs_for_power", "t_power"]


def t_power(effect: float, runs: int, level: float = 0.95) -> float:
    """Return how likely a two-sided t test of two arms finds a difference.

    The statistic is ``(Z + shift) / S``: Z normal, S² a chi-square over its degrees of freedom, ``shift = effect *
    sqrt(runs / 2)``. The probability that it leaves the bounds of the test is integrated over S.

    Args:
        effect: the difference, in standard deviations of the runs of an arm.
        runs: runs of each arm, at least 2.
        level: of the test, for example 0.95.
    """
    degrees = 2 * runs - 2
    bound = float(t_quantile((1 + level) / 2, degrees))
    shift = abs(effect) * math.sqrt(runs / 2)
    nodes, weights = gauss(200)
    reach = 12 / math.sqrt(2 * degrees)
    low, high = max(0.0, 1 - reach), 1 + reach
    spread = (low + high) / 2 + (high - low) / 2 * nodes
    log_density = math.log(2) + degrees / 2 * math.log(degrees / 2) - math.lgamma(degrees / 2)
    density = np.exp(log_density + (degrees - 1) * np.log(spread) - degrees * spread**2 / 2)
    below = np.vectorize(lambda z: math.erfc(-z / math.sqrt(2)) / 2, otypes=[np.float64])
    found = below(shift - bound * spread) + below(-shift - bound * spread)
    return float((found * density * weights).sum() * (high - low) / 2)


def runs_for_power(effect: float, power: float = 0.8, level: float = 0.95) -> int:
    """Return how many runs each of two arms needs, so that a t test finds the difference so often.

    Args:
        effect: the difference, in standard deviations of the runs of an arm; not 0.
        power: how often it is to be found, for example 0.8.
        level: of the two-sided test.

    Raises:
        QueryError: no number of runs would do.
    """
    if not (math.isfinite(effect) and effect) or not (0 < power < 1 and 0 < level < 1):
        raise QueryError(
            f"effect={effect}, power={power}, level={level}: expected an effect that is not 0, and the others between "
            "0 and 1."
        )
    few, many = 1, 2
    while t_power(effect, many, level) < power:
        few, many = many, 2 * many
        if many > 1e9:
            raise QueryError(f"An effect of {effect} standard deviations is too small for any number of runs.")
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if t_power(effect, middle, level) >= power else (middle, many)
    return many
