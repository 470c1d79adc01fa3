"""Numbers as people write them: ``1e-3``, ``10k``, ``12h``, ``500MB``."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["DURATIONS", "is_number", "number_in", "read_number"]

DURATIONS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
"""Suffixes of durations, in seconds. ``m`` alone is none: it could be minutes or millions."""

_THOUSANDS: Final = {"k": 1, "m": 2, "g": 3, "t": 4}
SUFFIXES: Final = {
    **DURATIONS,
    **{letter: 1000.0**power for letter, power in _THOUSANDS.items()},
    **{f"{letter}b": 1000.0**power for letter, power in _THOUSANDS.items()},
    **{f"{letter}ib": 1024.0**power for letter, power in _THOUSANDS.items()},
}
"""Suffixes of numbers in small letters: ``k M G T`` are powers of 1000, ``KiB MiB GiB TiB`` bytes in powers of 1024."""

_DIGITS: Final = r"[0-9]+(?:_[0-9]+)*"
_NUMBER: Final = re.compile(
    rf"([+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:e[+-]?[0-9]+)?)([a-z]*)|[+-]?(?:inf(?:inity)?|nan)",
    re.IGNORECASE | re.ASCII,
)


def read_number(text: str) -> float | None:
    """Return the number that a value of an expression stands for, with its suffix; None when it is no number.

    Durations are in seconds, sizes in bytes. Capitals of a suffix don't matter, but that ``m`` alone is none.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    if match[1] is None:
        return float(text)
    suffix = match[2]
    if not suffix:
        return float(match[1])
    factor = SUFFIXES.get(suffix.lower()) if suffix != "m" else None
    return None if factor is None else float(match[1]) * factor


def is_number(text: str) -> bool:
    """Say whether a word is a number, with or without a suffix."""
    return read_number(text) is not None


def number_in(text: str) -> float | None:
    """Return the number that a stored text reads as, NaN included; None when it is something else.

    Hyper-parameters that stand only in an index name are texts, so ``lr == 1e-3`` has to find ``0.001``. Suffixes and
    underscores make a text: an index name has ``1_2`` for what was ``1/2``.
    """
    match = _NUMBER.fullmatch(text)
    return float(text) if match and not match[2] and "_" not in text else None
