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
from rla.output.codec import Decoder, Encoder, as_value
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
    """Return how many rows the run had before a segment; None when the header is not whole or of another version.

    Raises:
        OSError: the segment cannot be read.
    """
    with open(path, "rb") as stream:
        header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    magic, version, _, rows = HEADER.unpack(header)
    return int(rows) if magic == MAGIC and version == VERSION else None


class JournalWriter:
    """Appends records to a new journal, from any thread.

    An append that fails raises nothing: the record is kept in memory, in order, and handed over once the disk takes
    it. ``failing`` and ``dropped_rows`` say what happened.

    Args:
        folder: the journal's folder, made when missing; it holds no segments yet.
        rows: how many rows the run's files hold already.

    Raises:
        OSError: the first segment could not be made.
    """

    def __init__(self, folder: Path, rows: int = 0) -> None:
        self.folder = folder
        self.dropped_rows = 0
        self.failing: OSError | None = None
        self._encoder = Encoder()
        self._mutex = threading.RLock()  # reentrant: a signal handler may write while its thread is in here
        self._appending = False
        self._stopped = False
        self._torn = False  # what stands behind the position is not known
        self._backlog: deque[Record] = deque()
        self._backlog_bytes = 0
        files.make_directories(folder)
        self._fd = -1
        self.position = Position(max(segments_of(folder), default=0), 0, rows)
        self._open_segment()

    @property
    def segment(self) -> int:
        """The number of the segment that is written."""
        return self.position.segment

    def _open_segment(self) -> None:
        """Go on in a new segment; the schema is written again, so that it can be read alone."""
        number = self.position.segment + 1
        fd = files.open_append(segment_path(self.folder, number))
        try:
            files.append(fd, HEADER.pack(MAGIC, VERSION, 0, self.position.rows))
        except OSError:
            os.close(fd)
            files.remove(segment_path(self.folder, number))
            raise
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self.position = fd, Position(number, HEADER.size, self.position.rows)
        self._encoder.forget_schema()

    def append(self, record: Record) -> bool:
        """Append a record; when this returns the kernel has it (or the disk refuses, and it waits in memory).

        Returns:
            False when the journal takes nothing any more.
        """
        with self._mutex:
            if self._stopped:
                return False
            nested = self._appending
            try:
                self._appending = True
                if self._backlog:
                    self._keep(record)
                    if not nested:
                        self._hand_over_backlog()
                elif not self._try(record, nested):
                    self._keep(record)
            finally:
                self._appending = nested
            return True

    def _try(self, record: Record, nested: bool = False) -> bool:
        """Hand a record to the kernel; False when that failed.

        A signal handler may append while its thread is in here, between the encoding of a record and its writing:
        a nested record stands alone, and leaves segment and schema as they are. A handler may also raise, as that of
        Ctrl-C does: then it is not known what stands at the end of the segment.
        """
        try:
            if self._torn:
                self._mend()
            if self.position.offset >= SEGMENT_BYTES and not nested:
                with contextlib.suppress(OSError):  # no room for a new file: this one grows a little longer
                    self._open_segment()
            data = self._encoder.encode(record, alone=nested)
            files.append(self._fd, data)
            segment, offset, rows = self.position
            self.position = Position(segment, offset + len(data), rows + isinstance(record, Row))
        except BaseException as error:
            self._torn = True
            self._encoder.forget_schema()
            if not isinstance(error, OSError):
                raise
            self.failing = error
            return False
        return True

    def _mend(self) -> None:
        """Find the end of the last whole frame, and cut off what stands behind: nothing is read behind a torn one."""
        segment, offset, rows = self.position
        tail = os.pread(self._fd, os.fstat(self._fd).st_size - offset, offset)
        whole = 0
        for end, record in Decoder().decode(tail):
            whole = end
            rows += isinstance(record, Row)
        self.position = Position(segment, offset + whole, rows)
        try:
            files.truncate(self._fd, offset + whole)
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
            return not self._appending and self._hand_over_backlog()
        finally:
            self._mutex.release()

    def _hand_over_backlog(self) -> bool:
        while self._backlog:
            if not self._try(self._backlog[0]):
                return False
            self._backlog.popleft()
        self._backlog_bytes = 0
        self.failing = None
        return True

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

    def is_read_by(self, position: Position) -> bool:
        """Say whether a reader at a position has read all that was appended, and nothing waits in memory."""
        end = self.position
        at_end = position == end or (end.offset == HEADER.size and position.rows == end.rows)
        return at_end and not self._backlog

    def stop(self) -> None:
        """Take nothing any more."""
        with self._mutex:
            self._stopped = True

    def close(self) -> None:
        """Close the file; the journal stays as it is. What still waits in memory is lost, and counted."""
        with self._mutex:
            self._stopped = True
            self.dropped_rows += sum(isinstance(record, Row) for record in self._backlog)
            self._backlog.clear()
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
