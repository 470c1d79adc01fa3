"""Sending and fetching over protocols that can open, read, write and rename single files."""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import stat
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Final

from rla import files
from rla.errors import SyncError, UnreachableError
from rla.sync.transport import (
    FILE,
    Fetching,
    Outcome,
    RemoteFile,
    Sending,
    Transport,
    became_shorter,
    is_over,
    other_end_has_more,
    this_end_has_more,
)

__all__ = ["CHUNK", "FileServer", "Moved", "opened_here"]

CHUNK: Final = 1 << 18
"""So many bytes are read at once; after each of them a transfer may stop."""
REWRITTEN: Final = 1 << 16
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
        """Rename a file, replacing the one at the target as one step where the protocol can; a folder there stays."""

    @abstractmethod
    def remove_part(self, path: str) -> None:
        """Remove one of our own parts; one that is not there is fine."""

    @abstractmethod
    def set_modified(self, path: str, modified: float) -> None:
        """Set the time of modification, in seconds since 1970; servers that cannot do it leave it."""

    # ---- sending --------------------------------------------------------------

    def send(self, sendings: Iterable[Sending], until: float | None = None) -> Iterator[Outcome]:
        known: set[str] = {""}
        begun = False
        for sending in sendings:
            if begun and is_over(until):
                yield Outcome(sending, False)
                continue
            begun = True
            moved = Moved()
            try:
                complete = self.send_one(sending, until, moved, known)
            except UnreachableError:
                raise
            except OSError as error:  # of the file here, or of the one there
                yield Outcome(sending, False, moved.bytes, error)
            else:
                yield Outcome(sending, complete, moved.bytes)

    def send_one(self, sending: Sending, until: float | None, moved: Moved, known: set[str]) -> bool:
        """Bring one file to the other end, and say whether it is complete there.

        Args:
            sending: the file.
            until: a moment of the monotonic clock at which it stops; None for never.
            moved: is told of what travelled, before an error as well.
            known: folders that are there; those that it makes are added.
        """
        with opened_here(sending.source) as fd:
            if os.fstat(fd).st_size < sending.size:
                raise became_shorter(sending.source)
            there = self.file_at(sending.path) if sending.offset or sending.grows else None
            if there is not None and sending.grows and there.size > sending.size:
                raise other_end_has_more(sending, there.size)
            if there is not None and 0 < sending.offset <= there.size <= sending.size:
                beyond = self.read(sending.path, sending.offset, there.size - sending.offset)
                if _agrees(fd, sending.offset, beyond):  # a transfer that was cut may have left it
                    return self._send_tail(fd, sending, there.size, until, moved)
            self.make_folders(posixpath.dirname(sending.path), known)
            return self._send_aside(fd, sending, until, moved)

    def _send_tail(self, fd: int, sending: Sending, start: int, until: float | None, moved: Moved) -> bool:
        """Append to a file what it lacks."""
        if start < sending.size:
            self.write(sending.path, start, self._chunks(fd, sending, start, start, until, moved))
            if start + moved.bytes < sending.size:
                return False  # the time was up
            self._check_size(sending.path, sending.size)
        if sending.modified is not None:
            self.set_modified(sending.path, sending.modified)
        return True

    def _send_aside(self, fd: int, sending: Sending, until: float | None, moved: Moved) -> bool:
        """Write a file aside, go on where an earlier transfer stopped, and give it its name once it is complete."""
        before = os.fstat(fd)
        part = self.file_at(sending.part)
        had = 0 if part is None or part.size > sending.size else part.size
        start = max(0, had - REWRITTEN)
        self.write(sending.part, start, self._chunks(fd, sending, start, had, until, moved))
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

    def _chunks(
        self, fd: int, sending: Sending, start: int, had: int, until: float | None, moved: Moved
    ) -> Iterator[bytes]:
        """Yield a file of ours from an offset on, at the pace that is allowed, until the time is up.

        What the other end had is left behind in any case: transfers with little time come to an end, too.
        """
        position = start
        while position < sending.size and (position <= had or not is_over(until)):
            chunk = os.pread(fd, min(self.pace.chunk(CHUNK), sending.size - position), position)
            if not chunk:
                raise became_shorter(sending.source)
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

    def file_at(self, path: str) -> RemoteFile | None:
        """Return what the other end says of a file; None where nothing is, a `SyncError` where it is none."""
        there = self.status(path)
        if there is not None and there.kind != FILE:
            raise SyncError(f"'{path}' is no regular file at the other end but of the kind '{there.kind}'; it is left.")
        return there

    def make_folders(self, path: str, known: set[str]) -> None:
        """Make a folder and those above it, except for what is known to be there."""
        if path in known:
            return
        self.make_folders(posixpath.dirname(path), known)
        self.make_folder(path)
        known.add(path)

    # ---- fetching -------------------------------------------------------------

    def fetch(self, fetchings: Iterable[Fetching], until: float | None = None) -> Iterator[Outcome]:
        begun = False
        for fetching in fetchings:
            if begun and is_over(until):
                yield Outcome(fetching, False)
                continue
            begun = True
            moved = Moved()
            try:
                complete = self._fetch(fetching, until, moved)
            except UnreachableError:
                raise
            except OSError as error:  # of the file here, or of the one there
                yield Outcome(fetching, False, moved.bytes, error)
            else:
                yield Outcome(fetching, complete, moved.bytes)

    def _fetch(self, fetching: Fetching, until: float | None, moved: Moved) -> bool:
        """Bring one file from the other end, and say whether it is complete here."""
        there = self.file_at(fetching.path)
        if there is None:
            raise SyncError(f"'{fetching.path}' is not at the other end any more.")
        if there.size < fetching.size:
            raise became_shorter(fetching.path)
        appended = fetching.offset > 0 and self._has_beginning(fetching)
        path = fetching.target if appended else fetching.part
        fd = files.open_append(path)
        try:
            start = os.fstat(fd).st_size
            if not appended and start > fetching.size:
                files.truncate(fd, 0)
                start = 0
            self._receive(fd, fetching, start, until, moved)
            if start + moved.bytes < fetching.size:
                if is_over(until):
                    return False
                raise became_shorter(fetching.path)
            files.fsync(fd)
        finally:
            os.close(fd)
        if fetching.modified is not None:
            files.set_modified(path, fetching.modified)
        if not appended:
            files.rename(path, fetching.target)
        return True

    def _has_beginning(self, fetching: Fetching) -> bool:
        """Say whether the file here is the beginning of that at the other end, so that the rest can be appended.

        Its first and last bytes are compared: a table that was given a column has other lines all over.
        """
        try:
            with opened_here(fetching.target) as fd:
                size = os.fstat(fd).st_size
                if size > fetching.size:
                    raise this_end_has_more(fetching, size)
                length = min(COMPARED, fetching.offset)
                places = ((0, length), (fetching.offset - length, length), (fetching.offset, size - fetching.offset))
                return size >= fetching.offset and all(
                    _agrees(fd, start, self.read(fetching.path, start, count)) for start, count in places
                )
        except FileNotFoundError:
            return False

    def _receive(self, fd: int, fetching: Fetching, start: int, until: float | None, moved: Moved) -> None:
        """Append what the other end has from an offset on, until the time is up."""
        for chunk in self.read(fetching.path, start, fetching.size - start):
            files.append(fd, chunk)
            moved.bytes += len(chunk)
            self.told(fetching.path, len(chunk))
            if is_over(until):
                return


class Moved:
    """Bytes that travelled so far."""

    def __init__(self) -> None:
        self.bytes = 0


@contextlib.contextmanager
def opened_here(path: str) -> Iterator[int]:
    """Open a file here for reading; a link is not followed, and a pipe not waited for."""
    try:
        with files.descriptor(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW) as fd:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise SyncError(f"'{path}' is no regular file.")
            yield fd
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SyncError(f"'{path}' is a symbolic link, which is not followed.") from None
        raise


def _agrees(fd: int, offset: int, chunks: Iterable[bytes]) -> bool:
    """Say whether a file here has these bytes from an offset on.

    All of them are read in any case: over FTP, a file that is left half-read is an answer that comes out of turn.
    """
    agreed = True
    for chunk in chunks:
        agreed = agreed and os.pread(fd, len(chunk), offset) == chunk
        offset += len(chunk)
    return agreed
