"""Reading the rows of a run: its `progress.csv`, and the rows that only the journal of a live or killed run has.

Nothing is written. Reading again is the answer to everything that a living writer may change meanwhile.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from rla import files
from rla.errors import JournalVersionError, warn_quietly
from rla.names import JOURNAL_FOLDER, LONG_FILE, PROGRESS_FILE, TIMESTAMP
from rla.output.csv_file import LARGEST_WIDTH, count_rows
from rla.output.csv_text import complete_lines, parse_file, parse_header, parse_rows
from rla.output.journal import segments_of
from rla.output.journal_reader import JournalReader
from rla.output.journal_tail import newest_rows
from rla.output.long_file import read_long
from rla.output.pipeline import flush_if_open
from rla.output.records import Row, Value

if TYPE_CHECKING:
    import pandas

__all__ = ["Progress", "last_row", "last_values", "read_progress"]

_ATTEMPTS: Final = 100
_PAUSE_SECONDS: Final = 0.01
_TAIL_BYTES: Final = 1 << 16
_ROWS_LOOKED_AT: Final = 1000
_RECORDS_AT_ONCE: Final = 1024


@dataclass
class Progress:
    """The rows of a run.

    Attributes:
        columns: all keys, in the order of `progress.csv`, later ones behind.
        rows: values by key; a key that a row lacks is missing there.
        lines: how many lines of `progress.csv` they come from; an empty one stands for a row that was lost.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Value]] = field(default_factory=list)
    lines: int = 0

    def frame(self) -> pandas.DataFrame:
        """Return the rows as a table of pandas, one column for each key."""
        import pandas

        columns = {key: [row.get(key, math.nan) for row in self.rows] for key in self.columns}
        frame: pandas.DataFrame = pandas.DataFrame(columns)
        return frame


def read_progress(directory: str | os.PathLike[str]) -> Progress:
    """Return all rows of a run, live or dead, without writing anything.

    Args:
        directory: the run's log folder; one without `progress.csv` has the rows of its journal.
    """
    directory = Path(directory)
    flush_if_open(directory)
    folder = directory / JOURNAL_FOLDER
    before: object = None
    for _ in range(_ATTEMPTS):
        journaled = _segments(folder)
        progress = _read_csv(directory)
        now = (progress.lines, journaled[:1])
        # where nothing has moved, rows that are missing between the two are lost, and not just on their way
        if not journaled or _add_journal(progress, folder, with_gap=now == before):
            break
        before = now
        time.sleep(_PAUSE_SECONDS)  # the writer moved rows from the journal into the file between the two looks
    return progress


def _segments(folder: Path) -> list[int]:
    try:
        return segments_of(folder)
    except OSError as error:  # of another user, say: one such run must not hide the others of a list
        warn_quietly(f"the journal '{folder}' cannot be read ({error}); rows that only it has are missing")
        return []


def _read_csv(directory: Path) -> Progress:
    progress = Progress()
    try:
        with files.open_regular(directory / PROGRESS_FILE) as stream:
            progress.columns = _header(complete_lines(stream))
            for records in parse_file(stream) if progress.columns else ():
                progress.lines += len(records)
                progress.rows += [_row(progress.columns, cells) for cells in records]
    except OSError:
        pass  # none yet, or nothing that can be read: one such run must not hide the others of a list
    _add_long(progress, directory)
    progress.rows = list(filter(None, progress.rows))
    return progress


def _header(lines: Iterator[bytes]) -> list[str]:
    header = next(lines, b"")
    return parse_header(header) if header else []


def _row(columns: Sequence[str], cells: Sequence[Value]) -> dict[str, Value]:
    row = dict(zip(columns, cells, strict=False))
    return {key: value for key, value in row.items() if value is not None} if None in cells else row


def _add_long(progress: Progress, directory: Path) -> None:
    """Add the values of keys that have no column."""
    if len(progress.columns) < LARGEST_WIDTH:
        return
    later: dict[str, None] = {}
    for row, key, value in read_long(directory):
        if row < len(progress.rows):
            progress.rows[row][key] = value
            later[key] = None
    progress.columns += later


def _add_journal(progress: Progress, folder: Path, with_gap: bool) -> bool:
    """Add the rows that the file does not have.

    Args:
        progress: the rows of the file.
        folder: the journal.
        with_gap: add what there is, also when rows between file and journal are missing: there is no such file, or
            it could not be written.

    Returns:
        Whether all rows are there; otherwise none was added.
    """
    known = dict.fromkeys(progress.columns)
    found: list[dict[str, Value]] = []
    have = progress.lines
    try:
        reader = JournalReader(folder)
    except JournalVersionError as error:
        warn_quietly(str(error))
        return True
    with contextlib.closing(reader):
        if not reader.position.segment:  # the first segment is just being made, or was never finished
            return with_gap
        reader.skip_rows(have)
        while True:
            before = reader.position.rows
            records = [record for record in reader.read(_RECORDS_AT_ONCE) if isinstance(record, Row)]
            # a segment that its run removed in this moment leaves a gap as well
            if not with_gap and reader.position.rows > have + len(found) + len(records):
                return False
            for record in records:
                values = record.items_for("csv")
                known.update(dict.fromkeys(sorted(key for key in values if key not in known)))
                found.append({key: value for key, value in values.items() if value is not None})
            if reader.position.rows == before and not records:
                break
        if not with_gap and reader.position.segment not in _segments(folder):  # removed, and with it what came behind
            return False
    progress.rows += found
    progress.columns = list(known)
    return True


def last_values(directory: str | os.PathLike[str]) -> dict[str, Value]:
    """Return the newest value of each key, from the last rows of a run; empty when there are none.

    Keys are often recorded in rows of their own, so the last row alone says little. Of a long run only the last
    stretch is read.
    """
    values: dict[str, Value] = {}
    for row in _newest(Path(directory), _ROWS_LOOKED_AT):
        values.update(row)
    return values


def last_row(directory: str | os.PathLike[str]) -> dict[str, Value]:
    """Return the newest row of a run, without reading all the others; empty when there is none."""
    return next(iter(_newest(Path(directory), 1)[-1:]), {})


def _newest(directory: Path, number: int) -> list[dict[str, Value]]:
    """Return the newest rows, in order: of the journal, and of the files where it has too few."""
    journaled = [_without_none(row) for row in newest_rows(directory / JOURNAL_FOLDER)][-number:]
    if len(journaled) >= number:
        return journaled
    first = journaled[0].get(TIMESTAMP) if journaled else None
    filed = [row for row in _last_csv_rows(directory, number) if first is None or _is_before(row, first)]
    return filed[-number:] + journaled


def _is_before(row: Mapping[str, Value], moment: Value) -> bool:
    """Say whether a row of the file was recorded before those of the journal, which the file may have as well."""
    time = row.get(TIMESTAMP)
    return isinstance(time, (int, float)) and isinstance(moment, (int, float)) and time < moment


def _without_none(row: Row) -> dict[str, Value]:
    return {key: value for key, value in row.items_for("csv").items() if value is not None}


def _last_csv_rows(directory: Path, number: int) -> list[dict[str, Value]]:
    """Return the last rows of the files, in order: as many as stand in their last stretch, at least one."""
    try:
        with files.open_regular(directory / PROGRESS_FILE) as stream:
            columns = _header(complete_lines(stream))
            header_end = stream.tell() if columns else 0
            records = _last_records(stream, header_end, len(columns), number) if columns else []
    except OSError:
        return []  # as in `_read_csv`
    rows = [_row(columns, cells) for cells in records]
    if len(columns) >= LARGEST_WIDTH:
        _add_last_long(rows, count_rows(directory / PROGRESS_FILE), directory)
    return rows


def _add_last_long(rows: list[dict[str, Value]], lines: int, directory: Path) -> None:
    """Add the values without column that stand at the end of their file.

    Args:
        rows: the last rows.
        lines: how many rows there are.
        directory: the run's log folder.
    """
    with contextlib.suppress(OSError), files.open_regular(directory / LONG_FILE) as stream:
        # the last row is whole once a line of an earlier one is there
        whole = lambda found: any(isinstance(row, int) and row < lines - 1 for row, _, _ in found[-1:])  # noqa: E731
        for number, key, value in _last_records(stream, 0, 3, sys.maxsize, whole):
            if isinstance(number, int) and lines - len(rows) <= number < lines:
                rows[number - lines][str(key)] = value


def _last_records(
    stream: BinaryIO,
    start: int,
    columns: int,
    number: int,
    enough: Callable[[Sequence[Sequence[Value]]], bool] = bool,
) -> list[list[Value]]:
    """Return the last complete records of a file, in order: those of its last stretch, at least one.

    Args:
        stream: the file.
        start: where its records begin.
        columns: how many cells they have.
        number: how many records at most.
        enough: says of the records found, the newest first, whether no more are needed.
    """
    size = os.fstat(stream.fileno()).st_size
    span = _TAIL_BYTES
    while True:
        begin = max(size - span, start)
        stream.seek(begin)
        lines = stream.read(size - begin).splitlines(keepends=True)
        found = _records_from_end(lines[0 if begin == start else 1 :], columns, number)
        if enough(found) or begin == start:
            return found[::-1]
        span *= 8


def _records_from_end(lines: list[bytes], columns: int, number: int) -> list[list[Value]]:
    """Return the last complete records, the newest first.

    A line with an odd number of quotes ends (or begins) a value of several lines.
    """
    found: list[list[Value]] = []
    while lines and len(found) < number:
        record = lines.pop()
        if record.count(b'"') % 2:
            while lines and record.count(b'"') % 2:
                record = lines.pop() + record
        if record.endswith(b"\n"):
            (cells,) = parse_rows([record])
            if len(cells) == columns and any(cell is not None for cell in cells):
                found.append(cells)
    return found
