"""The table of a row for people: on the terminal and in `log.txt`."""

from __future__ import annotations

import numbers
from collections.abc import Mapping

from rla.names import TIMESTAMP
from rla.output.records import Value

__all__ = ["format_table"]


def format_table(values: Mapping[str, Value]) -> str:
    """Return a table of keys and values, sorted by key, as wide as the longest of them; the timestamp is left out.

    Args:
        values: the values of a row, by key.
    """
    shown = {_one_line(str(key)): _one_line(_text(value)) for key, value in values.items() if key != TIMESTAMP}
    key_width = max(map(len, shown), default=0)
    value_width = max(map(len, shown.values()), default=0)
    rule = "-" * (key_width + value_width + 7)
    rows = [f"| {key:<{key_width}} | {shown[key]:<{value_width}} |" for key in sorted(shown)]
    return "\n".join([rule, *rows, rule]) + "\n"


def _text(value: Value) -> str:
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, int)):
        return f"{float(value):.6g}"
    return "" if value is None else str(value)


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")
