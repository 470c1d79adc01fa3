"""Moments as people write them: ``2026-11-20``, ``2026/11/20/13-05``, ``yesterday``, ``12h ago``; local time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from rla.database.expression.literals import DURATIONS, read_number

__all__ = ["Span", "read_moment"]

_DATE: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:[-/](?P<month>[0-9]{1,2})(?:[-/](?P<day>[0-9]{1,2})"
    r"(?:(?:\s+|[T/])(?P<hour>[0-9]{1,2})(?:[-:](?P<minute>[0-9]{2})(?:[-:](?P<second>[0-9]{2})"
    r"(?:[-.](?P<fraction>[0-9]{1,6}))?)?)?)?/?)?)?"
)
_AGO: Final = re.compile(rf"(?P<span>\S*[0-9.](?:{'|'.join(DURATIONS)}))\s+ago", re.I)
_FIRST_SECONDS: Final = 1e8
"""Smaller numbers are no seconds since 1970 of any experiment; most likely a date without its dashes."""


@dataclass(frozen=True)
class Span:
    """A span of time in seconds since 1970: from ``begin`` on, before ``end``; a moment when both are equal."""

    begin: float
    end: float


def read_moment(text: str, now: float) -> Span | None:
    """Return the span that a text means: the whole day for a day, the whole minute for a minute; None when it is none.

    Args:
        text: a date or a beginning of one, ``today``, ``yesterday``, ``now``, ``12h ago``, or seconds since 1970.
        now: seconds since 1970.
    """
    word = text.strip().lower()
    try:
        if word in ("today", "yesterday"):
            day = date.fromtimestamp(now) - timedelta(days=word == "yesterday")
            return Span(_seconds(day), _seconds(day + timedelta(days=1)))
        if match := _DATE.fullmatch(word.upper()):
            return _span_of(match)
    except (ValueError, OverflowError, OSError):  # the 31st of June, the year 0
        return None
    if word == "now":
        return Span(now, now)
    number = read_number(match["span"] if (match := _AGO.fullmatch(word)) else word)
    if number is None or (match is None and not _FIRST_SECONDS <= number < float("inf")):
        return None
    return Span(now - number, now - number) if match else Span(number, number)


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day).timestamp()


def _span_of(match: re.Match[str]) -> Span:
    """Return the span of a date, as long as its last part is precise."""
    year, month = int(match["year"]), int(match["month"] or 1)
    if match["day"] is None:
        last = date(year + 1, 1, 1) if match["month"] is None else date(year + month // 12, month % 12 + 1, 1)
        return Span(_seconds(date(year, month, 1)), _seconds(last))
    if match["hour"] is None:
        day = date(year, month, int(match["day"]))
        return Span(_seconds(day), _seconds(day + timedelta(days=1)))
    hour, minute, second, fraction = (match[part] for part in ("hour", "minute", "second", "fraction"))
    microsecond = int((fraction or "").ljust(6, "0"))
    begin = datetime(year, month, int(match["day"]), int(hour), int(minute or 0), int(second or 0), microsecond)
    precise = [timedelta(microseconds=10 ** (6 - len(fraction or ""))), timedelta(seconds=1), timedelta(minutes=1)]
    last_given = next((step for part, step in zip((fraction, second, minute), precise, strict=True) if part), None)
    return Span(begin.timestamp(), (begin + (last_given or timedelta(hours=1))).timestamp())
