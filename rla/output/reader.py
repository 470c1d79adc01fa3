"""Reading the rows of a run: its `progress.csv`, and the rows that only the journal of a live or killed run has.

Nothing is written. Reading again is the answer to everything that a living writer may change meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rla import files
from rla.names import JOURNAL_FOLDER, PROGRESS_FILE
from rla.output.csv_file import complete_lines, parse_line
from rla.output.journal import segments_of
from rla.output.journal_reader import JournalReader
from rla.output.pipeline import flush_if_open
from rla.output.records import Row, Value

if TYPE_CHECKING:
    import pandas

__all__ = ["Progress", "last_row", "last_values", "read_progress"]

_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 0.01
_TAIL_BYTES: Final = 1 << 16
_ROWS_LOOKED_AT: Final = 1000


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

        frame: pandas.DataFrame = pandas.DataFrame(self.rows, columns=self.columns)
        return frame


def read_progress(directory: str | os.PathLike[str]) -> Progress:
    """Return all rows of a run, live or dead, without writing anything.

    Args:
        directory: the run's log folder; one without `progress.csv` has the rows of its journal.
    """
    directory = Path(directory)
    flush_if_open(directory)
    folder = directory / JOURNAL_FOLDER
    for attempt in range(_ATTEMPTS):
        journaled = segments_of(folder)
        progress = _read_csv(directory / PROGRESS_FILE)
        if not journaled or _add_journal(progress, folder, with_gap=attempt == _ATTEMPTS - 1):
            break
        time.sleep(_PAUSE_SECONDS)  # the writer moved rows from the journal into the file between the two looks
    return progress


def _read_csv(path: Path) -> Progress:
    progress = Progress()
    try:
        with files.open_regular(path) as stream:
            lines = complete_lines(stream)
            header = next(lines, b"")
            progress.columns = parse_line(header) if header else []
            for line in lines:
                progress.lines += 1
                if row := _row(progress.columns, parse_line(line)):
                    progress.rows.append(row)
    except OSError:
        pass  # none yet, or nothing that can be read: one such run must not hide the others of a list
    return progress


def _row(columns: list[str], cells: list[str]) -> dict[str, Value]:
    return {key: _value(cell) for key, cell in zip(columns, cells, strict=False) if cell != ""}


def _value(cell: str) -> Value:
    """Return the number in a cell, or its text."""
    for convert in (int, float):
        try:
            return convert(cell) if "_" not in cell else cell
        except ValueError:
            continue
    return {"True": True, "False": False}.get(cell, cell)


def _add_journal(progress: Progress, folder: Path, with_gap: bool) -> bool:
    """Add the rows that the file does not have.

    Args:
        progress: the rows of the file.
        folder: the journal.
        with_gap: add what there is, also when rows between file and journal are missing: there is no such file, or
            it could not be written.

    Returns:
        Whether all rows are there.
    """
    known = dict.fromkeys(progress.columns)
    have = progress.lines
    with contextlib.closing(JournalReader(folder)) as reader:
        if not reader.position.segment:
            return False
        reader.skip_rows(have)
        complete = reader.position.rows <= have
        if complete or with_gap:
            while records := reader.read(1024):
                for record in records:
                    if isinstance(record, Row):
                        values = record.items_for("csv")
                        known.update(dict.fromkeys(sorted(key for key in values if key not in known)))
                        progress.rows.append({key: value for key, value in values.items() if value is not None})
    progress.columns = list(known)
    return complete


def last_values(directory: str | os.PathLike[str]) -> dict[str, Value]:
    """Return the newest value of each key, from the last rows of a run; empty when there are none.

    Keys are often recorded in rows of their own, so the last row alone says little. Of a long run only the last
    stretch is read.
    """
    directory = Path(directory)
    values: dict[str, Value] = {}
    journaled = segments_of(directory / JOURNAL_FOLDER)
    if journaled:
        for row in read_progress(directory).rows[-_ROWS_LOOKED_AT:]:
            values.update(row)
        return values
    for row in reversed(_last_csv_rows(directory / PROGRESS_FILE)):
        values.update(row)
    return values


def last_row(directory: str | os.PathLike[str]) -> dict[str, Value]:
    """Return the newest row of a run, without reading all the others; empty when there is none."""
    directory = Path(directory)
    folder = directory / JOURNAL_FOLDER
    for segment in reversed(segments_of(folder)):
        with contextlib.closing(JournalReader.at_segment(folder, segment)) as reader:
            newest: Row | None = None
            while records := reader.read(1024):
                newest = next((record for record in reversed(records) if isinstance(record, Row)), newest)
            if newest is not None:
                return {key: value for key, value in newest.items_for("csv").items() if value is not None}
    return next(iter(_last_csv_rows(directory / PROGRESS_FILE, 1)), {})


def _last_csv_rows(path: Path, number: int = _ROWS_LOOKED_AT) -> list[dict[str, Value]]:
    """Return the last rows of a file, the newest first: as many as stand in its last stretch, at least one."""
    try:
        with files.open_regular(path) as stream:
            columns = parse_line(next(complete_lines(stream), b""))
            header_end = stream.tell() if columns else 0
            size = os.fstat(stream.fileno()).st_size
            span = _TAIL_BYTES
            while columns:
                start = max(size - span, header_end)
                stream.seek(start)
                lines = stream.read(size - start).splitlines(keepends=True)
                cells = _last_records(lines[0 if start == header_end else 1 :], len(columns), number)
                if cells or start == header_end:
                    return [_row(columns, each) for each in cells]
                span *= 8
    except OSError:
        pass  # as in `_read_csv`
    return []


def _last_records(lines: list[bytes], columns: int, number: int) -> list[list[str]]:
    """Return the cells of the last complete records, the newest first.

    A line with an odd number of quotes ends (or begins) a value of several lines.
    """
    found: list[list[str]] = []
    while lines and len(found) < number:
        record = lines.pop()
        if record.count(b'"') % 2:
            while lines and record.count(b'"') % 2:
                record = lines.pop() + record
        cells = parse_line(record)
        if record.endswith(b"\n") and len(cells) == columns and any(cells):
            found.append(cells)
    return found
