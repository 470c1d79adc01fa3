"""Numbers at axes: 0.2M, 0.4M, …; one unit for an axis, and no power of ten in its corner."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from matplotlib.ticker import Formatter

__all__ = ["ShortNumbers", "short_numbers"]

_UNITS: Final = ((1e9, "B", 1e9), (1e6, "M", 1e6), (1e4, "k", 1e3))
"""From the first number on, the unit is used, which stands for the second; numbers below 10,000 are written out."""

_LONGEST: Final = 3
"""With more digits after the point, a unit saves nothing."""

_LARGEST: Final = 1e14
_SMALLEST: Final = 1e-3
_MOST_DIGITS: Final = 9


def short_numbers(values: Sequence[float]) -> list[str]:
    """Return the numbers of an axis as texts: all in one unit, with as many digits as tell them apart."""
    largest = max(map(abs, values), default=0.0)
    gaps = [abs(b - a) for a, b in pairwise(values) if a != b]
    gap = min(gaps, default=largest) or 1.0
    if largest >= _LARGEST or 0 < largest < _SMALLEST:
        return ["0" if abs(value) < gap * 1e-9 else _scientific(value, gap) for value in values]
    unit, size = next(((unit, size) for least, unit, size in _UNITS if largest >= least), ("", 1.0))
    if _digits([value / size for value in values], gap / size, "f") > _LONGEST:
        unit, size = "", 1.0
    digits = _digits([value / size for value in values], gap / size, "f")
    return ["0" if abs(value) < gap * 1e-9 else _signed(f"{value / size:.{digits}f}{unit}") for value in values]


def _digits(values: Sequence[float], gap: float, form: str) -> int:
    """Return how many digits after the point it takes to write numbers that are ``gap`` apart."""
    for digits in range(_MOST_DIGITS):
        if all(abs(float(f"{value:.{digits}{form}}") - value) < 1e-4 * gap for value in values):
            return digits
    return _MOST_DIGITS


def _scientific(value: float, gap: float) -> str:
    mantissa, _, exponent = f"{value:.{_digits([value], gap, 'e')}e}".partition("e")
    return _signed(f"{mantissa}e{int(exponent)}")


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


class ShortNumbers(Formatter):
    """Writes the numbers of a linear axis as `short_numbers` does."""

    def __call__(self, value: float, pos: int | None = None) -> str:
        return short_numbers([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        return short_numbers([float(value) for value in values])
