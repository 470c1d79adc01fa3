"""The newest values of a run, found from the ends of its files, so that a long run is not read whole for them.

Nothing is written. A run that goes on is asked again at the price of what it has recorded since.
"""

from __future__ import annotations

import contextlib
import errno
import os
import zlib
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rla.names import JOURNAL_FOLDER, LONG_FILE, PROGRESS_FILE
from rla.output.commit import Commit
from rla.output.csv_blocks import MOST_COLUMNS, CsvFile, blocks, count_records, encoding_problem, open_csv, told
from rla.output.csv_file import LARGEST_WIDTH
from rla.output.journal import Position, segments_of
from rla.output.journal_reader import JournalReader
from rla.output.long_file import long_values
from rla.output.newest_cells import newest_cells
from rla.output.records import Row, Value
from rla.output.resumes import stamp_of_resumes

__all__ = ["LastValues", "last_values", "read_last_values"]

_ATTEMPTS: Final = 20
_RECORDS_AT_ONCE: Final = 1024
_MARK_BYTES: Final = 256


@dataclass(frozen=True)
class LastValues:
    """The newest values of a run.

    Attributes:
        values: the newest value of each key that was ever recorded, time step and timestamp among them.
        state: how far the files were read, to go on from there; plain data that JSON can hold.
        problem: why values may be missing, a text for people; None when all is well.
    """

    values: dict[str, Value]
    state: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None


def last_values(directory: str | os.PathLike[str]) -> dict[str, Value]:
    """Return the newest value of each key that a run has recorded; empty when there are none."""
    return read_last_values(directory).values


def read_last_values(directory: str | os.PathLike[str], before: LastValues | None = None) -> LastValues:
    """Return the newest value of each key that a run has recorded, live or dead.

    Keys are often recorded in rows of their own, so the last row alone says little. A folder that cannot be read is no
    error, since whoever reads many wants the others: what could be read is there, and `LastValues.problem` says what is
    wrong. One without records has no values, and no problem.

    Args:
        directory: the run's log folder.
        before: what was found there earlier: only what came since is read. It may be of a file that was changed in any
            way meanwhile.
    """
    directory = os.fspath(directory)  # as text: making a path takes as long as asking the system for what it names
    found = _all_or_new(directory, before)
    resumed = stamp_of_resumes(directory)  # after the rows: a resume that is noted later has none of them
    if found.state.get("segments") == resumed:
        return found
    return _all_or_new(directory, None) if resumed is None else _of_history(directory, resumed)


def _all_or_new(directory: str, before: LastValues | None) -> LastValues:
    """Return the newest values of all rows; where it goes on with what was found earlier, the state is marked as that.

    Args:
        directory: the run's log folder.
        before: what was found there earlier.
    """
    folder = f"{directory}/{JOURNAL_FOLDER}"
    if before is not None and before.problem is not None:
        before = None
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            segments = segments_of(folder)
        except OSError as error:  # of another user, say
            return _told(_filed(directory, None), told(JOURNAL_FOLDER, error))
        if not segments:
            # a value that only the journal had may have been lost with it: then the file alone counts
            return _filed(directory, None if before and before.state.get("journal") else before)
        if found := _journaled(directory, folder, before, at_last=attempt == _ATTEMPTS):
            return found
    raise AssertionError("the last attempt takes what there is")


def _told(found: LastValues, problem: str | None) -> LastValues:
    return LastValues(found.values, found.state, found.problem or problem)


def _journaled(directory: str, journal: str, before: LastValues | None, at_last: bool) -> LastValues | None:
    """Return the values of the files, and those of the journal over them; None when the run changed both meanwhile.

    All rows before the commit are in the file. So the commit comes first, then the file, and last the journal behind
    the commit: no row is missed, and the journal has the newest.
    """
    folder = Path(journal)
    position = None if at_last else _committed(folder)
    filed = _filed(directory, before)
    values = dict(filed.values)
    problem = None
    try:
        reader = JournalReader.starting_at(folder, position) if position else JournalReader(folder)
        with contextlib.closing(reader):
            first = reader.position.segment
            while records := reader.read(_RECORDS_AT_ONCE):
                for record in records:
                    if isinstance(record, Row):
                        values.update(_without_none(record))
        if not at_last and ((position and position.segment) or first) not in segments_of(folder):
            return None  # every output has passed it meanwhile
    except OSError as error:
        problem = told(JOURNAL_FOLDER, error)
    return _told(LastValues(values, {**filed.state, "journal": True}, filed.problem), problem)


def _without_none(row: Row) -> dict[str, Value]:
    return {key: value for key, value in row.items_for("csv").items() if value is not None}


def _committed(folder: Path) -> Position | None:
    """Return how far `progress.csv` is known good; None when that is not known."""
    try:
        position, _ = Commit(folder).read()["csv"]
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        return None
    return position if all(type(number) is int and number >= 0 for number in position) else None


def _filed(directory: str, before: LastValues | None) -> LastValues:
    """Return the newest values of the files."""
    path = f"{directory}/{PROGRESS_FILE}"
    try:
        if before is not None and before.state.items() >= _identity(os.stat(path)).items():
            return before
        with open_csv(path) as file:
            return _newest(file, directory, before)
    except FileNotFoundError:
        return LastValues({})  # nothing recorded yet
    except OSError as error:
        return LastValues({}, {}, told(PROGRESS_FILE, error))


def _identity(status: os.stat_result) -> dict[str, int]:
    return {"inode": status.st_ino, "size": status.st_size, "modified": status.st_mtime_ns}


def _newest(file: CsvFile, directory: str, before: LastValues | None) -> LastValues:
    start = file.start
    if before is not None and _goes_on(file, before.state.get("end"), before.state.get("mark")):
        start = before.state["end"]
    else:
        before = None
    values = dict(before.values) if before else {}
    places = {column: place for place, column in enumerate(file.columns)}
    newest = newest_cells(file, start, places.values())
    values.update((column, newest.values[place]) for column, place in places.items() if place in newest.values)
    problem = newest.problem or encoding_problem(file.header)
    state = {**_identity(file.status), "end": newest.end, "mark": _mark(file, newest.end)}
    if before is not None and "segments" in before.state:
        state["segments"] = before.state["segments"]
    problem = problem and f"{PROGRESS_FILE}: {problem}"
    if len(file.columns) >= LARGEST_WIDTH:
        since = before.state if before else {}
        state["rows"] = since.get("rows", 0) + count_records(file.read, start)
        problem = _add_long(values, state, directory, since) or problem
    return LastValues(values, state, problem)


def _goes_on(file: CsvFile, end: object, mark: object) -> bool:
    """Say whether a file that was read up to an end is the same up to there."""
    return type(end) is int and file.start <= end <= file.status.st_size and _mark(file, end) == mark


def _mark(file: CsvFile, end: int) -> int:
    return zlib.crc32(file.read(max(end - _MARK_BYTES, 0), end), zlib.crc32(file.header))


def _of_history(directory: str, resumed: str) -> LastValues:
    """Return the newest values of a run that was resumed, of all that it did not leave behind.

    Args:
        directory: the run's log folder.
        resumed: the stamp of its resumes, as it was before anything is read here.
    """
    from rla.output.columns import read_left_behind
    from rla.output.newest_of_history import newest_of_history

    problems: list[str] = []
    left = read_left_behind(directory, problems)
    values: dict[str, Value] = {}
    state: dict[str, Any] = {}
    try:
        with open_csv(f"{directory}/{PROGRESS_FILE}") as file:
            newest, is_whole = newest_of_history(file, left.lines)
            places = {column: place for place, column in enumerate(file.columns)}
            values.update((column, newest.values[place]) for column, place in places.items() if place in newest.values)
            if newest.problem:
                problems.append(f"{PROGRESS_FILE}: {newest.problem}")
            if is_whole and left.is_settled:
                state = {**_identity(file.status), "end": newest.end, "mark": _mark(file, newest.end)}
                state |= {"segments": resumed, "journal": bool(left.journaled)}
            if len(file.columns) >= LARGEST_WIDTH:
                state["rows"] = len(left.lines)
                without = frozenset(left.lines.nonzero()[0].tolist())
                problems += filter(None, [_add_long(values, state, directory, {}, without)])
    except FileNotFoundError:
        pass  # only the journal has something
    except OSError as error:
        problems.append(told(PROGRESS_FILE, error))
    for row in left.journaled:
        values.update(row)
    return LastValues(values, state, next(iter(problems), None))


def _add_long(
    values: dict[str, Value],
    state: dict[str, Any],
    directory: str,
    since: dict[str, Any],
    without: Container[int] = (),
) -> str | None:
    """Add the values of keys that have no column, but those of some rows; return what is wrong with their file."""
    try:
        with open_csv(f"{directory}/{LONG_FILE}") as file:
            goes_on = _goes_on(file, since.get("long end"), since.get("long mark"))
            start = end = since["long end"] if goes_on else file.start
            for block in blocks(file.read, start):
                lines = long_values(block)
                values.update((key, value) for row, key, value in lines if row < state["rows"] and row not in without)
                if len(values) > MOST_COLUMNS:
                    raise OSError(errno.EFBIG, f"it has more than {MOST_COLUMNS:,} keys")
                start += len(block)
                # lines of rows that are not there yet are looked at again
                end = start if all(row < state["rows"] for row, _, _ in lines) else end
            state |= {"long end": end, "long mark": _mark(file, end)}
    except FileNotFoundError:
        pass
    except OSError as error:
        return told(LONG_FILE, error)
    return None
