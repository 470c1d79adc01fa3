"""TensorBoard: one event file for a process, which the user's tensorboardX objects feed too."""

from __future__ import annotations

import contextlib
import itertools
import math
import operator
import os
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from rla import files
from rla.machine import host_name
from rla.names import EVENTS_FOLDER, TIME_STEP, TIMESTAMP
from rla.output.base import AppendedFile, FileOutput, Output
from rla.output.event_reader import read_events
from rla.output.events import ScalarTemplate, framed, restart_event, scalars_event, version_event, whole_step
from rla.output.journal import Position
from rla.output.records import Event, Record, Row, Value
from rla.output.restart import Restart, valid_until
from rla.output.resumes import resumes_of
from rla.output.schemas import PerSchema
from rla.output.table import shortened

__all__ = [
    "SELF_EVIDENT",
    "TensorBoardOutput",
    "as_float32",
    "begin_events_in",
    "event_files",
    "events_folder",
]

SELF_EVIDENT: Final = frozenset({TIME_STEP, TIMESTAMP})
"""Each event has a step and a time of its own; as curves they would say nothing."""

_numbers = itertools.count()


class TensorBoardOutput(FileOutput):
    """Writes the event file of this process into ``tb/events``, or where `events_folder` says.

    Args:
        directory: the run's log folder.
    """

    name: ClassVar[str] = "tensorboard"

    def __init__(self, directory: Path) -> None:
        files.make_directories(self.folder_in(directory))
        super().__init__(directory)
        self._prepare(directory)
        self._begin()

    def _prepare(self, directory: Path) -> None:
        self._directory = directory
        self._scalars = PerSchema(self._scalars_of)
        self._told: set[str] = set()
        self._restart: Restart | None = None

    @classmethod
    def adopt(cls, directory: Path) -> Output:
        earlier = event_files(cls.folder_in(directory))
        if not earlier:
            return cls(directory)
        output = cls.__new__(cls)
        output.file = AppendedFile(earlier[-1])
        output._prepare(directory)
        return output

    def path_in(self, directory: Path) -> Path:
        folder = self.folder_in(directory)
        return folder / _new_name(event_files(folder))

    @classmethod
    def folder_in(cls, directory: Path) -> Path:
        """Return the folder of the event files."""
        return events_folder(directory)

    def _begin(self) -> None:
        self.file.append(framed(version_event(time.time())))

    def resume(self, step: int | float) -> None:
        self._restart = Restart(whole_step(step))

    def write(self, records: Sequence[Record]) -> int:
        if self._restart is not None:
            return self._write_after_resume(records, self._restart)
        events = [framed(encoded) for record in records if (encoded := self._encoded(record))]
        if events:
            self.file.append(b"".join(events))
        return len(records)

    def _write_after_resume(self, records: Sequence[Record], restart: Restart | None) -> int:
        events: list[bytes] = []
        for record in records:
            if restart is not None:
                void, restart = restart.before(record)
                # twice: one reader of TensorBoard takes the first that it ever sees for the start of the run
                events += [] if void is None else 2 * [framed(restart_event(void, time.time()))]
            if encoded := self._encoded(record):
                events.append(framed(encoded))
        if events:
            self.file.append(b"".join(events))
        self._restart = restart
        return len(records)

    def _encoded(self, record: Record) -> bytes | None:
        if isinstance(record, Row):
            scalars = self._scalars(record)
            return None if scalars is None else scalars.encoded(record)
        return record.encoded if isinstance(record, Event) else None

    def _scalars_of(self, row: Row) -> _Scalars | None:
        wanted = row.keys_for(self.name) - SELF_EVIDENT
        keys = [key for key in row.keys if key in wanted]
        return _Scalars(keys, row.keys, self._tell) if keys else None

    def _tell(self, key: str, value: Value) -> None:
        """Say once for each key that its value is none that TensorBoard shows."""
        if key not in self._told:
            self._told.add(key)
            self.notices.append(
                f"'{key}' is no number ({shortened(repr(value))}), so TensorBoard does not show it; the other outputs "
                "do. With exclude='tensorboard' this is not said."
            )

    def restore(self, position: Position, size: int) -> Position:
        position = super().restore(position, size)
        if not self.file.size:
            self._begin()
        self._restart = self._restart_at(position)
        return position

    def _restart_at(self, position: Position) -> Restart | None:
        """Return what is still to be told of a resume whose process was killed before its first row was written."""
        resumes = resumes_of(self._directory, lambda problem: None)
        if not resumes or position.rows != resumes[-1].rows:
            return None
        told: list[int] = []
        with contextlib.suppress(ValueError):  # of a foreign hand
            told += [event.step for event in read_events(self.file.path) if event.restarts]
        return Restart(whole_step(valid_until(resumes)), min(told, default=None))


def events_folder(directory: Path) -> Path:
    """Return where event files of a log folder lie: in ``tb/events``, or in the folder itself where they began there.

    Args:
        directory: the run's log folder.
    """
    nested = directory / EVENTS_FOLDER
    return directory if event_files(directory) and not event_files(nested) else nested


def begin_events_in(directory: Path) -> None:
    """Let the event files lie in a folder itself, as `SummaryWriter` of torch has them, by a first file without values.

    TensorBoard then calls the run by the folder's name. A folder that has event files already stays as it is.

    Raises:
        OSError: it could not be written.
    """
    if not event_files(events_folder(directory)):
        files.make_directories(directory)
        with contextlib.closing(AppendedFile(directory / _new_name(()))) as first:
            first.append(framed(version_event(time.time())))


def event_files(folder: Path) -> list[Path]:
    """Return the event files of a folder, in the order in which TensorBoard reads them."""
    return sorted(folder.glob("events.out.tfevents.*"))


class _Scalars:
    """The scalars of rows that have the same keys.

    Args:
        wanted: the keys that TensorBoard gets, in their order.
        keys: the keys of the row's values.
        tell: called with a key and its value where that is no number.
    """

    def __init__(self, wanted: Sequence[str], keys: Sequence[str], tell: Callable[[str, Value], None]) -> None:
        self._tags = wanted
        self._tell = tell
        places = [keys.index(key) for key in wanted]
        self._pick = operator.itemgetter(*places) if len(places) > 1 else lambda values: (values[places[0]],)
        self._template = ScalarTemplate(wanted)

    def encoded(self, row: Row) -> bytes | None:
        """Return the event of a row; None when no value of it is a number."""
        values = self._pick(row.values)
        step = row.step if type(row.step) is int and 0 <= row.step < 1 << 63 else whole_step(row.step)
        try:
            return self._template.event(values, step, row.time)
        except (struct.error, OverflowError):  # texts, None, or numbers beyond the floats of 32 bits
            scalars = []
            for tag, value in zip(self._tags, values, strict=True):
                if isinstance(value, (int, float)):
                    scalars.append((tag, as_float32(value)))
                elif value is not None:
                    self._tell(tag, value)
            return scalars_event(scalars, step, row.time) if scalars else None


def as_float32(value: int | float) -> float:
    """Return a number that the 32 bits of a scalar can hold; what is too large becomes infinite."""
    try:
        number = float(value)
        struct.pack("<f", number)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return number


def _new_name(earlier: Sequence[Path]) -> str:
    """Return a name that TensorBoard reads after those that are there: it goes by their order."""
    second = int(time.time())
    if earlier:
        newest = earlier[-1].name.split(".")[3]
        second = max(second, int(newest) + 1 if newest.isdigit() else second)
    return f"events.out.tfevents.{second:010d}.{host_name()}.{os.getpid()}.{next(_numbers)}"
