"""The newest value of each column of a CSV file, found from its end.

First a small tail is looked at, which mostly has all of them. A column that is filled seldom is looked for farther
back, in larger blocks, of which only the structure is looked at.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from rla.output.csv_blocks import (
    HEAD_BYTES,
    LONGEST_RECORD,
    TAIL_BYTES,
    TAIL_GROWTH,
    CsvFile,
    blocks_from_end,
    encoding_problem,
    end_of_records,
    without_blank_lines,
)
from rla.output.csv_text import parse_block
from rla.output.records import Value

__all__ = ["Newest", "last_newline", "newest_cells", "newest_record"]

_PARSED_BYTES: Final = 1 << 18
"""Blocks up to this size are parsed at once, which takes a few milliseconds and no numpy."""


class Newest(NamedTuple):
    """What was found.

    Attributes:
        values: the newest value of each column that has one, by place of the column.
        end: where the last complete record ends.
        problem: what is wrong with the file; None when all is well.
    """

    values: dict[int, Value]
    end: int
    problem: str | None


def newest_cells(file: CsvFile, start: int, columns: Iterable[int]) -> Newest:
    """Return the newest value of each of some columns.

    Of a file whose tail is a table as the header promises, only so much is read as is needed. Of all others (ragged
    lines, a text that was torn, zeros) it is first found out where the last complete record ends.

    Args:
        file: the file.
        start: where the first record begins that counts.
        columns: their places.
    """
    width = len(file.columns)
    if file.status.st_size >= HEAD_BYTES:
        search = _Search(set(columns), width, forgiving=False)
        end = last_newline(file, start)
        try:
            if end is not None and search.all_of(file, start, end):
                return Newest(search.values, end, search.problem)
        except OSError:
            pass  # a second look says what is wrong, and has what comes before it
    elif (record := _last_record(block := file.read(start, HEAD_BYTES), width)) is not None and b"\0" not in block:
        return Newest({place: record[place] for place in columns}, start + len(block), encoding_problem(block))
    end, error = end_of_records(file.read, start)
    search = _Search(set(columns), width, forgiving=True)
    try:
        search.all_of(file, start, end)
    except OSError as another:
        error = error or another
    return Newest(search.values, end, error.strerror if error else search.problem)


def newest_record(file: CsvFile) -> tuple[list[Value], int]:
    """Return the last record that has a value, and how many without any (rows that were lost) stand behind it."""
    seeming = last_newline(file, file.start)
    if seeming is not None and (found := _newest_record(file, seeming, forgiving=False)):
        return found
    return _newest_record(file, end_of_records(file.read, file.start)[0], forgiving=True) or ([], 0)


def _newest_record(file: CsvFile, end: int, forgiving: bool) -> tuple[list[Value], int] | None:
    behind = 0
    with contextlib.suppress(OSError):
        for block in blocks_from_end(file.read, file.start, end):
            if not forgiving and b"\0" in block:
                return None
            for record in reversed(parse_block(without_blank_lines(block) if forgiving else block)):
                if not forgiving and len(record) != len(file.columns):
                    return None
                if any(value is not None for value in record):
                    return record, behind
                behind += 1
    return None


def last_newline(file: CsvFile, start: int) -> int | None:
    """Return where the last line ends; None when the end of the file is none of a table."""
    size = file.status.st_size
    span = TAIL_BYTES
    while True:
        begin = max(size - span, start)
        tail = file.read(begin, size)
        if b"\0" in tail or span > LONGEST_RECORD:
            return None
        newline = tail.rfind(b"\n")
        if newline >= 0 or begin == start:
            return begin + newline + 1
        span *= TAIL_GROWTH


def _last_record(block: bytes, width: int) -> list[Value] | None:
    """Return the last record of a table where it has all values, as it mostly has, without parsing the others."""
    if not block.endswith(b"\n") or b'"' in block or block.count(b",") != (width - 1) * block.count(b"\n"):
        return None
    (record,) = parse_block(block[block.rfind(b"\n", 0, -1) + 1 :])
    return record if len(record) == width and None not in record else None


class _Search:
    """Looks for the newest values of columns, in one block after the other, the last first.

    Args:
        missing: the places of the columns.
        width: how many columns there are.
        forgiving: records may be of any length; otherwise that is a sign that the blocks are not what they seem.
    """

    def __init__(self, missing: set[int], width: int, forgiving: bool) -> None:
        self.values: dict[int, Value] = {}
        self.problem: str | None = None
        self._missing = missing
        self._width = width
        self._forgiving = forgiving

    def all_of(self, file: CsvFile, start: int, end: int) -> bool:
        """Look until all are found; False when the file is not what it seems."""
        for block in blocks_from_end(file.read, start, end):
            if not (self._forgiving or b"\0" not in block) or not self._look_into(block):
                return False
            if not self._missing:
                break
        return True

    def _look_into(self, block: bytes) -> bool:
        if len(block) > _PARSED_BYTES and self._look_at_structure(block):
            return True
        self.problem = self.problem or encoding_problem(block)
        if (record := _last_record(block, self._width)) is not None:
            self.values.update((place, record[place]) for place in self._missing)
            self._missing.clear()
            return True
        records = parse_block(without_blank_lines(block) if self._forgiving else block)
        if not self._forgiving and any(len(record) != self._width for record in records):
            return False
        for record in reversed(records):
            for place in [place for place in self._missing if place < len(record)]:
                if (value := record[place]) is not None:
                    self._take(place, value)
            if not self._missing:
                break
        return True

    def _look_at_structure(self, block: bytes) -> bool:
        """Look at a large block without parsing it; False when that cannot be done."""
        from rla.output.csv_cells import find_cells

        plain = block.replace(b"\r\n", b"\n") if b"\r" in block and b'"' not in block else block
        cells = None if b"\r" in plain else find_cells(plain, self._width)
        if cells is None:
            return False
        for place in self._missing.intersection(cells.filled_columns()):
            if (value := cells.newest(place)) is not None:
                self._take(place, value)
        return True

    def _take(self, place: int, value: Value) -> None:
        self.values[place] = value
        self._missing.discard(place)
