"""Small files by SFTP, each as steps that wait for no other file: see `rla.sync.ssh.pipeline`."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rla import files
from rla.errors import SyncError, UnreachableError
from rla.sync.file_server import FileServer, opened_here
from rla.sync.ssh import session as sftp
from rla.sync.ssh.pipeline import Steps
from rla.sync.ssh.requests import PIECE, described, read_request, times_of, write_requests
from rla.sync.ssh.session import Reply, text
from rla.sync.transport import (
    FILE,
    FOLDER,
    LINK,
    Fetching,
    Outcome,
    RemoteFile,
    Sending,
    became_shorter,
    is_over,
    other_end_has_more,
)

if TYPE_CHECKING:
    from rla.sync.sftp import SftpTransport

__all__ = ["SMALL", "Fetched", "fetch_steps", "list_steps", "send_steps"]

SMALL: Final = 8 * PIECE
"""Files of at most so many bytes, and tails that are sent, travel at once with others."""

_LISTINGS: Final = 2
"""A folder is asked so often for more entries before its answers are looked at: mostly the second says that it ends."""


def send_steps(
    transport: SftpTransport, sending: Sending, known: set[str], until: float | None, first: bool
) -> Steps[Outcome]:
    """Send a small file, or the small tail of one, and return how it went.

    Args:
        transport: how to get there.
        sending: the file.
        known: folders that are there.
        until: a moment of the monotonic clock from which on none is begun.
        first: whether it is begun all the same: however little time there is, one file travels.
    """
    if not first and is_over(until):
        return Outcome(sending, False)
    try:
        if not sending.offset:
            yield from _send_whole(transport, sending, known)
        elif not (yield from _send_tail(transport, sending)):
            return next(FileServer.send(transport, [sending], until))  # the other end has not what it should
    except UnreachableError:
        raise
    except OSError as error:  # of the file here, or of the one there
        return Outcome(sending, False, 0, error)
    return Outcome(sending, True, sending.size - sending.offset)


def _send_whole(transport: SftpTransport, sending: Sending, known: set[str]) -> Steps[None]:
    """Write a file aside, and give it its name once the server has said that it has all of it."""
    asked, part = transport.requests, sending.part
    content = _content(transport, sending)
    transport.make_folders(posixpath.dirname(sending.path), known)
    handle = transport.handle_of((yield asked.open_to_write(part, 0)), part, "write")
    times = [] if sending.modified is None else [(sftp.FSETSTAT, handle + times_of(sending.modified))]
    pieces = write_requests(handle, 0, content)
    looks = [asked.look(sending.path)] if sending.grows else []
    replies = yield [*pieces, (sftp.FSTAT, handle), *times, *looks, (sftp.CLOSE, handle)]
    _check_written(transport, sending, part, replies[: len(pieces)], replies[len(pieces)])
    transport.accepted(replies[-1], part, "write")
    there = transport.seen(sending.path, replies[-2]) if looks else None
    if there is not None and there.size > sending.size:
        transport.remove_part(part)
        raise other_end_has_more(sending, there.size)
    (renamed,) = yield [asked.renaming(part, sending.path)]
    if renamed.code != sftp.OK:
        transport.put_in_place(part, sending.path)


def _send_tail(transport: SftpTransport, sending: Sending) -> Steps[bool]:
    """Append to a file, and say whether that could be done: whether the other end has just what is expected."""
    asked = transport.requests
    (looked,) = yield [asked.look(sending.path)]
    there = transport.seen(sending.path, looked)
    if there is None or there.kind != FILE or there.size != sending.offset:
        return False
    content = _content(transport, sending)
    opened = yield asked.open_to_write(sending.path, sending.offset)
    handle = transport.handle_of(opened, sending.path, "write")
    pieces = write_requests(handle, sending.offset, content)
    times = [] if sending.modified is None else [(sftp.FSETSTAT, handle + times_of(sending.modified))]
    replies = yield [*pieces, (sftp.FSTAT, handle), *times, (sftp.CLOSE, handle)]
    _check_written(transport, sending, sending.path, replies[: len(pieces)], replies[len(pieces)])
    transport.accepted(replies[-1], sending.path, "write")
    return True


def _check_written(transport: SftpTransport, sending: Sending, path: str, written: list[Reply], looked: Reply) -> None:
    """Make sure that every piece was taken, and that the file has the size it should."""
    for reply in written:
        transport.accepted(reply, path, "write")
    there = transport.accepted(looked, path, "look at").attributes().size
    if there != sending.size:
        raise SyncError(
            f"'{path}' has {there:,} bytes at the other end, {sending.size:,} were expected; it is sent anew."
        )


def _content(transport: SftpTransport, sending: Sending) -> bytes:
    """Read what is to be sent of a file."""
    count = sending.size - sending.offset
    with opened_here(sending.source) as fd:
        before = os.fstat(fd)
        content = os.pread(fd, count, sending.offset) if count else b""
        after = os.fstat(fd)
    if len(content) < count:
        raise became_shorter(sending.source)
    if not sending.grows and (after.st_mtime_ns, after.st_size) != (before.st_mtime_ns, before.st_size):
        raise SyncError(f"'{sending.source}' changed while it was sent; it is sent anew.")
    transport.pace.take(count)
    transport.told(sending.path, count)
    return content


@dataclass(frozen=True)
class Fetched:
    """What came of a small file.

    Attributes:
        fetching: the file.
        content: its bytes.
        outcome: how it went, where it went otherwise than to be kept.
    """

    fetching: Fetching
    content: bytes = b""
    outcome: Outcome | None = None

    def keep(self) -> Outcome:
        """Write it here: aside, and then to its place."""
        fetching = self.fetching
        if self.outcome is not None:
            return self.outcome
        try:
            fd = files.open_append(fetching.part)
            try:
                files.truncate(fd, 0)
                files.append(fd, self.content)
                files.fsync(fd)
            finally:
                os.close(fd)
            if fetching.modified is not None:
                files.set_modified(fetching.part, fetching.modified)
            files.rename(fetching.part, fetching.target)
        except OSError as error:
            return Outcome(fetching, False, len(self.content), error)
        return Outcome(fetching, True, len(self.content))


def fetch_steps(transport: SftpTransport, fetching: Fetching, until: float | None, first: bool) -> Steps[Fetched]:
    """Fetch a small file as a whole; arguments as of `send_steps`."""
    if not first and is_over(until):
        return Fetched(fetching, outcome=Outcome(fetching, False))
    try:
        count = fetching.size
        opened = yield transport.requests.open_to_read(fetching.path)
        handle = transport.handle_of(opened, fetching.path, "read")
        transport.pace.take(count)
        pieces = [(begin, min(PIECE, count - begin)) for begin in range(0, count, PIECE)]
        replies = yield [*(read_request(handle, *piece) for piece in pieces), (sftp.CLOSE, handle)]
        content = b"".join(
            transport.accepted(reply, fetching.path, "read").data()
            for reply in replies[:-1]
            if reply.code != sftp.END_OF_FILE
        )
        if len(content) < count:  # it is shorter there, or the server gives less at once than it is asked for
            return Fetched(fetching, outcome=next(FileServer.fetch(transport, [fetching], until)))
        transport.told(fetching.path, count)
        return Fetched(fetching, content)
    except UnreachableError:
        raise
    except OSError as error:  # of the file here, or of the one there
        return Fetched(fetching, outcome=Outcome(fetching, False, 0, error))


def list_steps(transport: SftpTransport, folder: str) -> Steps[list[RemoteFile]]:
    """List a folder; one that is not there, or is none, has nothing in it.

    Raises:
        SyncError: it cannot be listed.
    """
    (opened,) = yield [(sftp.OPENDIR, text(transport.requests.at(folder)))]
    if opened.code != sftp.OK:
        there = transport.status(folder)
        if there is None or there.kind not in (FOLDER, LINK):
            return []
        raise transport.explained(opened, folder, "list")
    handle = text(opened.data())
    found: list[RemoteFile] = []
    listed: list[Reply] = []
    while not listed or listed[-1].code != sftp.END_OF_FILE:
        listed = yield [(sftp.READDIR, handle)] * _LISTINGS
        for reply in listed:
            if reply.code != sftp.END_OF_FILE:
                names = transport.accepted(reply, folder, "list").names()
                found += [described(folder, name, said) for name, said in names if name not in (b".", b"..")]
    transport.session.ask((sftp.CLOSE, handle))
    return sorted(found, key=lambda each: each.path)
