"""An interval of the probability of improvement that holds for few runs, where a bootstrap does not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Improvement", "improvement"]


@dataclass(frozen=True)
class Improvement:
    """How likely a run of one arm has a better score than one of another on the same task.

    Args:
        value: the share of pairs of runs, mean over tasks; equal scores count half.
        low: the lower bound.
        high: the upper bound.
    """

    value: float
    low: float
    high: float


def improvement(x: Mapping[str, Floats], y: Mapping[str, Floats], level: float = 0.95) -> Improvement:
    """Return the probability that a run of x has a higher score than a run of y, with an interval.

    The interval of a task is Newcombe's fifth ("Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic", 2006): with the share p of pairs and ``N = (n + m) / 2 - 1`` the probabilities P with ``(P
    - p)² <= z² P (1 - P) (1 + N ((1 - P) / (2 - P) + P / (1 + P))) / (n m)``. It has a width also where all runs of x
    are better; there a bootstrap has none. Those of tasks are joined by squares of their distances (Zou and Donner
    2008).

    Args:
        x: task → scores, shape (runs,), at least one.
        y: the same tasks, of the other arm.
        level: the confidence.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    of_tasks = np.array([_of_task(values, y[task], z) for task, values in x.items()])
    value = float(of_tasks[:, 0].mean())
    below, above = (math.sqrt(float(((of_tasks[:, side] - of_tasks[:, 0]) ** 2).sum())) for side in (1, 2))
    return Improvement(value, max(0.0, value - below / len(of_tasks)), min(1.0, value + above / len(of_tasks)))


def _of_task(x: Floats, y: Floats, z: float) -> tuple[float, float, float]:
    share = float(((x[:, None] > y) + 0.5 * (x[:, None] == y)).mean())
    pairs, half = len(x) * len(y), (len(x) + len(y)) / 2 - 1

    def is_inside(chance: float) -> bool:
        spread = chance * (1 - chance) * (1 + half * ((1 - chance) / (2 - chance) + chance / (1 + chance)))
        return (chance - share) ** 2 <= z * z * spread / pairs

    bounds = []
    for outside in (0.0, 1.0):
        inside = share
        if is_inside(outside):  # only a share of 0 or 1 itself
            bounds.append(outside)
            continue
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if is_inside(middle) else (inside, middle)
        bounds.append(inside)
    return share, bounds[0], bounds[1]
