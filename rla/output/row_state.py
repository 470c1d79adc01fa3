"""What an open row remembers from row to row, so that a resumed run records what an uninterrupted one would have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rla.output.moving_average import MovingAverage
from rla.output.open_row import OpenRow

__all__ = ["give_row_state", "take_row_state"]


def take_row_state(row: OpenRow) -> dict[str, Any]:
    """Return the windows of moving averages, and when keys with a ``freq`` were last recorded, as plain values."""
    averages = {key: {"window": each.values.maxlen, "values": list(each.values)} for key, each in row.averages.items()}
    return {"averages": averages, "recorded_at": dict(row.recorded_at)}


def give_row_state(row: OpenRow, state: Mapping[str, Any]) -> None:
    """Let an open row go on from what `take_row_state` has returned."""
    row.averages.clear()
    for key, kept in state["averages"].items():
        average = row.averages[key] = MovingAverage(kept["window"])
        for value in kept["values"]:
            average.add(value)
    row.recorded_at.clear()
    row.recorded_at.update(state["recorded_at"])
