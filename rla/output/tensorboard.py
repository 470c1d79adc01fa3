"""TensorBoard: one event file for a process, which the user's tensorboardX objects feed too."""

from __future__ import annotations

import itertools
import math
import os
import struct
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from rla import files
from rla.machine import host_name
from rla.names import EVENTS_FOLDER, TIME_STEP, TIMESTAMP
from rla.output.base import AppendedFile, FileOutput, Output
from rla.output.events import framed, scalars_event, version_event
from rla.output.journal import Position
from rla.output.records import Event, Record, Row

__all__ = ["TensorBoardOutput"]

_SELF_EVIDENT: Final = frozenset({TIME_STEP, TIMESTAMP})
"""Each event has a step and a time of its own; as curves they would say nothing."""

_numbers = itertools.count()


class TensorBoardOutput(FileOutput):
    """Writes the event file of this process into ``tb/events``.

    Args:
        directory: the run's log folder.
    """

    name: ClassVar[str] = "tensorboard"

    def __init__(self, directory: Path) -> None:
        files.make_directories(directory / EVENTS_FOLDER)
        super().__init__(directory)
        self._begin()

    @classmethod
    def adopt(cls, directory: Path) -> Output:
        earlier = _event_files(directory)
        if not earlier:
            return cls(directory)
        output = cls.__new__(cls)
        output.file = AppendedFile(earlier[-1])
        return output

    def path_in(self, directory: Path) -> Path:
        return directory / EVENTS_FOLDER / _new_name(_event_files(directory))

    def _begin(self) -> None:
        self.file.append(framed(version_event(time.time())))

    def write(self, records: Sequence[Record]) -> int:
        events = [encoded for record in records if (encoded := self._encoded(record))]
        if events:
            self.file.append(b"".join(map(framed, events)))
        return len(records)

    def _encoded(self, record: Record) -> bytes | None:
        if isinstance(record, Event):
            return record.encoded
        if not isinstance(record, Row):
            return None
        scalars = [
            (key, _as_float32(value))
            for key, value in record.items_for(self.name).items()
            if isinstance(value, (int, float)) and key not in _SELF_EVIDENT
        ]
        return scalars_event(scalars, whole_step(record.step), record.time) if scalars else None

    def restore(self, position: Position, size: int) -> Position:
        position = super().restore(position, size)
        if not self.file.size:
            self._begin()
        return position


def _event_files(directory: Path) -> list[Path]:
    return sorted((directory / EVENTS_FOLDER).glob("events.out.tfevents.*"))


def whole_step(step: int | float) -> int:
    """Return a time step as TensorBoard holds it: a whole number of 64 bits."""
    if not math.isfinite(step):
        return 0
    return max(-(1 << 63), min((1 << 63) - 1, int(step)))


def _as_float32(value: int | float) -> float:
    """Return a number that the 32 bits of a scalar can hold; what is too large becomes infinite."""
    number = float(value)
    try:
        struct.pack("<f", number)
    except OverflowError:
        return math.copysign(math.inf, number)
    return number


def _new_name(earlier: Sequence[Path]) -> str:
    """Return a name that TensorBoard reads after those that are there: it goes by their order."""
    second = int(time.time())
    if earlier:
        newest = earlier[-1].name.split(".")[3]
        second = max(second, int(newest) + 1 if newest.isdigit() else second)
    return f"events.out.tfevents.{second:010d}.{host_name()}.{os.getpid()}.{next(_numbers)}"
