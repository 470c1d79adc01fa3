"""Appending to a journal, from any thread, whatever the disk does."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.output.codec import ROW, ROW_ALONE, Encoder, Excluded, frames
from rla.output.journal import HEADER, MAGIC, VERSION, Position, segment_path, segments_of
from rla.output.records import Episodes, Event, Record, Row
from rla.output.values import as_value

__all__ = ["JournalWriter"]

SEGMENT_BYTES: Final = 16 << 20
BACKLOG_BYTES: Final = 16 << 20
"""So much is kept in memory while the disk refuses writes; what goes beyond is counted and dropped."""
BACKLOG_EVENT_BYTES: Final = BACKLOG_BYTES // 4
"""Of these, pictures and the like get no more: a video must not push rows out."""


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
        self._smooth = True  # nothing of the above, and no backlog
        self._backlog: deque[Record] = deque()
        self._backlog_bytes = 0
        self._backlog_event_bytes = 0
        self._unsynced: deque[int] = deque()  # segments that are complete, and may not be on the disk
        files.make_directories(folder)
        self._fd = -1
        self._end = (max(segments_of(folder), default=0), 0, rows)
        self._open_segment()

    @property
    def position(self) -> Position:
        """The end of what was handed over."""
        return Position(*self._end)

    @property
    def segment(self) -> int:
        """The number of the segment that is written."""
        return self._end[0]

    def _open_segment(self) -> None:
        """Go on in a new segment; the schemas are written again, so that it can be read alone."""
        number, rows = self._end[0] + 1, self._end[2]
        fd = files.open_append(segment_path(self.folder, number))
        try:
            files.append(fd, HEADER.pack(MAGIC, VERSION, 0, rows))
        except OSError:
            os.close(fd)
            files.remove(segment_path(self.folder, number))
            raise
        if self._fd >= 0:
            os.close(self._fd)
            self._unsynced.append(number - 1)
        self._fd, self._end = fd, (number, HEADER.size, rows)
        self._encoder.forget_schemas()

    def append_row(self, row: Mapping[str, Any], step: int | float, time: float, excluded: Excluded) -> bool:
        """Append a row as `append` does, at the price of a training step: nothing is checked twice, or copied.

        Args:
            row: values by key.
            step: the time step.
            time: seconds since 1970.
            excluded: formats that shall not get a key, by key.
        """
        with self._mutex:
            segment, offset, rows = self._end
            if self._smooth and offset < SEGMENT_BYTES and not self._appending:
                self._appending = True
                try:
                    data = self._encoder.row(row, step, time, excluded, offset)
                    files.append(self._fd, data)
                    if self._end[1] == offset:
                        self._end = (segment, offset + len(data), rows + 1)
                    else:  # a signal handler has appended meanwhile
                        self._advance(len(data), 1)
                    return True
                except BaseException as error:
                    self._gone_wrong(error)
                finally:
                    self._appending = False
            return self.append(Row(tuple(row), list(row.values()), step, time, excluded))

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
                self._smooth = not (self._backlog or self._torn or self._stopped)
            return True

    def _try(self, record: Record, nested: bool = False) -> bool:
        """Hand a record to the kernel; False when that failed.

        A signal handler may append while its thread is in here, between the encoding of a record and its writing:
        a nested record stands alone, and leaves segment and schemas as they are. A handler may also raise, as that of
        Ctrl-C does: then it is not known what stands at the end of the segment.
        """
        try:
            if self._torn:
                self._mend()
            if self._end[1] >= SEGMENT_BYTES and not nested:
                with contextlib.suppress(OSError):  # no room for a new file: this one grows a little longer
                    self._open_segment()
            data = self._encoder.encode(record, self._end[1], alone=nested)
            files.append(self._fd, data)
            self._advance(len(data), isinstance(record, Row))
        except BaseException as error:
            self._gone_wrong(error)
            return False
        return True

    def _advance(self, size: int, rows: int) -> None:
        segment, offset, before = self._end
        self._end = (segment, offset + size, before + rows)

    def _gone_wrong(self, error: BaseException) -> None:
        """Take note that an append ended before its time; only errors of the disk are ours to bear."""
        self._torn, self._smooth = True, False
        self._encoder.forget_schemas()
        if not isinstance(error, OSError):
            raise error
        self.failing = error

    def _mend(self) -> None:
        """Find the end of the last whole frame, and cut off what stands behind: nothing is read behind a torn one."""
        segment, offset, rows = self._end
        tail = os.pread(self._fd, os.fstat(self._fd).st_size - offset, offset)
        whole = 0
        for kind, _, end in frames(tail):
            whole = end
            rows += kind in (ROW, ROW_ALONE)
        self._end = (segment, offset + whole, rows)
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
            self._smooth = not (self._backlog or self._torn or self._stopped)
            self._mutex.release()

    def _hand_over_backlog(self) -> bool:
        while self._backlog:
            if not self._try(self._backlog[0]):
                return False
            self._backlog.popleft()
        self._backlog_bytes = self._backlog_event_bytes = 0
        self.failing = None
        return True

    def _keep(self, record: Record) -> None:
        if isinstance(record, Row):  # what was recorded may change after the dump
            record = record._replace(values=[as_value(value) for value in record.values])
        if isinstance(record, Event):
            if self._backlog_event_bytes + _size_of(record) > BACKLOG_EVENT_BYTES:
                return
            self._backlog_event_bytes += _size_of(record)
        self._backlog.append(record)
        self._backlog_bytes += _size_of(record)
        while self._backlog_bytes > BACKLOG_BYTES and len(self._backlog) > 1:
            oldest = self._backlog.popleft()
            self._backlog_bytes -= _size_of(oldest)
            self._backlog_event_bytes -= _size_of(oldest) if isinstance(oldest, Event) else 0
            self.dropped_rows += isinstance(oldest, Row)

    def sync(self) -> None:
        """Wait until all that was handed over is on the disk: older segments first, so that none is missing between."""
        current = self.segment  # the training may begin another one meanwhile; its turn comes the next time
        with contextlib.suppress(OSError):  # the next time
            while self._unsynced and self._unsynced[0] < current:
                self._sync_segment(self._unsynced[0])
                self._unsynced.popleft()
            self._sync_segment(current)
            files.fsync_directory(self.folder)

    def _sync_segment(self, number: int) -> None:
        with (
            contextlib.suppress(FileNotFoundError),  # every output has passed it
            files.descriptor(segment_path(self.folder, number), os.O_RDONLY) as fd,
        ):
            files.fsync(fd)

    def is_read_by(self, position: Position) -> bool:
        """Say whether a reader at a position has read all that was appended, and nothing waits in memory."""
        end = self.position
        at_end = position == end or (end.offset == HEADER.size and position.rows == end.rows)
        return at_end and not self._backlog

    def stop(self) -> None:
        """Take nothing any more."""
        with self._mutex:
            self._stopped, self._smooth = True, False

    def close(self) -> None:
        """Close the file; the journal stays as it is. What still waits in memory is lost, and counted."""
        with self._mutex:
            self._stopped, self._smooth = True, False
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
    if isinstance(record, Episodes):
        return 200 + sum(50 * len(values) for values in record.columns.values())
    return 100 + len(record.encoded if isinstance(record, Event) else record.text)
