"""The journal of a run: every record stands here, in the kernel's hands, before `dump_tabular` returns.

A folder of segments `00000001.journal`, …, each a header and frames (`codec`). Outputs read the records back from
here, each from its own `Position`; a commit file says how far each output is known good, so that a run killed at any
instant can be folded into its files with no row twice and none lost. The folder disappears when the run ends.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple

from rla import files
from rla.output.codec import Encoder, as_value
from rla.output.records import Event, Record, Row

__all__ = ["JournalWriter", "Position", "discard_journal", "discard_segments", "segments_of"]

HEADER: Final = struct.Struct("<4sHHQ")
"""Magic, version, reserved, and how many rows the run had before this segment."""

MAGIC: Final = b"RLAJ"
VERSION: Final = 1
SEGMENT_BYTES: Final = 16 << 20
BACKLOG_BYTES: Final = 16 << 20
"""So much is kept in memory while the disk refuses writes; what goes beyond is counted and dropped."""

SUFFIX: Final = ".journal"
COMMIT_FILE: Final = "commit"
LOCK_FILE: Final = "lock"


class Position(NamedTuple):
    """A place in a journal: before the frame at ``offset`` of ``segment``, with ``rows`` rows of the run before it."""

    segment: int
    offset: int
    rows: int


def segments_of(folder: Path) -> list[int]:
    """Return the numbers of the segments in a journal folder, in order; none when there is no journal."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted(
        int(name[: -len(SUFFIX)]) for name in names if name.endswith(SUFFIX) and name[: -len(SUFFIX)].isdigit()
    )


def segment_path(folder: Path, number: int) -> Path:
    """Return the path of a segment."""
    return folder / f"{number:08d}{SUFFIX}"


def read_header(path: Path) -> int | None:
    """Return how many rows the run had before a segment; None when the header is not whole or of another version."""
    try:
        with open(path, "rb") as stream:
            magic, version, _, rows = HEADER.unpack(stream.read(HEADER.size))
    except (OSError, struct.error):
        return None
    return int(rows) if magic == MAGIC and version == VERSION else None


class JournalWriter:
    """Appends records to a new journal, from any thread.

    An append that fails raises nothing: the record is kept in memory, in order, and handed over once the disk takes
    it. ``failures`` and ``dropped_rows`` say what happened.

    Args:
        folder: the journal's folder, made when missing; it holds no segments yet.
        rows: how many rows the run's files hold already.

    Raises:
        OSError: the first segment could not be made.
    """

    def __init__(self, folder: Path, rows: int = 0) -> None:
        self.folder = folder
        self.rows = rows
        self.failures = 0
        self.dropped_rows = 0
        self.failing: OSError | None = None
        self._encoder = Encoder()
        self._mutex = threading.RLock()  # reentrant: a signal handler may write while its thread is in here
        self._appending = False
        self._torn = False  # part of a frame may stand at the end of the segment
        self._backlog: deque[Record] = deque()
        self._backlog_bytes = 0
        files.make_directories(folder)
        self.segment = max(segments_of(folder), default=0)
        self._fd = -1
        self._size = 0
        self._open_segment()

    def _open_segment(self) -> None:
        """Go on in a new segment; the schema is written again, so that it can be read alone."""
        number = self.segment + 1
        fd = files.open_append(segment_path(self.folder, number))
        try:
            files.append(fd, HEADER.pack(MAGIC, VERSION, 0, self.rows))
        except OSError:
            os.close(fd)
            files.remove(segment_path(self.folder, number))
            raise
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._size, self.segment = fd, HEADER.size, number
        self._encoder.forget_schema()

    def append(self, record: Record) -> None:
        """Append a record; when this returns the kernel has it (or the disk refuses, and it waits in memory)."""
        with self._mutex:
            nested, self._appending = self._appending, True
            try:
                if self._backlog:
                    self._keep(record)
                    if not nested:
                        self.retry()
                elif not self._try(record, nested):
                    self._keep(record)
            finally:
                self._appending = nested

    def _try(self, record: Record, nested: bool) -> bool:
        """Hand a record to the kernel; False when that failed.

        A signal handler may append while its thread is in here, between the encoding of a record and its writing:
        a nested record stands alone, and leaves segment and schema as they are.
        """
        if self._size >= SEGMENT_BYTES and not nested:
            with contextlib.suppress(OSError):  # no room for a new file: this one grows a little longer
                self._open_segment()
        try:
            if self._torn:
                self._mend()
            data = self._encoder.encode(record, alone=nested)
            files.append(self._fd, data)
            self._size += len(data)
        except OSError as error:
            self.failures += 1
            self.failing, self._torn = error, True
            self._encoder.forget_schema()
            return False
        self.rows += isinstance(record, Row)
        return True

    def _mend(self) -> None:
        """Cut off part of a frame that a failed write left, or go on in a new segment: behind it, nothing is read."""
        try:
            files.truncate(self._fd, self._size)
        except OSError:
            self._open_segment()
        self._torn = False

    def retry(self) -> bool:
        """Hand over what waits in memory; True when nothing waits any more.

        Nothing is waited for: whoever holds the mutex may be a signal handler that waits for this very thread.
        """
        if not self._backlog:
            return True
        if not self._mutex.acquire(blocking=False):
            return False
        try:
            while self._backlog:
                if not self._try(self._backlog[0], nested=False):
                    return False
                self._backlog.popleft()
            self._backlog_bytes = 0
            self.failing = None
            return True
        finally:
            self._mutex.release()

    def _keep(self, record: Record) -> None:
        if isinstance(record, Row):  # what was recorded may change after the dump
            record = record._replace(values=[as_value(value) for value in record.values])
        self._backlog.append(record)
        self._backlog_bytes += _size_of(record)
        while self._backlog_bytes > BACKLOG_BYTES and len(self._backlog) > 1:
            oldest = self._backlog.popleft()
            self._backlog_bytes -= _size_of(oldest)
            self.dropped_rows += isinstance(oldest, Row)

    def sync(self) -> None:
        """Wait until all that was handed over is on the disk."""
        with contextlib.suppress(OSError):
            files.fsync(self._fd)

    def end(self) -> Position:
        """Return the position behind the last record."""
        with self._mutex:
            return Position(self.segment, self._size, self.rows)

    def close(self) -> None:
        """Close the file; the journal stays as it is."""
        with self._mutex:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the file without the mutex, which another thread may have held when this process was forked."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _size_of(record: Record) -> int:
    """Return about how many bytes a record takes in memory."""
    if isinstance(record, Row):
        return 200 + sum(50 + len(value) if isinstance(value, str) else 32 for value in record.values)
    return 100 + len(record.encoded if isinstance(record, Event) else record.text)


def discard_segments(folder: Path, before: int) -> None:
    """Remove the segments that every output has passed."""
    for number in segments_of(folder):
        if number < before:
            files.remove(segment_path(folder, number))


def discard_journal(folder: Path) -> None:
    """Remove a journal that has been written out completely."""
    for number in segments_of(folder):
        files.remove(segment_path(folder, number))
    for name in (COMMIT_FILE, LOCK_FILE):
        files.remove(folder / name)
    files.remove_directory(folder)
