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

    The sum is kept without any rounding error, as a few floats that do not overlap (Shewchuk, "Adaptive precision
    floating-point arithmetic", 1997), so a value leaves it as if it had never been there. Values that are not finite
    are counted apart.

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
        if self.full:
            self._count(self.values[0], -1)
        self.values.append(value)
        self._count(value, 1)

    def _count(self, value: float, sign: int) -> None:
        if not math.isfinite(value):
            self._not_finite += sign
            return
        rest = math.ldexp(sign * value, -_SCALE)
        parts = []
        for part in self._parts:
            larger, smaller = (rest, part) if abs(rest) >= abs(part) else (part, rest)
            rest = larger + smaller
            if error := smaller - (rest - larger):
                parts.append(error)
        self._parts = [*parts, rest]

    @property
    def mean(self) -> float:
        """The mean of the values in the window; NaN when there are none."""
        if not self.values:
            return math.nan
        if self._not_finite:
            return sum(self.values) / len(self.values)
        return math.ldexp(math.fsum(self._parts) / len(self.values), _SCALE)
