"""Records travel by SFTP, to the servers of OpenSSH and others."""

from __future__ import annotations

import itertools
import os
import posixpath
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from rla.errors import SyncError, UnreachableError
from rla.sync.file_server import FileServer
from rla.sync.pace import Pace
from rla.sync.remote import Remote
from rla.sync.ssh import session as sftp
from rla.sync.ssh.connection import SshConnection
from rla.sync.ssh.pipeline import at_once
from rla.sync.ssh.requests import (
    PIECE,
    RENAME,
    STATE_OF_DISK,
    TO_DISK,
    Requests,
    extended,
    kind_of,
    read_request,
    times_of,
    write_requests,
)
from rla.sync.ssh.session import Reply, SftpSession, Ticket, text
from rla.sync.ssh.small_files import SMALL, fetch_steps, list_steps, send_steps
from rla.sync.transport import FILE, FOLDER, Fetching, Outcome, RemoteFile, Sending, is_over, no_data_root, part_of

__all__ = ["SftpTransport"]

_JOBS_UNDER_WAY: Final = 64
_WRITERS: Final = 4
_DEEPEST: Final = 64
_PIECES_UNDER_WAY: Final = 64
_SLOWEST_DISK: Final = 4 << 20
"""Bytes a second; so long a server may take to bring to its disk what was written."""
_FULL: Final = 4 * PIECE
_READ_ONLY: Final = 1


class SftpTransport(FileServer):
    """Brings files to a data root on a machine with an SSH server, and from it.

    Logins are those of OpenSSH: its configuration, known hosts, key files and agent. An unknown host, or one whose key
    has changed, is refused before anything is sent to it.
    """

    protocol = "sftp"

    def __init__(self, remote: Remote, pace: Pace) -> None:
        super().__init__(remote, pace)
        self._connection: SshConnection | None = None
        self._session: SftpSession | None = None
        self.requests = Requests(remote.root, replaces=False)

    @property
    def session(self) -> SftpSession:
        """The server of files, once it is connected.

        Raises:
            UnreachableError: it is not.
        """
        if self._session is None:
            raise UnreachableError(f"There is no connection to {self.remote}.")
        return self._session

    def connect(self) -> None:
        self.close()
        self._connection = SshConnection(self.remote)
        try:
            self._connection.open()
            self._session = SftpSession(self._connection.channel("sftp"))
            self._session.begin()
            self.requests = Requests(self.remote.root, replaces=RENAME in self._session.extensions)
            self._find_root()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection, self._session = self._connection, None, None
        if connection is not None:
            connection.close()

    def _find_root(self) -> None:
        """Make sure that there is a data root, and make it where only itself is missing."""
        root = self.requests.at("")
        above = posixpath.dirname(root.rstrip(b"/")) or (b"/" if root.startswith(b"/") else b".")
        there, parent = self.session.call((sftp.STAT, text(root)), (sftp.STAT, text(above)))
        if there.code == sftp.NO_SUCH_FILE and not self.makes_root:
            raise no_data_root(self.remote)
        if there.code == sftp.NO_SUCH_FILE and parent.code == sftp.OK:
            made, there = self.session.call(*self.requests.make_folder(""))
            if there.code != sftp.OK:
                raise self.explained(made, "", "make")
        elif there.code == sftp.NO_SUCH_FILE and parent.code == sftp.NO_SUCH_FILE:
            raise SyncError(
                f"There is no folder '{os.fsdecode(above)}' on '{self.remote.host}', in which the data root "
                f"'{self.remote.root}' could be made; a relative one is meant from where the login ends up. Make the "
                "folder there, or correct the path (REMOTE_SETTING.remote_data_root)."
            )
        if kind_of(self.accepted(there, "", "look into").attributes()) != FOLDER:
            raise SyncError(f"The data root '{self.remote.root}' on '{self.remote.host}' is no folder.")

    # ---- what a server of files can do ----------------------------------------

    def entries(self, folder: str) -> list[RemoteFile]:
        return next(at_once(self.session, [list_steps(self, folder)], 1))

    def walk(self, folder: str) -> Iterator[RemoteFile]:
        level = [folder]
        while level:
            jobs = [list_steps(self, each) for each in level]
            level = []
            for entries in at_once(self.session, jobs, _JOBS_UNDER_WAY):
                yield from entries
                level += [each.path for each in entries if each.kind == FOLDER and each.path.count("/") < _DEEPEST]

    def status(self, path: str) -> RemoteFile | None:
        return self.seen(path, self.session.call(self.requests.look(path))[0])

    def make_folder(self, path: str) -> None:
        self._make_all([path])

    def make_folders(self, path: str, known: set[str]) -> None:
        missing = []
        while path not in known:
            missing.append(path)
            path = posixpath.dirname(path)
        if missing:
            self._make_all(missing[::-1])
            known.update(missing)

    def _make_all(self, paths: list[str]) -> None:
        """Make folders, each in the one before; one that is there already may also be a link to a folder."""
        replies = self.session.call(*(request for path in paths for request in self.requests.make_folder(path)))
        for path, made, there in zip(paths, replies[::2], replies[1::2], strict=True):
            if there.code != sftp.OK or kind_of(there.attributes()) != FOLDER:
                raise self.explained(made, path, "make the folder")

    def write(self, path: str, offset: int, chunks: Iterable[bytes]) -> None:
        start = offset
        with self._opened(self.session.call(*self.requests.open_to_write(path, offset)), path, "write") as handle:
            under_way: deque[Ticket] = deque()
            for chunk in chunks:
                for request in write_requests(handle, offset, chunk):
                    under_way.append(self.session.ask(request))
                    if len(under_way) > _PIECES_UNDER_WAY:
                        self.accepted(self.session.answer(under_way.popleft()), path, "write")
                offset += len(chunk)
            while under_way:
                self.accepted(self.session.answer(under_way.popleft()), path, "write")
            if TO_DISK in self.session.extensions:
                with self.session.patience(self.remote.timeout + (offset - start) / _SLOWEST_DISK):
                    self.accepted(self.session.call(extended(TO_DISK, handle))[0], path, "write")

    def read(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        end = offset + size
        piece = self.pace.chunk(PIECE)
        most = max(1, self.pace.chunk(_PIECES_UNDER_WAY * PIECE) // piece)
        with self._opened(self.session.call(*self.requests.open_to_read(path)), path, "read") as handle:
            under_way: deque[tuple[int, int, Ticket]] = deque()
            while offset < end or under_way:
                while offset < end and len(under_way) < most:
                    count = min(piece, end - offset)
                    self.pace.take(count)
                    under_way.append((offset, count, self.session.ask(read_request(handle, offset, count))))
                    offset += count
                begin, count, ticket = under_way.popleft()
                reply = self.session.answer(ticket)
                if reply.code == sftp.END_OF_FILE:
                    return
                data = self.accepted(reply, path, "read").data()
                yield data
                if len(data) < count:  # a server may give less than it is asked for
                    offset = begin + len(data)
                    under_way.clear()

    def put_in_place(self, path: str, target: str) -> None:
        reply = self.session.call(self.requests.renaming(path, target))[0]
        if reply.code == sftp.OK:
            return
        if self.file_at(target) is None or RENAME in self.session.extensions:
            raise self.explained(reply, target, "rename a file to")
        self._replace_in_steps(path, target)

    def _replace_in_steps(self, path: str, target: str) -> None:
        """Replace a file where renaming cannot: what was there is kept aside until the new one has its name."""
        aside = part_of(target, "replaced")
        self.remove_part(aside)
        self.accepted(self.session.call(self.requests.renaming(target, aside))[0], target, "rename")
        reply = self.session.call(self.requests.renaming(path, target))[0]
        if reply.code != sftp.OK:
            self.session.call(self.requests.renaming(aside, target))
            raise self.explained(reply, target, "rename a file to")
        self.remove_part(aside)

    def remove_part(self, path: str) -> None:
        reply = self.session.call(self.requests.remove(path))[0]
        if reply.code != sftp.NO_SUCH_FILE:
            self.accepted(reply, path, "remove")

    def set_modified(self, path: str, modified: float) -> None:
        self.session.call((sftp.SETSTAT, text(self.requests.at(path)) + times_of(modified)))

    # ---- many small files at once -----------------------------------------------

    def send(self, sendings: Iterable[Sending], until: float | None = None) -> Iterator[Outcome]:
        known: set[str] = {""}
        for number, (is_small, some) in enumerate(itertools.groupby(sendings, self._is_small)):
            if number and is_over(until):
                yield from (Outcome(each, False) for each in some)
            elif is_small:
                jobs = (send_steps(self, each, known, until, not place) for place, each in enumerate(some))
                yield from at_once(self.session, jobs, _JOBS_UNDER_WAY)
            else:
                yield from super().send(some, until)

    def fetch(self, fetchings: Iterable[Fetching], until: float | None = None) -> Iterator[Outcome]:
        for number, (is_small, some) in enumerate(itertools.groupby(fetchings, self._is_small)):
            if number and is_over(until):
                yield from (Outcome(each, False) for each in some)
            elif is_small:
                yield from self._fetch_small(some, until)
            else:
                yield from super().fetch(some, until)

    def _fetch_small(self, fetchings: Iterable[Fetching], until: float | None) -> Iterator[Outcome]:
        """Fetch small files; some threads bring them to the disk, which one after the other takes long."""
        jobs = (fetch_steps(self, each, until, not number) for number, each in enumerate(fetchings))
        with ThreadPoolExecutor(_WRITERS, "rla-sync-write") as writers:
            kept: deque[Future[Outcome]] = deque()
            for fetched in at_once(self.session, jobs, _JOBS_UNDER_WAY):
                kept.append(writers.submit(fetched.keep))
                if len(kept) > _JOBS_UNDER_WAY:
                    yield kept.popleft().result()
            while kept:
                yield kept.popleft().result()

    def _is_small(self, job: Sending | Fetching) -> bool:
        """Say whether a file travels at once with others, in a single piece.

        The tail of a file that is fetched does not: what is here is compared with the beginning of that first.
        """
        if job.offset and isinstance(job, Fetching):
            return False
        return job.size - job.offset <= self.pace.chunk(SMALL)

    # ---- answers ----------------------------------------------------------------

    def seen(self, path: str, reply: Reply) -> RemoteFile | None:
        """Return what a look at a path found; None where nothing is."""
        if reply.code == sftp.NO_SUCH_FILE:
            return None
        said = self.accepted(reply, path, "look at").attributes()
        return RemoteFile(path, kind_of(said), said.size or 0, said.modified)

    def handle_of(self, replies: list[Reply], path: str, doing: str) -> bytes:
        """Return the handle of a file that was opened, as a field of further requests.

        Raises:
            SyncError: it cannot be opened, or is none: links are not followed.
        """
        first, opened = replies
        handle = text(self.accepted(opened, path, doing).data())
        if first.kind == sftp.ATTRS and kind_of(first.attributes()) != FILE:
            self.session.ask((sftp.CLOSE, handle))
            raise SyncError(f"'{path}' on '{self.remote.host}' is no regular file; links are not followed.")
        return handle

    @contextmanager
    def _opened(self, replies: list[Reply], path: str, doing: str) -> Iterator[bytes]:
        """Have a file open; closing it may say that it could not be written."""
        handle = self.handle_of(replies, path, doing)
        try:
            yield handle
        except UnreachableError:
            raise
        except BaseException:
            self.session.ask((sftp.CLOSE, handle))
            raise
        self.accepted(self.session.call((sftp.CLOSE, handle))[0], path, doing)

    def accepted(self, reply: Reply, path: str, doing: str) -> Reply:
        """Return an answer that is no refusal."""
        if reply.code != sftp.OK:
            raise self.explained(reply, path, doing)
        return reply

    def explained(self, reply: Reply, path: str, doing: str) -> SyncError:
        """Return what it means that the server refuses something; it has one word, "Failure", for most of it."""
        place = f"'{path}' below '{self.remote.root}'" if path else f"'{self.remote.root}'"
        what = f"'{self.remote.host}' refuses to {doing} {place}"
        if reply.code == sftp.PERMISSION_DENIED:
            return SyncError(f"{what}: the user there has no permission. Check the owner and mode of the folder.")
        if reply.code == sftp.NO_SUCH_FILE:
            return SyncError(f"{what}: it is not there, or its folder is not.")
        guess = "It may be a quota, a name that is too long there, or something else that has this name."
        return SyncError(f"{what}: {self._state_of_disk() or f'{reply.problem()}. {guess}'}")

    def _state_of_disk(self) -> str:
        """Say what is the matter with the disk there; nothing where it is well, or the server cannot say."""
        if STATE_OF_DISK not in self.session.extensions:
            return ""
        reply = self.session.call(extended(STATE_OF_DISK, text(self.requests.at(""))))[0]
        if reply.kind != sftp.EXTENDED_REPLY or len(reply.payload) < 88:
            return ""
        _, unit, _, _, free, nodes, _, free_nodes, _, flags, _ = struct.unpack_from(">11Q", reply.payload)
        if flags & _READ_ONLY:
            return "the disk there is mounted read-only."
        if free * unit < _FULL or (nodes and not free_nodes):
            return "the disk there is full. It is sent once there is room."
        return ""
