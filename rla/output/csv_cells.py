"""Where the cells of a block of CSV records stand, found for all of them at once with numpy.

It is for rectangular blocks: each record has as many cells as the header, as in all files of our own. Whatever is not
so, or might not be, is left to those who read record by record.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from rla.output.csv_text import parse_block
from rla.output.records import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Cells", "array_of", "find_cells", "find_plain_cells"]

_COMMA, _NEWLINE, _QUOTE, _SPACE, _OPENING = b',\n" ['
_LARGEST_OF_NUMBERS: Final = ord("e")
"""Each word of JSON has a larger letter, and so has an object."""

_DIGITS_OF_INT64: Final = 18
_SPREAD_BYTES: Final = 64
"""Cells that are longer are taken one by one: side by side, all take the place of the longest."""


_KEPT_BYTES: Final = 1 << 20


class Cells:
    """The cells of a block.

    Args:
        block: the records; it must stay as it is while they are asked for.
        ends: where each cell ends, one line for each record.

    Attributes:
        rows: how many records there are.
    """

    def __init__(self, block: bytes | memoryview, ends: NDArray[np.int64]) -> None:
        self._block = block
        self._ends = ends
        self.rows = len(ends)

    def places(self, column: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the cells of a column begin and how many bytes they have; an empty one has none."""
        ends = self._ends[:, column]
        if column:
            starts = self._ends[:, column - 1] + 1
        else:
            starts = np.empty_like(ends)
            starts[0] = 0
            starts[1:] = self._ends[:-1, -1] + 1
        return starts, ends - starts

    def filled_columns(self) -> list[int]:
        """Return the columns that have a value in some row."""
        lengths = np.diff(self._ends.ravel(), prepend=-1).reshape(self._ends.shape) > 1
        filled: list[int] = np.flatnonzero(lengths.any(axis=0)).tolist()
        return filled

    def newest(self, column: int) -> Value:
        """Return the last value of a column; None when all its cells are empty."""
        starts, lengths = self.places(column)
        filled = np.flatnonzero(lengths)
        if not len(filled):
            return None
        start, length = int(starts[filled[-1]]), int(lengths[filled[-1]])
        ((value,),) = parse_block(bytes(self._block[start : start + length]) + b"\n")
        return value

    def newest_texts(self, rows: NDArray[np.int64]) -> dict[int, bytes]:
        """Return the last cell of each column that is not empty among some rows, as it stands there."""
        if not len(rows):
            return {}
        lengths = np.diff(self._ends.ravel(), prepend=-1).reshape(self._ends.shape) - 1
        filled = lengths[rows] > 0
        columns = np.flatnonzero(filled.any(axis=0))
        last = rows[len(rows) - 1 - filled[::-1, columns].argmax(axis=0)]
        ends = self._ends[last, columns]
        starts = ends - lengths[last, columns]
        return {
            column: bytes(self._block[start:end])
            for column, start, end in zip(columns.tolist(), starts.tolist(), ends.tolist(), strict=True)
        }

    def values(self, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[Any]:
        """Return the values of cells of one column that are not empty; see `array_of`."""
        if not len(starts):
            return np.empty(0)
        if (found := self._numbers(starts, lengths)) is not None:
            return found
        ends = (starts + lengths).tolist()
        lines = [self._block[start:end] for start, end in zip(starts.tolist(), ends, strict=True)]
        lines.append(b"")
        return array_of([value for (value,) in parse_block(b"\n".join(lines))])

    def _numbers(self, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[Any] | None:
        """Return the values of cells that all are numbers of JSON; None when they are not."""
        width = int(lengths.max()) + 1
        if width > _SPREAD_BYTES:
            return None
        text = np.empty(1 + len(starts) * width, np.uint8)  # [cell,   cell,cell ]
        text[0] = _OPENING
        spread = text[1:].reshape(-1, width)
        kept, behind = _paddings(width)
        np.bitwise_and(self._stretches(starts, width), kept.take(lengths, axis=0), out=spread)
        spread |= behind.take(lengths, axis=0)
        spread[-1, lengths[-1]] = _SPACE
        if spread.max() > _LARGEST_OF_NUMBERS:
            return None
        content = text.tobytes()
        if content.find(b"[", 1) > 0 or b'"' in content:
            return None
        try:
            numbers = orjson.loads(content + b"]")
        except ValueError:  # no numbers of JSON: 01, 1., or our integers of more than 64 bits
            return None
        # the usual cases, which are faster where numpy need not look what the numbers are
        if b"." in content:
            return np.fromiter(numbers, np.float64, len(numbers))
        if width <= _DIGITS_OF_INT64 and b"e" not in content and b"E" not in content:
            return np.fromiter(numbers, np.int64, len(numbers))
        return _number_array(numbers)

    def _stretches(self, starts: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
        """Return so many bytes from each start on, one line for each."""
        block = self._block
        # the stretches that could be taken overlap; to numpy they are one array, of which some elements are chosen
        stretches = np.ndarray((len(block) - width + 1,), f"V{width}", block, strides=(1,))
        whole = int(np.searchsorted(starts, len(stretches)))
        chosen = stretches[starts[:whole]]
        if whole < len(starts):  # the block ends before their stretch does
            ends = [bytes(block[start : start + width]).ljust(width) for start in starts[whole:].tolist()]
            chosen = np.concatenate((chosen, np.frombuffer(b"".join(ends), chosen.dtype)))
        spread: NDArray[np.uint8] = chosen.view(np.uint8).reshape(-1, width)
        return spread


@functools.cache
def _paddings(width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return for each length of a cell which bits of its stretch are kept, and what stands behind the cell."""
    places, lengths = np.arange(width), np.arange(width)[:, None]
    kept = np.where(places < lengths, 0xFF, 0).astype(np.uint8)
    behind = np.where(places == lengths, _COMMA, np.where(places > lengths, _SPACE, 0)).astype(np.uint8)
    return kept, behind


def find_cells(block: bytes, columns: int) -> Cells | None:
    """Return where the cells of a block stand; None when it is not rectangular, or has quotes within a cell.

    Args:
        block: complete records.
        columns: how many cells each of them should have.
    """
    codes = np.frombuffer(block, np.uint8)
    newlines, separators = _masks(len(block))
    np.equal(codes, _NEWLINE, out=newlines)
    np.equal(codes, _COMMA, out=separators)
    separators |= newlines
    if b'"' in block:
        quotes = np.flatnonzero(codes == _QUOTE)
        opening = quotes[::2]
        before = codes[opening[opening > 0] - 1]
        if len(quotes) % 2 or not np.isin(before, (_COMMA, _NEWLINE, _QUOTE)).all():
            return None
        outside = np.bitwise_xor.accumulate((codes == _QUOTE).view(np.uint8)) == 0
        separators &= outside
        newlines &= outside
    ends = np.flatnonzero(separators)
    rows, rest = divmod(len(ends), columns)
    if rest or rows != np.count_nonzero(newlines):
        return None
    table = ends.reshape(rows, columns)
    return Cells(block, table) if newlines[table[:, -1]].all() else None


def find_plain_cells(block: memoryview, columns: int) -> Cells | None:
    """Return where the cells of a block stand, as `find_cells` does, but only where no cell holds more than a number.

    Args:
        block: complete records.
        columns: how many cells each of them should have, at least two.
    """
    codes = np.frombuffer(block, np.uint8)
    separators, commas = _masks(len(codes))
    # of all that is no part of a number, or of a word, commas and line ends shall be the only ones
    (ends,) = np.less_equal(codes, _COMMA, out=separators).nonzero()
    rows, rest = divmod(len(ends), columns)
    if rest or np.count_nonzero(np.equal(codes, _COMMA, out=commas)) != rows * (columns - 1):
        return None
    table = ends.reshape(rows, columns)
    return Cells(block, table) if (codes[table[:, -1]] == _NEWLINE).all() else None


class _Kept(threading.local):
    """Two masks for each thread, kept: the system takes longer to give fresh memory than numpy to fill it."""

    masks = np.empty((2, 0), np.bool_)


_kept = _Kept()


def _masks(length: int) -> NDArray[np.bool_]:
    """Return two masks of a length, which are valid until the next call."""
    if length > _KEPT_BYTES:
        return np.empty((2, length), np.bool_)
    if _kept.masks.shape[1] < length:
        _kept.masks = np.empty((2, _KEPT_BYTES), np.bool_)
    return _kept.masks[:, :length]


def _number_array(numbers: list[int | float]) -> NDArray[Any]:
    found: NDArray[Any] = np.array(numbers)
    if found.dtype.kind == "i":
        return found.astype(np.int64, copy=False)
    return found if found.dtype.kind == "f" else np.array([float(number) for number in numbers])


def array_of(values: Sequence[Value]) -> NDArray[Any]:
    """Return values as an array: of int64, float64 or bool when all of them are that, else of objects.

    Whole numbers beside others, or of more than 64 bits, become floats.
    """
    types = set(map(type, values))
    if types == {bool}:
        return np.array(values, dtype=np.bool_)
    if types and types <= {int, float}:
        try:
            return _number_array(values)  # type: ignore[arg-type]
        except OverflowError:  # larger than any float
            pass
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
