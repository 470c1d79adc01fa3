"""Rows of `progress.csv` by their number, and from its end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from rla.names import LONG_FILE, PROGRESS_FILE
from rla.output.csv_blocks import CsvFile, blocks, blocks_from_end, count_records, end_of_records, open_csv
from rla.output.csv_file import LARGEST_WIDTH
from rla.output.csv_text import parse_block
from rla.output.long_file import long_values
from rla.output.newest_cells import last_newline
from rla.output.reader import read_progress, row_of
from rla.output.records import Value

__all__ = ["count_rows_within", "last_rows", "rows_from"]

Values = dict[str, Value]

_WHOLE: Final = 1 << 62


def last_rows(
    directory: Path, number: int, is_wanted: Callable[[Values], bool], first: int = 0
) -> tuple[list[Values], int]:
    """Return the last rows of a file, in order, without reading more than is needed, and the size of the file.

    Args:
        directory: the run's log folder.
        number: how many rows at most.
        is_wanted: says whether a row counts.
        first: the number of the first row that is looked at.
    """
    found: list[Values] = []
    size = 0
    with contextlib.suppress(OSError), open_csv(directory / PROGRESS_FILE) as file:
        size = file.status.st_size
        if number and len(file.columns) >= LARGEST_WIDTH:
            progress = read_progress(directory)
            numbered = zip(progress.numbers, progress.rows, strict=True)
            return [row for place, row in numbered if place >= first and is_wanted(row)][-number:], size
        if number:
            lines = max(count_records(file.read, file.start) - first, 0) if first else None
            seeming = last_newline(file, file.start)
            if seeming is None or not _add_from_end(found, number, file, seeming, is_wanted, lines, len(file.columns)):
                found.clear()
                _add_from_end(found, number, file, end_of_records(file.read, file.start)[0], is_wanted, lines)
    return found[::-1], size


def _add_from_end(
    found: list[Values],
    number: int,
    file: CsvFile,
    end: int,
    is_wanted: Callable[[Values], bool],
    lines: int | None,
    width: int | None = None,
) -> bool:
    """Add rows of a file, the last one first.

    Args:
        found: what they are added to.
        number: how many are enough.
        file: the file.
        end: where a record ends.
        is_wanted: says whether a row counts.
        lines: how many lines are looked at; all when None.
        width: how many cells each record has; any number when None.

    Returns:
        False when a record has another width: the end was not that of a record, or another tool wrote the file.
    """
    seen = 0
    with contextlib.suppress(OSError):  # what comes before a line that never ends is not looked at
        for block in blocks_from_end(file.read, file.start, end):
            for record in reversed(parse_block(block)):
                if width is not None and len(record) != width:
                    return False
                if lines is not None and seen == lines:
                    return True
                seen += 1
                row = row_of(file.columns, record)
                if is_wanted(row):
                    found.append(row)
                if len(found) == number:
                    return True
    return True


def rows_from(directory: Path, start: int, stop: int | None = None) -> Iterator[Values]:
    """Yield the rows of some lines, counted from 0 behind the header; an empty one for a row that was lost.

    Args:
        directory: the run's log folder.
        start: the first line.
        stop: the line to stop before; all to the end when None.
    """
    with contextlib.suppress(OSError), open_csv(directory / PROGRESS_FILE) as file:
        wanted = range(start, _WHOLE if stop is None else stop)
        without_column = _without_column(directory, wanted) if len(file.columns) >= LARGEST_WIDTH else {}
        number = 0
        for block in blocks(file.read, file.start):
            lines = _count(block)
            if number + lines > start:
                for line, record in enumerate(parse_block(block), number):
                    if line in wanted:
                        yield row_of(file.columns, record) | without_column.get(line, {})
            number += lines
            if number >= wanted.stop:
                return


def _count(block: bytes) -> int:
    return sum(part.count(b"\n") for part in block.split(b'"')[::2])


def _without_column(directory: Path, wanted: range) -> dict[int, Values]:
    """Return the values of some rows that have no column, by row."""
    found: dict[int, Values] = {}
    with contextlib.suppress(OSError), open_csv(directory / LONG_FILE) as file:
        for block in blocks(file.read, file.start):
            for row, key, value in long_values(block):
                if row in wanted:
                    found.setdefault(row, {})[key] = value
    return found


def count_rows_within(directory: Path, size: int = _WHOLE) -> int:
    """Return how many rows stand in the first bytes of the file, or in all of it; none where there is no such file."""
    with contextlib.suppress(OSError), open_csv(directory / PROGRESS_FILE) as file:
        return count_records(lambda begin, end: file.read(begin, max(begin, min(end, size))), file.start)
    return 0
