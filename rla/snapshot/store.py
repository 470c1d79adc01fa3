"""The code store: each file body once for a data root, linked to by the `code/` folders that hold it.

A body is named by the SHA-256 of its content and by its mode. Bodies are read-only, so that editors hesitate before
they change the history of many runs. A starting run never trusts a body blindly: one whose size or time is not as we
left it is compared, and replaced when somebody changed it or its permissions. What the system refuses to link is
copied.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from typing import Final, NamedTuple

from rla import files, locks
from rla.names import INTERNAL

__all__ = ["CodeStore", "Garbage", "body_key"]

BODY_TIME: Final = 946_684_800
"""Modification time of every body, 1 January 2000: who edits one in place gives it another, and so betrays it."""

TINY: Final = 64
"""Bodies of up to so many bytes are copied: they save nothing, and every empty file would be one body."""

_READ_BITS: Final = 0o555
_LOCK: Final = "lock"

_LINKED: Final = "linked"
_MISSING: Final = "missing"
_SPOILED: Final = "spoiled"
"""Somebody changed the body, or it has as many links as the system allows: a new one takes its place."""
_REFUSED: Final = "refused"
"""Another device, another user's file: copies only."""


def body_key(content: bytes, mode: int) -> str:
    """Return the name of a body: ``<SHA-256>-<mode>``, the mode in octal and without the bits for writing."""
    return f"{hashlib.sha256(content).hexdigest()}-{mode & _READ_BITS:o}"  # of a file's type, too, no bit is left


def _is_fit(status: os.stat_result, mode: int, size: int) -> bool:
    """Say whether a body is a file of this size that its owner can read, and nobody can who may not."""
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_size == size
        and bool(status.st_mode & stat.S_IRUSR)
        and not stat.S_IMODE(status.st_mode) & ~(mode & _READ_BITS)
    )


class Garbage(NamedTuple):
    """Bodies that no experiment links to: how many, and their size in bytes."""

    bodies: int
    size: int


class CodeStore:
    """The bodies of a data root.

    Args:
        data_root: the database folder.
    """

    def __init__(self, data_root: str | os.PathLike[str]) -> None:
        self.folder = f"{os.fspath(data_root)}/{INTERNAL}/objects"
        self._is_there = False

    def put(self, content: bytes, mode: int, modified: float, target: str) -> str:
        """Make the file ``target`` with this content: a link to its body, or a copy.

        Args:
            content: the content.
            mode: permissions of the file; those for writing are left out.
            modified: when the file was changed, in seconds since 1970.
            target: path of the new file; its folder is there.

        Returns:
            The key of the body.

        Raises:
            FileExistsError: something of that name is there already.
            OSError: the file could not be written.
        """
        key = body_key(content, mode)
        body = _REFUSED if len(content) <= TINY else self._link_to_body(key, content, mode, target)
        if body != _LINKED:
            files.create_file(target, content, mode & _READ_BITS, int(modified) if body == _REFUSED else BODY_TIME)
            if body != _REFUSED:
                self._keep(target, key, replace=body == _SPOILED)
        return key

    def path(self, key: str) -> str:
        """Return the path of a body."""
        return f"{self.folder}/{key}"

    def _link_to_body(self, key: str, content: bytes, mode: int, target: str) -> str:
        """Link ``target`` to a body, and say how that went."""
        body = self.path(key)
        try:
            status = os.stat(body, follow_symlinks=False)
            if not _is_fit(status, mode, len(content)):
                return _SPOILED
            if status.st_mtime != BODY_TIME and files.read_regular(body, limit=len(content)) != content:
                return _SPOILED
            files.link(body, target)
        except FileNotFoundError:
            return _MISSING
        except FileExistsError:
            raise
        except OSError as error:
            return _SPOILED if error.errno == errno.EMLINK else _REFUSED
        return _LINKED

    def _keep(self, file: str, key: str, replace: bool) -> None:
        """Make a finished file a body of the store."""
        body = self.path(key)
        with contextlib.suppress(OSError):  # a store that cannot be written to: the copy in code/ is all that is needed
            if not self._is_there:
                files.make_directories(self.folder)
                self._is_there = True
            if replace:
                aside = f"{body}.{os.getpid()}.tmp"
                files.link(file, aside)
                files.rename(aside, body)
            else:
                files.link(file, body)

    def garbage(self) -> Garbage:
        """Return how much no experiment links to."""
        return _sum(status for _, status in self._unlinked())

    def collect_garbage(self) -> Garbage:
        """Remove the bodies that no experiment links to; nothing when another process is about it.

        A run that starts meanwhile loses nothing: a body is linked from `code/` before the store knows it, and one
        that vanishes under its hands is made anew.
        """
        if not os.path.isdir(self.folder):
            return Garbage(0, 0)
        try:
            lock = locks.lock(f"{self.folder}/{_LOCK}")
        except OSError:  # of another user
            lock = None
        if lock is None:
            return Garbage(0, 0)
        removed = []
        try:
            for path, status in self._unlinked():
                with contextlib.suppress(OSError):  # of another user
                    files.remove(path)
                    removed.append(status)
        finally:
            os.close(lock)
        return _sum(iter(removed))

    def _unlinked(self) -> Iterator[tuple[str, os.stat_result]]:
        try:
            names = sorted(os.listdir(self.folder))
        except OSError:
            return
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                status = os.lstat(f"{self.folder}/{name}")
                if status.st_nlink == 1 and stat.S_ISREG(status.st_mode) and name != _LOCK:
                    yield f"{self.folder}/{name}", status


def _sum(statuses: Iterator[os.stat_result]) -> Garbage:
    sizes = [status.st_size for status in statuses]
    return Garbage(len(sizes), sum(sizes))
