"""Sending and fetching over protocols that can open, read, write and rename single files."""

from __future__ import annotations

import os
import posixpath
import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Final

from rla import files
from rla.errors import SyncError, UnreachableError
from rla.sync.transport import FILE, Fetching, Outcome, RemoteFile, Sending, Transport, other_end_has_more

__all__ = ["FileServer"]

CHUNK: Final = 1 << 20
REWRITTEN: Final = 64 << 10
"""So much of a part is written again when a transfer goes on: the end of what a dead server had may be holes."""

COMPARED: Final = 4096
"""So many bytes at the beginning and at the end tell whether a file here is the beginning of the one there."""


class FileServer(Transport):
    """A transport that has `status`, `make_folder`, `write`, `read`, `put_in_place` and the rest of a server of files.

    All of them raise `UnreachableError` when the connection is gone, another `SyncError` when one file is refused.
    """

    @abstractmethod
    def status(self, path: str) -> RemoteFile | None:
        """Return what is at a path, links not followed; None when nothing is."""

    @abstractmethod
    def make_folder(self, path: str) -> None:
        """Make a folder in one that exists; one that is there already is fine."""

    @abstractmethod
    def write(self, path: str, offset: int, chunks: Iterable[bytes]) -> None:
        """Write into a file from an offset on, and return once the server has said that it has all of it.

        Args:
            path: the file; a new or empty one with offset 0, else one of at least ``offset`` bytes. What it has beyond
                what is written is cut off only where it starts at 0.
            offset: where to begin.
            chunks: what to write, read while it is written.
        """

    @abstractmethod
    def read(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        """Yield the bytes of a file from an offset on, ``size`` in all, or fewer where it ends before."""

    @abstractmethod
    def put_in_place(self, path: str, target: str) -> None:
        """Rename a file, replacing the one at the target as one step where the protocol can."""

    @abstractmethod
    def remove_part(self, path: str) -> None:
        """Remove one of our own parts; one that is not there is fine."""

    @abstractmethod
    def set_modified(self, path: str, modified: float) -> None:
        """Set the time of modification, in seconds since 1970; servers that cannot do it leave it."""

    # ---- sending --------------------------------------------------------------

    def send(self, sendings: Iterable[Sending], until: float | None = None) -> Iterator[Outcome]:
        known: set[str] = {""}
        for sending in sendings:
            moved = _Count()
            try:
                complete = self._send(sending, until, moved, known)
            except UnreachableError:
                raise
            except OSError as error:  # of the file here, or of the one there
                yield Outcome(sending, False, moved.bytes, error)
            else:
                yield Outcome(sending, complete, moved.bytes)

    def _send(self, sending: Sending, until: float | None, moved: _Count, known: set[str]) -> bool:
        """Bring one file to the other end, and say whether it is complete there."""
        with files.descriptor(sending.source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)) as fd:
            there = self.status(sending.path) if sending.offset or sending.grows else None
            if there is not None and there.kind != FILE:
                raise SyncError(f"'{sending.path}' is a {there.kind} at the other end, not a file; it stays as it is.")
            if there is not None and sending.grows and there.size > sending.size:
                raise other_end_has_more(sending, there.size)
            appends = sending.offset and there is not None and there.size >= sending.offset
            if appends and there is not None and self._tail_agrees(fd, sending, there.size):
                self.write(sending.path, there.size, self._chunks(fd, sending, there.size, None, moved))
                self._check_size(sending.path, sending.size)
                return True
            self.make_folders(posixpath.dirname(sending.path), known)
            return self._send_aside(fd, sending, until, moved)

    def _tail_agrees(self, fd: int, sending: Sending, size: int) -> bool:
        """Say whether what the other end has beyond the offset is what stands here; a cut transfer left it."""
        if size == sending.offset:
            return True
        there = b"".join(self.read(sending.path, sending.offset, size - sending.offset))
        return there == os.pread(fd, size - sending.offset, sending.offset)

    def _send_aside(self, fd: int, sending: Sending, until: float | None, moved: _Count) -> bool:
        """Write a file aside, go on where an earlier transfer stopped, and give it its name once it is complete."""
        before = os.fstat(fd)
        if before.st_size < sending.size:
            raise SyncError(f"'{sending.source}' became shorter while it was sent.")
        part = self.status(sending.part)
        start = 0 if part is None or part.size > sending.size else max(0, part.size - REWRITTEN)
        self.write(sending.part, start, self._chunks(fd, sending, start, until, moved))
        if start + moved.bytes < sending.size:
            return False  # the time was up
        self._check_size(sending.part, sending.size)
        after = os.fstat(fd)
        if not sending.grows and (after.st_mtime_ns, after.st_size) != (before.st_mtime_ns, before.st_size):
            self.remove_part(sending.part)
            raise SyncError(f"'{sending.source}' changed while it was sent; it is sent anew.")
        if sending.modified is not None:
            self.set_modified(sending.part, sending.modified)
        self.put_in_place(sending.part, sending.path)
        return True

    def _chunks(self, fd: int, sending: Sending, start: int, until: float | None, moved: _Count) -> Iterator[bytes]:
        """Yield a file of ours from an offset on, at the pace that is allowed, until the time is up.

        It is more than what is written again, at least: each time brings the file nearer to its end.
        """
        position = start
        while position < sending.size and (until is None or time.monotonic() < until or moved.bytes <= REWRITTEN):
            chunk = os.pread(fd, min(self.pace.chunk(CHUNK), sending.size - position), position)
            if not chunk:
                raise SyncError(f"'{sending.source}' became shorter while it was sent.")
            self.pace.take(len(chunk))
            yield chunk
            position += len(chunk)
            moved.bytes += len(chunk)
            self.told(sending.path, len(chunk))

    def _check_size(self, path: str, size: int) -> None:
        there = self.status(path)
        if there is None or there.size != size:
            came = "is gone" if there is None else f"has {there.size:,} bytes"
            raise SyncError(f"'{path}' {came} at the other end, {size:,} bytes were expected; it is sent anew.")

    def make_folders(self, path: str, known: set[str]) -> None:
        """Make a folder and those above it, except for what is known to be there."""
        if path in known:
            return
        self.make_folders(posixpath.dirname(path), known)
        self.make_folder(path)
        known.add(path)

    # ---- fetching -------------------------------------------------------------

    def fetch(self, fetchings: Iterable[Fetching], until: float | None = None) -> Iterator[Outcome]:
        for fetching in fetchings:
            moved = _Count()
            try:
                complete = self._fetch(fetching, until, moved)
            except UnreachableError:
                raise
            except OSError as error:  # of the file here, or of the one there
                yield Outcome(fetching, False, moved.bytes, error)
            else:
                yield Outcome(fetching, complete, moved.bytes)

    def _fetch(self, fetching: Fetching, until: float | None, moved: _Count) -> bool:
        """Bring one file from the other end, and say whether it is complete here."""
        appended = fetching.offset > 0 and self._begins_alike(fetching)
        path = fetching.target if appended else fetching.part
        fd = files.open_append(path)
        try:
            start = os.fstat(fd).st_size
            if not appended and start > fetching.size:
                files.truncate(fd, 0)
                start = 0
            for chunk in self.read(fetching.path, start, fetching.size - start):
                files.append(fd, chunk)
                moved.bytes += len(chunk)
                self.told(fetching.path, len(chunk))
                if until is not None and time.monotonic() >= until:
                    break
            if start + moved.bytes < fetching.size:
                if until is not None and time.monotonic() >= until:
                    return False
                raise SyncError(f"'{fetching.path}' became shorter while it was fetched.")
            files.fsync(fd)
        finally:
            os.close(fd)
        if not appended:
            if fetching.modified is not None:
                files.set_modified(path, fetching.modified)
            files.rename(path, fetching.target)
        return True

    def _begins_alike(self, fetching: Fetching) -> bool:
        """Say whether what is here is the beginning of what is there, by its first and last bytes.

        A table that was given a column has other lines all over.
        """
        length = min(COMPARED, fetching.offset)
        with files.descriptor(fetching.target, os.O_RDONLY) as fd:
            return all(
                os.pread(fd, length, start) == b"".join(self.read(fetching.path, start, length))
                for start in {0, fetching.offset - length}
            )


class _Count:
    """Bytes that travelled so far."""

    def __init__(self) -> None:
        self.bytes = 0
