"""Some columns of a run as arrays, read without making a value of every cell.

The structure of the file is found with numpy, a block at a time, and only the cells that are wanted become values.
Records that are not alike (of other tools, or texts with quotes in odd places) are read one by one, with the same
values as those of `read_progress`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from rla.names import LONG_FILE, PROGRESS_FILE, TIME_STEP
from rla.output.collected import CollectedColumns, EveryRow
from rla.output.csv_blocks import CsvFile, blocks, encoding_problem, open_csv, told, without_blank_lines
from rla.output.csv_cells import find_cells, find_plain_cells
from rla.output.csv_file import LARGEST_WIDTH
from rla.output.csv_text import parse_block
from rla.output.long_file import read_long
from rla.output.pipeline import flush_if_open
from rla.output.reader import RowsRead, with_journal
from rla.output.records import Value
from rla.output.resumes import is_resumed, resumes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Columns", "LeftBehind", "read_columns", "read_left_behind", "read_recorded"]

_AT_ONCE_BYTES: Final = 1 << 19
"""Few large blocks: numpy takes a while to begin, and a line that is torn between two is moved."""


@dataclass(frozen=True)
class Columns:
    """Columns of a run.

    Attributes:
        values: an array for each key that the run has, all of one length where nothing else is said.
        problem: why rows may be missing, a text for people; None when all was read.
    """

    values: dict[str, NDArray[Any]]
    problem: str | None


def read_columns(directory: str | os.PathLike[str], keys: Sequence[str], with_abandoned: bool = False) -> Columns:
    """Return columns of a run, live or dead, without writing anything; of a resumed one those of its history.

    There is an entry for each row that has a value for one of the keys at least; a time step or timestamp alone does
    not make one, unless nothing else is asked for. A column of whole numbers is of int64, one of numbers of float64 (so
    are whole numbers when some are missing, or have more than 64 bits), one of bools of bool; all others are of
    objects. What is missing is NaN, or None among objects.

    A run that cannot be read, or not to its end, is no error: whoever reads many wants the others. What could be read
    is there, and `Columns.problem` says what is wrong. A folder without records has no columns, and no problem.

    Args:
        directory: the run's log folder.
        keys: what is wanted.
        with_abandoned: take the rows, too, that were left behind when the run went on from an earlier step.
    """
    found, problem = _collect(directory, keys, with_abandoned)
    return Columns({key: found.collected.column(key) for key in found.there()}, problem)


def read_recorded(directory: str | os.PathLike[str], keys: Sequence[str]) -> Columns:
    """Return what was recorded of keys, each without the rows that have no value of it.

    As `read_columns`, but each array is of its own length, and NaN is what was recorded as such.

    Args:
        directory: the run's log folder.
        keys: what is wanted.
    """
    found, problem = _collect(directory, keys)
    return Columns({key: found.collected.recorded(key) for key in found.there()}, problem)


def _collect(
    directory: str | os.PathLike[str], keys: Sequence[str], with_abandoned: bool = False
) -> tuple[_Found, str | None]:
    """Read files and journal; also say why rows may be missing."""
    directory = os.fspath(directory)
    flush_if_open(directory)
    wanted = list(dict.fromkeys(keys))
    problems: list[str] = []
    resumed = not with_abandoned and is_resumed(directory)
    abandoned = read_left_behind(directory, problems).lines if resumed else None
    found = with_journal(directory, lambda: _read_file(directory, CollectedColumns(wanted, abandoned)), problems.append)
    if found.rows and not (resumed or with_abandoned) and is_resumed(directory):  # it began in this moment
        return _collect(directory, keys)
    if found.rows:
        found.collected.add_rows({key: [row.get(key) for row in found.rows] for key in wanted}, len(found.rows))
    return found, found.problem or next(iter(problems), None)


class LeftBehind(NamedTuple):
    """What a run left behind when it went on from an earlier step.

    Attributes:
        lines: shape (lines,), which lines of `progress.csv`; of those that come later none is.
        journaled: the rows that only the journal has, by key; none of them was.
        is_settled: whether the file has a line of the last segment.
    """

    lines: NDArray[np.bool_]
    journaled: list[dict[str, Value]]
    is_settled: bool


def read_left_behind(directory: str, problems: list[str]) -> LeftBehind:
    """Find out which rows of a resumed run were left behind.

    Args:
        directory: the run's log folder.
        problems: gets what is wrong.
    """
    from rla.output.history import as_steps, left_behind

    found = with_journal(directory, lambda: _read_file(directory, EveryRow([TIME_STEP])), problems.append)
    problems += [found.problem] if found.problem else []
    resumes = resumes_of(directory, problems.append)  # after the rows: one that is noted later has none of them
    journaled = as_steps([row.get(TIME_STEP) for row in found.rows])
    steps = np.concatenate((as_steps(found.collected.column(TIME_STEP)), journaled))
    left = left_behind(steps, resumes, [found.place_of(each.rows) for each in resumes])
    return LeftBehind(left[: found.lines], found.rows, not resumes or resumes[-1].rows < found.lines)


@dataclass
class _Found(RowsRead):
    """What was found in the files; `rows` are those of the journal alone."""

    collected: CollectedColumns = field(default_factory=lambda: CollectedColumns([]))
    known: set[str] = field(default_factory=set)
    problem: str | None = None

    def there(self) -> list[str]:
        """Return those of the wanted keys that the run has."""
        known = self.known.union(self.columns)
        return [key for key in self.collected.keys if key in known]


def _read_file(directory: str, collected: CollectedColumns) -> _Found:
    found = _Found(collected=collected)
    try:
        with open_csv(f"{directory}/{PROGRESS_FILE}") as file:
            problem = encoding_problem(file.header)
            found.problem = problem and f"{PROGRESS_FILE}: {problem}"
            found.columns = file.columns
            _read_blocks(found, file, _long_values(found, directory))
    except FileNotFoundError:
        pass  # nothing recorded yet
    except OSError as error:
        found.problem = told(PROGRESS_FILE, error)
    return found


def _long_values(found: _Found, directory: str) -> dict[str, dict[int, Value]]:
    """Return the values of wanted keys that have no column, by row."""
    values: dict[str, dict[int, Value]] = {}
    without = set(found.collected.keys).difference(found.columns) if len(found.columns) >= LARGEST_WIDTH else ()
    try:
        for row, key, value in read_long(Path(directory)) if without else ():
            if key in without:
                values.setdefault(key, {})[row] = value
    except OSError as error:
        found.problem = told(LONG_FILE, error)
    return values


class _Kept(threading.local):
    """A buffer for each thread, kept: the system takes longer to give fresh memory than to fill it."""

    buffer = bytearray()


_kept = _Kept()


def _read_plain(found: _Found, file: CsvFile, places: Mapping[str, int]) -> int | None:
    """Read a file of plain numbers, which most are, in large blocks; returns how far it was one, None when all was."""
    start, width = file.start, len(file.columns)
    if width < 2:
        return start
    if not _kept.buffer:
        _kept.buffer = bytearray(_AT_ONCE_BYTES)
    buffer, rest = memoryview(_kept.buffer), 0
    while length := file.read_into(buffer[rest:], start + rest):
        end = _kept.buffer.rfind(b"\n", 0, rest + length) + 1
        cells = find_plain_cells(buffer[:end], width) if end else None
        if cells is None:
            return start
        found.collected.add_cells(cells, places)
        found.lines += cells.rows
        start += end
        rest += length - end
        buffer[:rest] = buffer[end : end + rest]
    return start if rest else None


def _read_blocks(found: _Found, file: CsvFile, long: Mapping[str, Mapping[int, Value]]) -> None:
    places = {column: place for place, column in enumerate(file.columns)}
    start = file.start if long else _read_plain(found, file, places)
    for block in blocks(file.read, start) if file.columns and start is not None else ():
        plain = block.replace(b"\r\n", b"\n") if b"\r" in block and b'"' not in block else block
        cells = None if long or b"\r" in plain else find_cells(plain, len(file.columns))
        if cells is not None:
            found.collected.add_cells(cells, places)
            found.lines += cells.rows
        elif long or found.collected.counts_lines or b'"' in block:
            found.lines += _read_records(found, block, places, long)
        else:
            found.lines += block.count(b"\n")
            _read_records(found, without_blank_lines(block), places, {})


def _read_records(
    found: _Found, block: bytes, places: Mapping[str, int], long: Mapping[str, Mapping[int, Value]]
) -> int:
    """Read the records of a block one by one, and return how many they are."""
    records = parse_block(block)
    columns = {
        key: [record[place] if place < len(record) else None for record in records]
        for key in found.collected.keys
        if (place := places.get(key)) is not None
    }
    for key, values in long.items():
        columns[key] = list(map(values.get, range(found.lines, found.lines + len(records))))
        if any(value is not None for value in columns[key]):
            found.known.add(key)
    found.collected.add_rows(columns, len(records))
    return len(records)
