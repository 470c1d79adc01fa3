"""A data root in a folder of this machine: a mounted disk, a network file system."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from typing import Final

from rla import files
from rla.errors import SyncError, UnreachableError
from rla.sync.file_server import CHUNK, FileServer
from rla.sync.transport import FILE, FOLDER, LINK, OTHER, RemoteFile, no_data_root

__all__ = ["LocalTransport"]

_GONE: Final = {errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENOTCONN}
"""What the system says of a network file system whose server is away, and of a disk that was pulled out."""


class LocalTransport(FileServer):
    """Copies files into a folder, as the other transports do over a network."""

    protocol = "local"

    def connect(self) -> None:
        root = self.remote.root
        if os.path.isdir(root):
            return
        parent = os.path.dirname(os.path.abspath(root))
        if not os.path.isdir(parent):
            raise UnreachableError(f"There is no folder '{parent}'; is the disk mounted?")
        if not self.makes_root:
            raise no_data_root(self.remote)
        try:
            files.create_directory(root)
        except OSError as error:
            if os.path.isdir(root):  # another node was faster
                return
            raise SyncError(f"The data root '{root}' cannot be made: {error.strerror}.") from error

    def close(self) -> None:
        pass

    def entries(self, folder: str) -> list[RemoteFile]:
        try:
            with self._reaching(), os.scandir(self._at(folder)) as found:
                paths = [f"{folder}/{each.name}" if folder else each.name for each in found]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except SyncError:
            raise
        except OSError as error:
            raise SyncError(f"'{folder or self.remote.root}' cannot be listed: {error.strerror}.") from error
        return [described for path in paths if (described := self.status(path)) is not None]

    def status(self, path: str) -> RemoteFile | None:
        try:
            with self._reaching():
                return _described(path, os.lstat(self._at(path)))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def make_folder(self, path: str) -> None:
        with self._reaching():
            try:
                files.create_directory(self._at(path))
            except FileExistsError:
                if not os.path.isdir(self._at(path)):
                    raise

    def write(self, path: str, offset: int, chunks: Iterable[bytes]) -> None:
        with self._reaching():
            fd = files.open_for_update(self._at(path))
            try:
                if not offset:
                    files.truncate(fd, 0)
                for chunk in chunks:
                    files.overwrite(fd, offset, chunk)
                    offset += len(chunk)
                files.fsync(fd)
            finally:
                os.close(fd)

    def read(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        flags = os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe is not waited for
        with self._reaching(), files.descriptor(self._at(path), os.O_RDONLY | flags) as fd:
            end = offset + size
            while offset < end and (chunk := os.pread(fd, min(self.pace.chunk(CHUNK), end - offset), offset)):
                self.pace.take(len(chunk))
                yield chunk
                offset += len(chunk)

    def put_in_place(self, path: str, target: str) -> None:
        with self._reaching():
            files.rename(self._at(path), self._at(target))

    def remove_part(self, path: str) -> None:
        files.remove(self._at(path))

    def set_modified(self, path: str, modified: float) -> None:
        files.set_modified(self._at(path), modified)

    def _at(self, path: str) -> str:
        return f"{self.remote.root}/{path}" if path else self.remote.root

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        """Tell a disk that went away from a problem of one file."""
        try:
            yield
        except OSError as error:
            if error.errno in _GONE:
                raise UnreachableError(f"The disk of '{self.remote.root}' went away: {error.strerror}.") from error
            raise


def _described(path: str, status: os.stat_result) -> RemoteFile:
    kinds = ((stat.S_ISREG, FILE), (stat.S_ISDIR, FOLDER), (stat.S_ISLNK, LINK))
    kind = next((name for holds, name in kinds if holds(status.st_mode)), OTHER)
    return RemoteFile(path, kind, status.st_size, status.st_mtime)
