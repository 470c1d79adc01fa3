"""Means over the last values, at the same cost for every window."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

__all__ = ["MovingAverage"]

_SCALE: Final = 64
"""Values are summed as 2**-64 of themselves, so that no sum of a window can exceed the largest float."""


class MovingAverage:
    """The mean of the last ``window`` values, exactly rounded.

    The sum is kept without any rounding error, as a few floats: the rounded sum, what it lacks, what that lacks, … So
    a value leaves it as if it had never been there. Values that are not finite are counted apart.

    Args:
        window: how many values, at least 1.

    Raises:
        ValueError: the window is no positive number.
    """

    def __init__(self, window: int) -> None:
        if window < 1:
            raise ValueError(f"The window of a moving average is a positive number of values; got {window!r}.")
        self.values: deque[float] = deque(maxlen=int(window))
        self._parts: list[float] = []
        self._not_finite = 0

    @property
    def full(self) -> bool:
        """Whether the window has as many values as it holds."""
        return len(self.values) == self.values.maxlen

    def add(self, value: float) -> None:
        """Add a value; the oldest leaves a full window."""
        terms, not_finite = self._parts.copy(), self._not_finite
        for number, sign in ((value, 1), (self.values[0], -1)) if self.full else ((value, 1),):
            if math.isfinite(number):
                terms.append(math.ldexp(sign * number, -_SCALE))
            else:
                not_finite += sign
        parts = []
        while part := math.fsum(terms):
            parts.append(part)
            terms.append(-part)
        self.values.append(value)
        self._parts, self._not_finite = parts, not_finite

    @property
    def mean(self) -> float:
        """The mean of the values in the window; NaN when there are none."""
        if not self.values:
            return math.nan
        if self._not_finite:
            return sum(self.values) / len(self.values)
        return math.ldexp(self._parts[0] / len(self.values), _SCALE) if self._parts else 0.0
