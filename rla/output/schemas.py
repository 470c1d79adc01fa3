"""What an output works out once for all rows that follow the same schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from rla.output.records import Row

__all__ = ["PerSchema"]

_T = TypeVar("_T")

REMEMBERED_KEYS: Final = 100_000
"""All is forgotten and made again when the schemas have more keys in all."""


class PerSchema(Generic[_T]):
    """Remembers what was made of a row, for others that have the very same keys and exclusions.

    Rows that were read back from a journal share these objects, so nothing is compared, only looked at.

    Args:
        make: makes it of a row; only its keys and exclusions may matter.
    """

    def __init__(self, make: Callable[[Row], _T]) -> None:
        self._make = make
        self._known: dict[int, tuple[Row, _T]] = {}
        self._keys = 0
        self._last: tuple[object, object, _T] | None = None

    def __call__(self, row: Row) -> _T:
        last = self._last
        if last is not None and row.keys is last[0] and row.excluded is last[1]:
            return last[2]
        known = self._known.get(id(row.keys))
        if known is not None and known[0].keys is row.keys and known[0].excluded is row.excluded:
            found = known[1]
        else:
            found = self._make(row)
            self._keys += len(row.keys)
            if self._keys > REMEMBERED_KEYS:
                self._known.clear()
                self._keys = len(row.keys)
            self._known[id(row.keys)] = (row._replace(values=()), found)  # that keeps the keys, and so their id
        self._last = (row.keys, row.excluded, found)
        return found
