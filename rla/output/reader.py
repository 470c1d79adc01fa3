"""Reading the rows of a run: its `progress.csv`, and the rows that only the journal of a live or killed run has.

Nothing is written. Reading again is the answer to everything that a living writer may change meanwhile.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from rla import files
from rla.errors import JournalVersionError, warn_quietly
from rla.names import JOURNAL_FOLDER, PROGRESS_FILE
from rla.output.csv_file import LARGEST_WIDTH
from rla.output.csv_text import complete_lines, parse_file, parse_header
from rla.output.journal import segments_of
from rla.output.journal_reader import JournalReader
from rla.output.long_file import read_long
from rla.output.pipeline import flush_if_open
from rla.output.records import Row, Value

if TYPE_CHECKING:
    import pandas

__all__ = ["Progress", "read_progress", "row_of", "with_journal"]

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


ReadT = TypeVar("ReadT", bound=Progress)


def read_progress(directory: str | os.PathLike[str]) -> Progress:
    """Return all rows of a run, live or dead, without writing anything.

    Args:
        directory: the run's log folder; one without `progress.csv` has the rows of its journal.
    """
    directory = Path(directory)
    flush_if_open(directory)
    return with_journal(directory, lambda: _read_csv(directory))


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


def _read_csv(directory: Path) -> Progress:
    progress = Progress()
    try:
        with files.open_regular(directory / PROGRESS_FILE) as stream:
            progress.columns = _header(complete_lines(stream))
            for records in parse_file(stream) if progress.columns else ():
                progress.lines += len(records)
                progress.rows += [row_of(progress.columns, cells) for cells in records]
    except OSError:
        pass  # none yet, or nothing that can be read: one such run must not hide the others of a list
    _add_long(progress, directory)
    progress.rows = list(filter(None, progress.rows))
    return progress


def _header(lines: Iterator[bytes]) -> list[str]:
    header = next(lines, b"")
    return parse_header(header) if header else []


def row_of(columns: Sequence[str], cells: Sequence[Value]) -> dict[str, Value]:
    """Return the values of a record by key; one that is missing is not there."""
    row = dict(zip(columns, cells, strict=False))
    return {key: value for key, value in row.items() if value is not None} if None in cells else row


def _add_long(progress: Progress, directory: Path) -> None:
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


def _add_journal(progress: Progress, folder: Path, with_gap: bool, tell: Callable[[str], object]) -> bool:
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


def _add_rows_of(reader: JournalReader, progress: Progress, with_gap: bool) -> bool:
    """Add what the file does not have; see `_add_journal`."""
    known = dict.fromkeys(progress.columns)
    found: list[dict[str, Value]] = []
    have = progress.lines
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
    # removed, and with it what came behind
    if not with_gap and reader.position.segment not in segments_of(reader.folder):
        return False
    progress.rows += found
    progress.columns = list(known)
    return True
