"""`episodes.csv`: a line for each episode that ended. It only grows; its lines are never rewritten.

The columns are always ``time-step,return,length,env,timestamp,extra``; the last holds what else the training told of an
episode, as JSON, so that a name that comes late changes nothing. The file is made with the first episode.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from rla import files
from rla.names import EPISODES_FILE, TIME_STEP, TIMESTAMP
from rla.output.base import AppendedFile, Output
from rla.output.csv_text import complete_lines, encode_header, encode_rows
from rla.output.episodes.arguments import ENV, EXTRA, LENGTH, RETURN
from rla.output.journal import Position
from rla.output.records import Episodes, Record, Value

__all__ = ["COLUMNS", "EpisodesOutput", "FileEnd", "cells_of", "end_of", "split_extra"]

COLUMNS: Final = (TIME_STEP, RETURN, LENGTH, ENV, TIMESTAMP)
"""Of every file; behind them stands ``extra``."""

_HEADER: Final = encode_header((*COLUMNS, EXTRA))


class FileEnd(NamedTuple):
    """How far an `episodes.csv` is.

    Attributes:
        size: bytes up to the end of its last complete line.
        episodes: how many it has.
        time: the timestamp of the last one; 0 when there is none.
        at_time: how many of the last episodes have that timestamp.
    """

    size: int = 0
    episodes: int = 0
    time: float = 0.0
    at_time: int = 0


def end_of(path: Path) -> FileEnd:
    """Return how far a file is; the beginning when it is not there."""
    try:
        stream = files.open_regular(path)
    except FileNotFoundError:
        return FileEnd()
    size = count = at_time = 0
    time = b""
    with stream:
        for number, line in enumerate(complete_lines(stream)):
            size += len(line)
            if number:
                count += 1
                last = split_extra(line)[0].rstrip(b",\n").rpartition(b",")[2]
                at_time = at_time + 1 if last == time else 1
                time = last
    return FileEnd(size, count, float(time or 0), at_time)


def split_extra(line: bytes) -> tuple[bytes, bytes]:
    """Return a line without its last cell, and the JSON of that; it is empty where the line has none."""
    if not line.endswith(b'}"\n'):
        return line, b""
    head, _, tail = line.rpartition(b',"{')  # inside of a text a quote is doubled, so this is where the cell begins
    return head + b",\n", b"{" + tail[:-2].replace(b'""', b'"')


def cells_of(episodes: Episodes) -> Iterator[tuple[Sequence[Value], dict[str, Value]]]:
    """Yield the cells of each episode that every file has, and the extra ones by name."""
    columns = dict(episodes.columns)
    returns = columns.pop(RETURN)
    nothing: Sequence[Value] = [None] * len(returns)
    lengths, envs = columns.pop(LENGTH, nothing), columns.pop(ENV, nothing)
    for number, cells in enumerate(zip(returns, lengths, envs, strict=True)):
        extra = {name: values[number] for name, values in columns.items()}
        yield (episodes.step, *cells, episodes.time), extra


def _lines(episodes: Episodes, first: int) -> bytes:
    """Return the lines of episodes, from one of them on."""
    rows = itertools.islice(cells_of(episodes), first, None)
    return encode_rows([(*cells, _as_json(extra)) for cells, extra in rows])


def _as_json(extra: dict[str, Value]) -> str | None:
    return json.dumps(extra, separators=(",", ":")) if extra else None


class EpisodesOutput(Output):
    """Writes `episodes.csv`.

    Args:
        directory: the run's log folder.
    """

    name: ClassVar[str] = "episodes"
    kinds: ClassVar[frozenset[type]] = frozenset((Episodes,))

    def __init__(self, directory: Path) -> None:
        self._path = directory / EPISODES_FILE
        self._file: AppendedFile | None = None
        self._found = FileEnd()
        self._have = FileEnd()  # what a dead process has written already, while its journal is replayed
        if self._path.exists():
            self._open()

    def _open(self) -> AppendedFile:
        self._file = AppendedFile(self._path)
        self._found = end_of(self._path)
        if self._found.size != self._file.size:  # a line was cut short, by a kill or by a power cut
            self._file.truncate(self._found.size)
        return self._file

    def write(self, records: Sequence[Record]) -> int:
        found = [record for record in records if isinstance(record, Episodes)]
        if lines := b"".join(map(self._new_lines, found)) if found else b"":
            file = self._file or self._open()
            file.append(lines if file.size else _HEADER + lines)
        return len(records)

    def _new_lines(self, episodes: Episodes) -> bytes:
        have = self._have
        if episodes.time < have.time:
            return b""
        first = have.at_time if episodes.time == have.time else 0
        return _lines(episodes, first) if first < len(episodes.columns[RETURN]) else b""

    def size(self) -> int:
        return 0 if self._file is None else self._file.size

    def sync(self) -> None:
        if self._file is not None:
            self._file.sync()

    def restore(self, position: Position, size: int) -> Position:
        """Go on behind the last complete line, whatever the commit said: timestamps tell what is there already."""
        self._have = self._found
        return position

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
