"""Values of some columns, collected a block of rows at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.names import TIME_STEP, TIMESTAMP
from rla.output.csv_cells import Cells, array_of
from rla.output.records import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CollectedColumns", "EveryRow"]

_TIMES: Final = (TIME_STEP, TIMESTAMP)


class CollectedColumns:
    """Collects the values of rows, a block at a time.

    Args:
        keys: what is wanted.
        abandoned: rows that are left out, by the line of the file; later lines are not.

    Attributes:
        counts_lines: whether each line must be handed over, also one that has nothing in it.
    """

    def __init__(self, keys: Sequence[str], abandoned: NDArray[np.bool_] | None = None) -> None:
        self.keys = keys
        self._deciding = [key for key in keys if key not in _TIMES] or keys
        self._abandoned = abandoned
        self.counts_lines = abandoned is not None
        self._lines = 0
        self._rows = 0
        # by key: how many rows came before the block, the values in it, and where there are some (None: everywhere)
        self._parts: dict[str, list[tuple[int, NDArray[Any], NDArray[np.bool_] | None]]] = {key: [] for key in keys}

    def add_cells(self, cells: Cells, places: Mapping[str, int]) -> None:
        """Add the rows of a block."""
        stretches = {key: cells.places(places[key]) for key in self.keys if key in places}
        kept = self._kept({key: lengths > 0 for key, (_, lengths) in stretches.items()}, cells.rows)
        if kept is None:
            return
        everywhere = kept.all()
        for key, (starts, lengths) in stretches.items():
            if not everywhere:
                starts, lengths = starts[kept], lengths[kept]
            filled = lengths > 0
            if filled.all():
                self._add(key, cells.values(starts, lengths), None)
            else:
                self._add(key, cells.values(starts[filled], lengths[filled]), filled)
        self._rows += int(kept.sum())

    def add_rows(self, columns: Mapping[str, Sequence[Value]], rows: int) -> None:
        """Add rows whose values are at hand; None where one is missing."""
        filled = {key: np.array([value is not None for value in values]) for key, values in columns.items()}
        kept = self._kept(filled, rows)
        if kept is None:
            return
        for key, values in columns.items():
            there = [value for value, keep in zip(values, kept, strict=True) if keep and value is not None]
            self._add(key, array_of(there), filled[key][kept])
        self._rows += int(kept.sum())

    def _kept(self, filled: Mapping[str, NDArray[np.bool_]], rows: int) -> NDArray[np.bool_] | None:
        """Return which rows count; None when none does."""
        deciding = [filled[key] for key in self._deciding if key in filled]
        kept = np.logical_or.reduce(deciding) if deciding else None
        if self._abandoned is not None and kept is not None:
            abandoned = self._abandoned[self._lines : self._lines + rows]
            kept[: len(abandoned)] &= ~abandoned
        self._lines += rows
        return kept if kept is not None and kept.any() else None

    def _add(self, key: str, values: NDArray[Any], filled: NDArray[np.bool_] | None) -> None:
        self._parts[key].append((self._rows, values, filled))

    def column(self, key: str) -> NDArray[Any]:
        """Return the values of a key in all rows."""
        parts = self._parts[key]
        kinds = {values.dtype.kind for _, values, _ in parts if len(values)}
        if len(parts) == 1 and parts[0][2] is None and len(parts[0][1]) == self._rows:
            return parts[0][1]
        complete = sum(len(values) for _, values, _ in parts) == self._rows
        if kinds <= {"i", "f"}:
            kind: type = np.int64 if complete and kinds == {"i"} else np.float64
        else:
            kind = np.bool_ if complete and kinds == {"b"} else object
        column: NDArray[Any] = np.full(self._rows, 0 if complete else None if kind is object else math.nan, kind)
        for row, values, filled in parts:
            places = slice(row, row + len(values)) if filled is None else row + np.flatnonzero(filled)
            column[places] = values
        return column

    def recorded(self, key: str) -> NDArray[Any]:
        """Return the values of a key in the rows that have one."""
        parts = [values for _, values, _ in self._parts[key] if len(values)]
        kinds = {values.dtype.kind for values in parts}
        if len(kinds) > 1:
            parts = [values.astype(np.float64 if kinds == {"i", "f"} else object) for values in parts]
        return np.concatenate(parts) if parts else np.empty(0)


class EveryRow(CollectedColumns):
    """Collects the values of all lines, those that have none too."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(keys)
        self.counts_lines = True

    def _kept(self, filled: Mapping[str, NDArray[np.bool_]], rows: int) -> NDArray[np.bool_] | None:
        return np.ones(rows, np.bool_) if rows else None
