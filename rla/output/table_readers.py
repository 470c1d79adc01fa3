"""The files of a run as tables of pandas: `progress.json`, and the scalars of TensorBoard's event files.

What only the journal of a live or killed run has is in the tables too. Nothing is written. The journal is read first:
what its run moves into the files meanwhile is then seen twice, and not missed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rla import files
from rla.errors import JournalVersionError, warn_quietly
from rla.names import EVENTS_FOLDER, JOURNAL_FOLDER, JSON_FILE, TIME_STEP, TIMESTAMP
from rla.output.event_reader import StoredEvent, event_of, read_events
from rla.output.events import scalars_event, whole_step
from rla.output.journal_reader import JournalReader
from rla.output.json_lines import JsonOutput
from rla.output.pipeline import flush_if_open
from rla.output.reader import Progress
from rla.output.records import Event, Record, Row, Value
from rla.output.restart import Restart, valid_until
from rla.output.resumes import resumes_of
from rla.output.tensorboard import SELF_EVIDENT, TensorBoardOutput, as_float32, event_files

if TYPE_CHECKING:
    import pandas

__all__ = ["read_events_table", "read_json_table"]

_RECORDS_AT_ONCE: Final = 1024


def read_json_table(path: str | os.PathLike[str]) -> pandas.DataFrame:
    """Return the rows of a `progress.json`, one column for each key.

    Args:
        path: the file, or the folder it stands in.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line that is complete is no JSON object.
    """
    path = Path(path)
    file = path / JSON_FILE if path.is_dir() else path
    flush_if_open(file.parent)
    if not file.exists():
        raise FileNotFoundError(f"There is no file '{file}'; a run has one when 'json' is among its formats.")
    _, waiting = _journaled(file.parent) if file.name == JSON_FILE else (0, [])
    rows = list(_json_rows(file))
    known = set(map(_moment, rows))
    journaled = [record.items_for(JsonOutput.name) for record in waiting if isinstance(record, Row)]
    rows += [row for row in journaled if _moment(row) not in known]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    values = [{key: value for key, value in row.items() if value is not None} for row in rows]
    return Progress(columns, values).frame()


def _json_rows(path: Path) -> Iterator[dict[str, Any]]:
    with files.open_regular(path) as stream:
        for number, line in enumerate(stream, start=1):
            if not line.endswith(b"\n"):  # its writer was killed, or is about to write the rest
                return
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"Line {number} of '{path}' is no JSON: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"Line {number} of '{path}' is no JSON object: {line[:100]!r}")
            yield row


def _moment(row: dict[str, Value]) -> tuple[str, str]:
    """Return what tells a row from all others; as texts, since NaN is not even itself."""
    return repr(row.get(TIMESTAMP)), repr(row.get(TIME_STEP))


def read_events_table(path: str | os.PathLike[str]) -> pandas.DataFrame:
    """Return the scalars of event files: one column for each tag, one row for each time step, sorted by both.

    Where a tag has several values at a time step, the newest counts. What a resumed run left behind is not there, as in
    TensorBoard. Numbers have the 32 bits that TensorBoard keeps.

    Args:
        path: an event file, a folder of event files, or the log folder of a run.

    Raises:
        FileNotFoundError: there is no event file.
        ValueError: the file is no event file.
    """
    path = Path(path)
    folder = path.parent if path.is_file() else path / EVENTS_FOLDER if (path / EVENTS_FOLDER).is_dir() else path
    run = folder.absolute().parent.parent
    of_a_run = folder.absolute() == run / EVENTS_FOLDER
    if of_a_run:
        flush_if_open(run)
    paths = [path] if path.is_file() else event_files(folder)
    if not paths:
        raise FileNotFoundError(f"There is no event file in '{folder}': expected names like events.out.tfevents.….")
    if path.is_file() and path.stat().st_size and next(read_events(path), None) is None:
        raise ValueError(f"'{path}' is no event file of TensorBoard, or is damaged from its beginning.")
    stored = itertools.chain.from_iterable(map(read_events, paths))
    return _table_of(itertools.chain(stored, _events_of_journal(run) if of_a_run and not path.is_file() else ()))


def _events_of_journal(directory: Path) -> Iterator[StoredEvent]:
    """Yield the records of a run's journal as the event file has them, or will have them."""
    first, waiting = _journaled(directory)
    resumes = resumes_of(directory) if waiting else []
    restart = Restart(whole_step(valid_until(resumes))) if resumes and first <= resumes[-1].rows else None
    for record in waiting:
        if restart is not None:
            void, restart = restart.before(record)
            if void is not None:
                yield StoredEvent(void, 0.0, [], restarts=True)
        yield _event_of_record(record)


def _event_of_record(record: Record) -> StoredEvent:
    """Return a record of the journal as the event file has it."""
    if isinstance(record, Event):
        return event_of(record.encoded)
    if not isinstance(record, Row):
        return StoredEvent(0, 0.0, [])
    values = record.items_for(TensorBoardOutput.name).items()
    scalars = [
        (key, as_float32(value)) for key, value in values if isinstance(value, (int, float)) and key not in SELF_EVIDENT
    ]
    return event_of(scalars_event(scalars, whole_step(record.step), record.time))


def _table_of(events: Iterable[StoredEvent]) -> pandas.DataFrame:
    import pandas

    found: dict[str, dict[int, float]] = {}
    for event in events:
        if event.restarts:
            found = {
                tag: {step: number for step, number in numbers.items() if step < event.step}
                for tag, numbers in found.items()
            }
        for value in event.values:
            if value.number is not None:
                found.setdefault(value.tag, {})[event.step] = value.number
    columns = {tag: pandas.Series(list(found[tag].values()), list(found[tag]), dtype=float) for tag in sorted(found)}
    table: pandas.DataFrame = pandas.DataFrame(columns).sort_index()
    table.index.name = TIME_STEP
    return table


def _journaled(directory: Path) -> tuple[int, list[Record]]:
    """Return how many rows come before a journal, and what it has; the files may have some of it, too."""
    first = 0
    records: list[Record] = []
    try:
        with contextlib.closing(JournalReader(directory / JOURNAL_FOLDER)) as reader:
            first = reader.position.rows
            while batch := reader.read(_RECORDS_AT_ONCE):
                records += batch
    except JournalVersionError as error:
        warn_quietly(str(error))
    except OSError as error:  # of another user, say: the files are what there is
        warn_quietly(f"the journal of '{directory}' cannot be read ({error}); rows that only it has are missing")
    return first, records
