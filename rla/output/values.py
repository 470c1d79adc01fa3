"""What a cell of a row holds, made of whatever was recorded."""

from __future__ import annotations

import contextlib
import datetime
import enum
from typing import Any, Final

from rla.output.records import Value

__all__ = ["CELL_TYPES", "LARGEST_BITS", "as_number", "as_value", "shown", "text_of"]

CELL_TYPES: Final = frozenset({type(None), bool, int, float, str})

LARGEST_BITS: Final = 10_000
"""Integers of more bits are recorded as hex texts: Python refuses to write them in decimal."""


def as_value(value: Any) -> Value:
    """Turn whatever was recorded into what a row holds: None, bool, int, float or text.

    Scalars and arrays of one number, of any library, become that number; larger arrays and everything else a text.
    """
    try:
        return _as_value(value)
    except Exception:  # whatever a foreign type raises, the row must not be lost
        return f"<{type(value).__name__}>"


def _as_value(value: Any) -> Value:
    if value is None or type(value) in (bool, float):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, enum.Enum):
        return as_value(value.value)
    if isinstance(value, int):  # the number itself, whatever the class that derives from int does
        number = int.__pos__(value)
        return number if number.bit_length() <= LARGEST_BITS else hex(number)
    if isinstance(value, float):
        return float.__pos__(value)
    if isinstance(value, (list, tuple)):
        return as_value(value[0]) if len(value) == 1 else text_of(str([_plain_item(item) for item in value]))
    if hasattr(value, "tolist"):
        plain = value.tolist()
        return as_value(plain) if type(plain) is not type(value) else float(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if not isinstance(value, (bytes, bytearray)):
        with contextlib.suppress(TypeError, ValueError, AttributeError):
            return float(value)
    return text_of(str(value))


def _plain_item(item: Any) -> Any:
    return [_plain_item(inner) for inner in item] if isinstance(item, (list, tuple)) else as_value(item)


def as_number(value: Any) -> int | float:
    """Return a time step as a number; what is none becomes 0."""
    number = as_value(value)
    if isinstance(number, str):
        try:
            number = float(number)
        except ValueError:
            return 0
    return +number if isinstance(number, (int, float)) else 0


def shown(value: Any) -> str:
    """Return a value as `print` shows it, whatever its class does then."""
    try:
        return str(value)
    except Exception:  # a __str__ of the user's
        return f"<{type(value).__name__}>"


def text_of(text: str) -> str:
    """Return a text that UTF-8 can hold."""
    return str.encode(text, "utf-8", "backslashreplace").decode("utf-8")
