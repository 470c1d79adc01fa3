"""What a journal holds and outputs take: rows, episodes, lines of text, and finished TensorBoard events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

__all__ = ["Episodes", "Event", "Record", "Row", "Text", "Value"]

Value = None | bool | int | float | str
"""What one cell of a row holds once it is recorded."""


class Row(NamedTuple):
    """One `dump_tabular()`.

    Attributes:
        keys: names of the values, the time step and the timestamp among them.
        values: one for each key.
        step: time step of the row.
        time: wall time, seconds since 1970.
        excluded: formats that shall not get a key, by key.
    """

    keys: tuple[str, ...]
    values: Sequence[Value]
    step: int | float
    time: float
    excluded: Mapping[str, frozenset[str]]

    def keys_for(self, format_name: str) -> frozenset[str]:
        """Return the keys that a format gets."""
        if not self.excluded:
            return frozenset(self.keys)
        return frozenset(key for key in self.keys if format_name not in self.excluded.get(key, ()))

    def items_for(self, format_name: str) -> dict[str, Value]:
        """Return the values that a format gets, by key."""
        if not self.excluded:
            return dict(zip(self.keys, self.values, strict=True))
        return {
            key: value
            for key, value in zip(self.keys, self.values, strict=True)
            if format_name not in self.excluded.get(key, ())
        }


class Episodes(NamedTuple):
    """Episodes that ended at one time step.

    Attributes:
        step: the time step.
        time: wall time, seconds since 1970; later than that of all episodes before.
        columns: a list for each column, of equal lengths: ``return``, perhaps ``length``, ``env`` and others.
    """

    step: int | float
    time: float
    columns: Mapping[str, Sequence[Value]]


class Text(NamedTuple):
    """One line of text.

    Attributes:
        level: a level of `rla.names`, e.g. ``WARN``.
        step: time step at which it was written.
        time: wall time, seconds since 1970.
        text: the line, without its end.
    """

    level: int
    step: int | float
    time: float
    text: str


class Event(NamedTuple):
    """A finished event of TensorBoard, as bytes of the protocol buffer ``tensorboard.Event``."""

    encoded: bytes


Record = Row | Episodes | Text | Event
