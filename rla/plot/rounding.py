"""Numbers with as many digits as their interval deserves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["Rounding", "rounding_for"]

_MOST_DECIMALS: Final = 6
_MOST_DIGITS: Final = 9
_VISIBLE: Final = 2
"""So many digits of the half of an interval are shown."""


@dataclass(frozen=True)
class Rounding:
    """How numbers that stand beside each other are written.

    Args:
        decimals: digits behind the point.
        power: numbers are shown as multiples of this power of ten, where they are very large or small; else 0.
    """

    decimals: int
    power: int = 0

    def text(self, value: float, sign: bool = False) -> str:
        """Return a number as text, never as minus zero.

        Args:
            value: any number; NaN is a dash.
            sign: whether a plus is written.
        """
        if math.isnan(value):
            return "–"
        rounded = round(value / 10.0**self.power, self.decimals) + 0.0
        return f"{rounded:{'+' if sign and rounded else ''}.{self.decimals}f}" + (
            f"e{self.power}" if self.power else ""
        )


def rounding_for(values: Iterable[float], halves: Iterable[float]) -> Rounding:
    """Return how to write estimates, so that the first two digits of the half of each interval can be seen.

    Where intervals are very different, the widest is shown with no more than four.

    Args:
        values: the estimates.
        halves: half of the width of each interval; NaN where there is none.
    """
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    widths = [half for half in halves if math.isfinite(half) and half > 0]
    largest = _magnitude(max([*sizes, *widths], default=1.0))
    if widths:
        finest = min(_VISIBLE - 1 - _magnitude(min(widths)), _VISIBLE + 1 - _magnitude(max(widths)))
    else:
        finest = 3 - largest
    if finest > _MOST_DECIMALS or largest >= _MOST_DIGITS:
        return Rounding(max(0, min(finest + largest, _MOST_DECIMALS)), largest)
    return Rounding(max(0, finest))


def _magnitude(number: float) -> int:
    return math.floor(math.log10(number))
