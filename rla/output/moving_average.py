"""Means over the last values, at the same cost for every window."""

from __future__ import annotations

import math
from collections import deque

__all__ = ["MovingAverage"]


class MovingAverage:
    """The mean of the last ``window`` values.

    Values that are not finite are counted apart, so they leave with their place in the window. The sum is made anew
    once per window, so rounding errors cannot add up.

    Args:
        window: how many values, at least 1.

    Raises:
        ValueError: the window is no positive number.
    """

    def __init__(self, window: int) -> None:
        if window < 1:
            raise ValueError(f"The window of a moving average is a positive number of values; got {window!r}.")
        self.values: deque[float] = deque(maxlen=int(window))
        self._sum = 0.0
        self._not_finite = 0
        self._until_new_sum = int(window)

    @property
    def full(self) -> bool:
        """Whether the window has as many values as it holds."""
        return len(self.values) == self.values.maxlen

    def add(self, value: float) -> None:
        """Add a value; the oldest leaves a full window."""
        if self.full:
            self._count(self.values[0], -1)
        self.values.append(value)
        self._count(value, 1)
        self._until_new_sum -= 1
        if self._until_new_sum <= 0:
            self._until_new_sum = len(self.values)
            self._sum = math.fsum(filter(math.isfinite, self.values))

    def _count(self, value: float, sign: int) -> None:
        if math.isfinite(value):
            self._sum += sign * value
        else:
            self._not_finite += sign

    @property
    def mean(self) -> float:
        """The mean of the values in the window; NaN when there are none."""
        if not self.values:
            return math.nan
        if self._not_finite:
            return sum(self.values) / len(self.values)
        return self._sum / len(self.values)
