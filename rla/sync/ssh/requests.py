"""Requests of SFTP about files below a data root."""

from __future__ import annotations

import os
import stat
from typing import Final

from rla.sync.ssh import session as sftp
from rla.sync.ssh.session import Attributes, Request, text, uint32, uint64
from rla.sync.transport import FILE, FOLDER, LINK, OTHER, RemoteFile

__all__ = ["Requests", "described", "extended", "kind_of", "read_request", "times_of", "write_requests"]

PIECE: Final = 32 << 10
"""The largest piece of a file that every server takes at once."""

RENAME: Final = b"posix-rename@openssh.com"
TO_DISK: Final = b"fsync@openssh.com"
STATE_OF_DISK: Final = b"statvfs@openssh.com"

_LATEST: Final = 0xFFFFFFFF


class Requests:
    """Makes requests about the files of a data root.

    Args:
        root: the data root; a relative one, or one that begins with ``~``, is meant from where the login ends up.
        replaces: whether the server can rename a file over another.
    """

    def __init__(self, root: str, replaces: bool) -> None:
        self._root = "." if root in ("", "~", "~/") else root.removeprefix("~/").rstrip("/")
        self._replaces = replaces

    def at(self, path: str) -> bytes:
        """Return where a path below the data root is on the server."""
        return os.fsencode(f"{self._root}/{path}" if path else self._root or "/")

    def look(self, path: str) -> Request:
        """Return the request for what is at a path, links not followed."""
        return sftp.LSTAT, text(self.at(path))

    def make_folder(self, path: str) -> list[Request]:
        """Return the requests that make a folder, and look at what is there then, links followed."""
        place = text(self.at(path))
        return [(sftp.MKDIR, place + sftp.NO_ATTRIBUTES), (sftp.STAT, place)]

    def open_to_write(self, path: str, offset: int) -> list[Request]:
        """Return the requests that open a file: the second answer has the handle, the first may be a refusal.

        From an offset on, a file is written that is there; at 0 a new one, and no link that has its name is followed.
        """
        place = text(self.at(path))
        if offset:
            return [(sftp.LSTAT, place), (sftp.OPEN, place + uint32(sftp.FOR_WRITING) + sftp.NO_ATTRIBUTES)]
        new = sftp.FOR_WRITING | sftp.CREATE | sftp.EXCLUSIVE
        return [(sftp.REMOVE, place), (sftp.OPEN, place + uint32(new) + sftp.NO_ATTRIBUTES)]

    def open_to_read(self, path: str) -> list[Request]:
        """Return the requests that open a file: the second answer has the handle, the first says what it is."""
        place = text(self.at(path))
        return [(sftp.LSTAT, place), (sftp.OPEN, place + uint32(sftp.FOR_READING) + sftp.NO_ATTRIBUTES)]

    def renaming(self, path: str, target: str) -> Request:
        """Return the request that renames a file, replacing another where the server can."""
        names = text(self.at(path)) + text(self.at(target))
        return extended(RENAME, names) if self._replaces else (sftp.RENAME, names)

    def remove(self, path: str) -> Request:
        """Return the request that removes a file."""
        return sftp.REMOVE, text(self.at(path))


def extended(name: bytes, fields: bytes) -> Request:
    """Return a request that not every server knows."""
    return sftp.EXTENDED, text(name) + fields


def write_requests(handle: bytes, offset: int, content: bytes) -> list[Request]:
    """Return the requests that write something into an open file."""
    whole = memoryview(content)
    pieces = ((offset + begin, whole[begin : begin + PIECE]) for begin in range(0, len(content), PIECE))
    return [(sftp.WRITE, handle + uint64(place) + uint32(len(piece)), piece) for place, piece in pieces]


def read_request(handle: bytes, offset: int, count: int) -> Request:
    """Return the request for a piece of an open file."""
    return sftp.READ, handle + uint64(offset) + uint32(count)


def times_of(modified: float) -> bytes:
    """Return attributes with a time of modification; the protocol has whole seconds, from 1970 to 2106."""
    return sftp.times(min(max(int(modified), 0), _LATEST))


def kind_of(said: Attributes) -> str:
    """Return what a file is; a server that does not say means a regular file."""
    mode = said.mode if said.mode is not None else stat.S_IFREG
    kinds = ((stat.S_ISREG, FILE), (stat.S_ISDIR, FOLDER), (stat.S_ISLNK, LINK))
    return next((kind for holds, kind in kinds if holds(mode)), OTHER)


def described(folder: str, name: bytes, said: Attributes) -> RemoteFile:
    """Return an entry of a listing; a name that no file system has is there to be seen, and never to be followed."""
    shown = os.fsdecode(name)
    kind = kind_of(said) if name and b"/" not in name and b"\0" not in name else OTHER
    return RemoteFile(f"{folder}/{shown}" if folder else shown, kind, said.size or 0, said.modified)
