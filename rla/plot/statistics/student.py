"""Student's t distribution in numpy: for intervals of few runs and for tests of differences."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["gauss", "t_cdf", "t_quantile"]


@cache
def gauss(points: int) -> tuple[Floats, Floats]:
    """Return where to look at a function between -1 and 1, and with what weights, to integrate it (Gauss, Legendre)."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return nodes, weights


def t_cdf(t: ArrayLike, degrees: ArrayLike) -> Floats:
    """Return the probability below t.

    With ``t = sqrt(degrees) tan(angle)`` it is 1/2 plus the integral of ``cos(angle) ** (degrees - 1)`` from 0 to the
    angle, over ``B(1/2, degrees/2)`` (Abramowitz and Stegun, 26.7); the integral is Gauss's with 64 points.
    """
    value, freedom = np.broadcast_arrays(np.asarray(t, np.float64), np.asarray(degrees, np.float64))
    nodes, weights = gauss(64)
    half = np.arctan2(value, np.sqrt(freedom))[..., None] / 2
    integral = (half * weights * np.cos(half * (nodes + 1)) ** (freedom[..., None] - 1)).sum(axis=-1)
    log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])
    beta = math.sqrt(math.pi) * np.exp(log_gamma(freedom / 2) - log_gamma((freedom + 1) / 2))
    probability: Floats = 0.5 + integral / beta
    return probability


def t_quantile(probability: float, degrees: ArrayLike) -> Floats:
    """Return the t below which the probability is so much, by halving the angle of `t_cdf`.

    Args:
        probability: above 0 and below 1.
        degrees: degrees of freedom, at least 1, any shape; NaN gives NaN.
    """
    freedom = np.asarray(degrees, np.float64)
    low, high = np.full(freedom.shape, -math.pi / 2), np.full(freedom.shape, math.pi / 2)
    for _ in range(60):
        middle = (low + high) / 2
        below = t_cdf(np.sqrt(freedom) * np.tan(middle), freedom) < probability
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    quantile: Floats = np.sqrt(freedom) * np.tan((low + high) / 2)
    return quantile
