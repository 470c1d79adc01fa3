"""The table of a row for people: on the terminal and in `log.txt`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rla.errors import printable
from rla.names import TIMESTAMP
from rla.output.records import Value

__all__ = ["format_table", "shortened"]


LARGEST_TABLE: Final = 1000
"""So many keys of a row are shown; data files have all."""

LONGEST_TEXT: Final = 1000


def format_table(values: Mapping[str, Value]) -> str:
    """Return a table of keys and values, sorted by key, as wide as the longest of them; the timestamp is left out.

    Args:
        values: the values of a row, by key.
    """
    keys = sorted(key for key in values if key != TIMESTAMP)
    cells = [(_shown(key), _shown(_text(values[key]))) for key in keys[:LARGEST_TABLE]]
    if len(keys) > LARGEST_TABLE:
        cells.append(("…", f"{len(keys) - LARGEST_TABLE} more keys"))
    key_width = max((len(key) for key, _ in cells), default=0)
    value_width = max((len(value) for _, value in cells), default=0)
    rule = "-" * (key_width + value_width + 7)
    rows = [f"| {key:<{key_width}} | {value:<{value_width}} |" for key, value in cells]
    return "\n".join([rule, *rows, rule]) + "\n"


def shortened(text: str, length: int = 200) -> str:
    """Return a text, cut in the middle where it is longer than people read."""
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def _text(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def _shown(text: str) -> str:
    text = shortened(text, LONGEST_TEXT)
    return text if text.isprintable() else printable(text)
