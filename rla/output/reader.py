"""Reading the rows of a run: its `progress.csv`, and the rows that only the journal of a live or killed run has.

Nothing is written. Reading again is the answer to everything that a living writer may change meanwhile.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from rla import files
from rla.errors import JournalVersionError, warn_quietly
from rla.names import JOURNAL_FOLDER, PROGRESS_FILE, TIME_STEP
from rla.output.csv_file import LARGEST_WIDTH
from rla.output.csv_text import complete_lines, parse_file, parse_header
from rla.output.journal import segments_of
from rla.output.journal_reader import JournalReader
from rla.output.long_file import read_long
from rla.output.pipeline import flush_if_open
from rla.output.records import Row, Value
from rla.output.resumes import Resume, resumes_of

if TYPE_CHECKING:
    import pandas

__all__ = ["Progress", "RowsRead", "read_progress", "row_of", "with_journal"]

_ATTEMPTS: Final = 100
_PAUSE_SECONDS: Final = 0.01
_RECORDS_AT_ONCE: Final = 1024


@dataclass
class Progress:
    """The rows of a run.

    Attributes:
        columns: all keys, in the order of `progress.csv`, later ones behind.
        rows: values by key; a key that a row lacks is missing there.
        lines: how many lines of `progress.csv` they come from; an empty one stands for a row that was lost.
        numbers: which line of `progress.csv` each row is, or will be, counted from 0 behind the header.
        abandoned: for each row, whether the run left it behind when it went on from an earlier step.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Value]] = field(default_factory=list)
    lines: int = 0
    numbers: Sequence[int] = ()
    abandoned: list[bool] = field(default_factory=list)

    def frame(self) -> pandas.DataFrame:
        """Return the rows as a table of pandas, one column for each key."""
        import pandas

        columns = {key: [row.get(key, math.nan) for row in self.rows] for key in self.columns}
        frame: pandas.DataFrame = pandas.DataFrame(columns)
        return frame


@dataclass
class RowsRead:
    """The rows of a run while they are read: those of the files, then those that only the journal has.

    Attributes:
        columns: all keys, in the order of `progress.csv`, later ones behind.
        rows: values by key; an empty one for a row that was lost.
        lines: how many lines `progress.csv` has.
        first_journaled: which row the first of the journal is.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Value]] = field(default_factory=list)
    lines: int = 0
    first_journaled: int = 0

    def place_of(self, number: int) -> int:
        """Return how many of the rows come before the one of a number; some between file and journal may be lost."""
        lost = max(0, self.first_journaled - self.lines)
        return number if number <= self.lines else max(self.lines, number - lost)


ReadT = TypeVar("ReadT", bound=RowsRead)


def read_progress(directory: str | os.PathLike[str], with_abandoned: bool = False) -> Progress:
    """Return the rows of a run, live or dead, without writing anything.

    Of a run that was resumed from an earlier step, they are its history: what it left behind then is no part of it.

    Args:
        directory: the run's log folder; one without `progress.csv` has the rows of its journal.
        with_abandoned: return all rows in the order in which they were recorded; `Progress.abandoned` says which of
            them were left behind.
    """
    directory = Path(directory)
    flush_if_open(directory)
    found = with_journal(directory, lambda: _read_csv(directory))
    resumes = resumes_of(directory)  # after the rows: a resume that is noted later has none of them
    numbers = _numbers(found)
    if not resumes and all(found.rows):
        return Progress(found.columns, found.rows, found.lines, numbers, [False] * len(numbers))
    abandoned = _abandoned(found, resumes) if resumes else [False] * len(numbers)
    kept = [bool(row) and (with_abandoned or not left) for row, left in zip(found.rows, abandoned, strict=True)]
    chosen = functools.partial(itertools.compress, selectors=kept)
    return Progress(
        found.columns, list(chosen(found.rows)), found.lines, list(chosen(numbers)), list(chosen(abandoned))
    )


def _numbers(found: RowsRead) -> Sequence[int]:
    """Return which line of `progress.csv` each row is, or will be."""
    if found.first_journaled <= found.lines:
        return range(len(found.rows))
    journaled = len(found.rows) - found.lines  # rows between file and journal were lost
    return [*range(found.lines), *range(found.first_journaled, found.first_journaled + journaled)]


def _abandoned(found: RowsRead, resumes: Sequence[Resume]) -> list[bool]:
    from rla.output.history import as_steps, left_behind

    steps = as_steps([row.get(TIME_STEP) for row in found.rows])
    left: list[bool] = left_behind(steps, resumes, [found.place_of(each.rows) for each in resumes]).tolist()
    return left


def with_journal(
    directory: str | os.PathLike[str], read: Callable[[], ReadT], tell: Callable[[str], object] = warn_quietly
) -> ReadT:
    """Read the rows of the files, and add those that only the journal has.

    Args:
        directory: the run's log folder.
        read: reads the files; called again when the writer moved rows from the journal into them meanwhile.
        tell: called with a sentence when the journal cannot be read.
    """
    folder = f"{os.fspath(directory)}/{JOURNAL_FOLDER}"
    before: object = None
    for _ in range(_ATTEMPTS):
        journaled = _segments(folder, tell)
        progress = read()
        now = (progress.lines, journaled[:1])
        # where nothing has moved, rows that are missing between the two are lost, and not just on their way
        if not journaled or _add_journal(progress, Path(folder), with_gap=now == before, tell=tell):
            break
        before = now
        time.sleep(_PAUSE_SECONDS)  # the writer moved rows from the journal into the file between the two looks
    return progress


def _segments(folder: str, tell: Callable[[str], object]) -> list[int]:
    try:
        return segments_of(folder)
    except OSError as error:  # of another user, say: one such run must not hide the others of a list
        tell(f"the journal '{folder}' cannot be read ({error}); rows that only it has are missing")
        return []


def _read_csv(directory: Path) -> RowsRead:
    progress = RowsRead()
    try:
        with files.open_regular(directory / PROGRESS_FILE) as stream:
            progress.columns = _header(complete_lines(stream))
            for records in parse_file(stream) if progress.columns else ():
                progress.lines += len(records)
                progress.rows += [row_of(progress.columns, cells) for cells in records]
    except OSError:
        pass  # none yet, or nothing that can be read: one such run must not hide the others of a list
    _add_long(progress, directory)
    return progress


def _header(lines: Iterator[bytes]) -> list[str]:
    header = next(lines, b"")
    return parse_header(header) if header else []


def row_of(columns: Sequence[str], cells: Sequence[Value]) -> dict[str, Value]:
    """Return the values of a record by key; one that is missing is not there."""
    row = dict(zip(columns, cells, strict=False))
    return {key: value for key, value in row.items() if value is not None} if None in cells else row


def _add_long(progress: RowsRead, directory: Path) -> None:
    """Add the values of keys that have no column."""
    if len(progress.columns) < LARGEST_WIDTH:
        return
    later: dict[str, None] = {}
    with contextlib.suppress(OSError):  # as in `_read_csv`
        for row, key, value in read_long(directory):
            if row < len(progress.rows):
                progress.rows[row][key] = value
                later[key] = None
    progress.columns += later


def _add_journal(progress: RowsRead, folder: Path, with_gap: bool, tell: Callable[[str], object]) -> bool:
    """Add the rows that the file does not have.

    Args:
        progress: the rows of the file.
        folder: the journal.
        with_gap: add what there is, also when rows between file and journal are missing: there is no such file, or
            it could not be written.
        tell: called with a sentence when it cannot be read.

    Returns:
        Whether all rows are there; otherwise none was added.
    """
    try:
        reader = JournalReader(folder)
        with contextlib.closing(reader):
            return _add_rows_of(reader, progress, with_gap)
    except JournalVersionError as error:
        tell(str(error))
    except OSError as error:  # as in `_segments`
        tell(f"the journal '{folder}' cannot be read ({error}); rows that only it has are missing")
    return True


def _add_rows_of(reader: JournalReader, progress: RowsRead, with_gap: bool) -> bool:
    """Add what the file does not have; see `_add_journal`."""
    known = dict.fromkeys(progress.columns)
    found: list[dict[str, Value]] = []
    have = progress.lines
    if not reader.position.segment:  # the first segment is just being made, or was never finished
        return with_gap
    reader.skip_rows(have)
    progress.first_journaled = reader.position.rows
    while True:
        before = reader.position.rows
        batch = reader.read(_RECORDS_AT_ONCE)
        records = [record for record in batch if isinstance(record, Row)]
        # a segment that its run removed in this moment leaves a gap as well
        if not with_gap and reader.position.rows > have + len(found) + len(records):
            return False
        for record in records:
            values = record.items_for("csv")
            known.update(dict.fromkeys(sorted(key for key in values if key not in known)))
            found.append({key: value for key, value in values.items() if value is not None})
        if reader.position.rows == before and not batch:
            break
    # removed, and with it what came behind
    if not with_gap and reader.position.segment not in segments_of(reader.folder):
        return False
    progress.rows += found
    progress.columns = list(known)
    return True
