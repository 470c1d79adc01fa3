"""What a check says, and words for sizes and durations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["ERROR", "NOTE", "OK", "VERDICTS", "WARNING", "Check", "amount", "bytes_text", "duration_text"]

OK: Final = "ok"
NOTE: Final = "note"
WARNING: Final = "warning"
ERROR: Final = "error"
VERDICTS: Final = (OK, NOTE, WARNING, ERROR)
"""From good to bad: all is well; worth knowing; will go wrong, or is wrong for some; does not work."""


@dataclass(frozen=True)
class Check:
    """The answer of one check.

    Attributes:
        name: what was looked at.
        verdict: ``ok``, ``note``, ``warning`` or ``error``.
        found: what was found, in a sentence.
        advice: what to do; empty when there is nothing to do.
        facts: the same for machines: numbers in bytes and days, versions.
        group: the heading it stands under.
    """

    name: str
    verdict: str
    found: str
    advice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    group: str = ""


def bytes_text(size: float) -> str:
    """Return a size for people, in decimal units: ``3.2 GB``."""
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} EB"


def duration_text(days: float) -> str:
    """Return how long it is until something, in days, for people: ``about 23 days``."""
    if days < 1:
        return "less than a day"
    if days < 1.5:
        return "about a day"
    if days < 90:
        return f"about {days:.0f} days"
    return f"about {days / 30.4:.0f} months" if days < 730 else "years"


def amount(number: int, word: str) -> str:
    """Return a number with its word, in the plural where it should be: ``1 task``, ``1,200 experiments``."""
    return f"{number:,} {word}{'s' * (number != 1)}"
