"""Reading a journal back, for outputs and for readers of a run that lives or has died."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from rla.output.codec import FRAME, Decoder, frames
from rla.output.journal import HEADER, Position, read_header, segment_path, segments_of
from rla.output.records import Record, Row

__all__ = ["JournalReader"]

READ_BYTES: Final = 1 << 16
SKIPPED_AT_ONCE: Final = 1024
LARGEST_HOLE: Final = 64 << 20


class JournalReader:
    """Reads the records of a journal in order, while it is written or after its run has died. It never writes.

    Args:
        folder: the journal's folder.
        position: where to start; the first record that is still there when None. A position without a segment
            means the place behind its number of rows.
    """

    def __init__(self, folder: Path, position: Position | None = None) -> None:
        self.folder = folder
        self._decoder = Decoder(self._frames_at)
        self._fd = -1
        self._buffer = b""
        self._buffer_offset = 0
        self.position = Position(0, 0, 0)
        if position is None or not position.segment:
            self._enter_after(0)
            if position is not None:
                self.skip_rows(position.rows)
        elif position.segment in segments_of(folder) and self._enter(position.segment):
            self._skip_to(position.offset)
        else:
            self._enter_after(position.segment)

    @classmethod
    def near_the_end(cls, folder: Path, segment: int) -> JournalReader | None:
        """Return a reader that begins with a frame near the end of a segment; None when none is found there.

        The rows before it are not counted: its position says nothing about them.
        """
        reader = cls(folder, Position(segment, 0, 0))
        if reader.position.segment != segment:
            return None
        start = max(os.fstat(reader._fd).st_size - READ_BYTES, HEADER.size)
        tail = os.pread(reader._fd, READ_BYTES, start)
        for offset in range(len(tail)):
            if next(frames(tail, offset), None) is not None:
                reader.position = Position(segment, start + offset, 0)
                return reader
        return None

    @classmethod
    def starting_at(cls, folder: Path, position: Position) -> JournalReader:
        """Return a reader that begins at a position without reading what stands before it in its segment.

        Schemas are looked up where they stand. When the segment is gone, the reader begins with the next.
        """
        if not position.segment:
            return cls(folder, position)
        reader = cls(folder, Position(position.segment, 0, 0))
        if reader.position.segment == position.segment and position.offset >= HEADER.size:
            reader.position = position
        return reader

    def _enter(self, segment: int) -> bool:
        """Go to the first record of a segment; False when its header is none that we understand.

        Raises:
            OSError: it is not there, or cannot be read now.
        """
        path = segment_path(self.folder, segment)
        rows = read_header(path)
        if rows is None:
            return False
        fd = os.open(path, os.O_RDONLY)
        self.close()
        self._fd, self._buffer, self._buffer_offset = fd, b"", HEADER.size
        self._decoder = Decoder(self._frames_at)
        self.position = Position(segment, HEADER.size, rows)
        return True

    def _enter_after(self, segment: int) -> bool:
        """Go to the next segment that is there; False when there is none (yet).

        Raises:
            OSError: it cannot be read now; skipping it would lose what it holds.
        """
        for number in segments_of(self.folder):
            if number > segment:
                try:
                    if self._enter(number):
                        return True
                except FileNotFoundError:  # its run has just removed it: every output has passed it
                    continue
        return False

    def _skip_to(self, offset: int) -> None:
        """Go to an offset of the segment, and take the schemas before it along."""
        end, before = Position(self.position.segment, offset, 0), None
        while self.position != before:
            before = self.position
            self._read_here(SKIPPED_AT_ONCE, end)

    def read(self, limit: int, end: Position | None = None) -> list[Record]:
        """Return up to ``limit`` further records; none when there are no more for now.

        Args:
            limit: how many records at most.
            end: go no farther than here.

        Raises:
            OSError: the journal cannot be read now; the position is as it was.
        """
        if end is not None and self.position >= end:
            return []
        records = self._read_here(limit, end)
        while not records and self._newer_is_there():
            # a newer segment is there, so this one is complete: what came in between is read before leaving it
            records = self._read_here(limit, end)
            if not records:
                if not self._enter_after(self.position.segment):
                    break
                records = self._read_here(limit, end)
        return records

    def _newer_is_there(self) -> bool:
        try:
            return any(number > self.position.segment for number in segments_of(self.folder))
        except OSError:  # too many open files, say: the next time may do
            return False

    def skip_rows(self, rows: int) -> None:
        """Go behind the row that makes ``rows`` rows of the run."""
        while self.position.rows < rows and self.read(min(rows - self.position.rows, SKIPPED_AT_ONCE)):
            pass

    def _read_here(self, limit: int, end: Position | None = None) -> list[Record]:
        if self._fd < 0:
            return []
        records = self._decode(limit, end)
        before = None
        while not records and self.position != before:  # a schema may have been all that the last stretch held
            before = self.position
            self._fill()
            records = self._decode(limit, end)
        return records

    def _decode(self, limit: int, end: Position | None) -> list[Record]:
        segment, offset, rows = self.position
        buffer = self._buffer
        if end is not None and segment == end.segment:
            buffer = buffer[: max(end.offset - self._buffer_offset, 0)]
        records, stop = self._decoder.decode(buffer, offset - self._buffer_offset, limit)
        rows += sum(isinstance(record, Row) for record in records)
        self.position = Position(segment, self._buffer_offset + stop, rows)
        return records

    def _fill(self) -> None:
        """Read the next stretch of the segment."""
        self._buffer_offset = self.position.offset
        self._buffer = self._frames_at(self._buffer_offset)

    def _frames_at(self, offset: int) -> bytes:
        """Read a stretch of the segment that holds at least one whole frame, where there is one."""
        stretch = os.pread(self._fd, READ_BYTES, offset)
        if len(stretch) >= FRAME.size:
            needed = FRAME.size + FRAME.unpack_from(stretch)[0]
            if needed > READ_BYTES:
                status = os.fstat(self._fd)
                # a gigabyte that is nowhere on the disk is a hole, and no frame
                stored = getattr(status, "st_blocks", needed) * 512
                if needed <= status.st_size - offset and (needed <= LARGEST_HOLE or needed <= stored):
                    return os.pread(self._fd, needed, offset)
        return stretch

    def is_current(self) -> bool:
        """Say whether the segment that is being read is still the one of its name, and not removed or another one."""
        try:
            there = os.stat(segment_path(self.folder, self.position.segment))
        except OSError:
            return False
        return self._fd >= 0 and os.path.samestat(os.fstat(self._fd), there)

    def close(self) -> None:
        """Close the segment that is being read."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
