"""A data root in a folder of this machine: a mounted disk, a network file system."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator

from rla import files
from rla.errors import SyncError, UnreachableError
from rla.sync.file_server import CHUNK, FileServer
from rla.sync.transport import FILE, FOLDER, LINK, OTHER, RemoteFile

__all__ = ["LocalTransport"]


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
        try:
            files.create_directory(root)
        except OSError as error:
            raise SyncError(f"The data root '{root}' cannot be made: {error.strerror}.") from error

    def close(self) -> None:
        pass

    def entries(self, folder: str) -> list[RemoteFile]:
        try:
            with os.scandir(self._at(folder)) as found:
                return [_described(f"{folder}/{each.name}" if folder else each.name, _lstat(each)) for each in found]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def status(self, path: str) -> RemoteFile | None:
        try:
            return _described(path, os.lstat(self._at(path)))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def make_folder(self, path: str) -> None:
        with contextlib.suppress(FileExistsError):
            files.create_directory(self._at(path))

    def write(self, path: str, offset: int, chunks: Iterable[bytes]) -> None:
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
        with files.descriptor(self._at(path), os.O_RDONLY | os.O_NOFOLLOW) as fd:
            end = offset + size
            while offset < end and (chunk := os.pread(fd, min(self.pace.chunk(CHUNK), end - offset), offset)):
                self.pace.take(len(chunk))
                yield chunk
                offset += len(chunk)

    def put_in_place(self, path: str, target: str) -> None:
        files.rename(self._at(path), self._at(target))

    def remove_part(self, path: str) -> None:
        files.remove(self._at(path))

    def set_modified(self, path: str, modified: float) -> None:
        files.set_modified(self._at(path), modified)

    def _at(self, path: str) -> str:
        return f"{self.remote.root}/{path}" if path else self.remote.root


def _lstat(entry: os.DirEntry[str]) -> os.stat_result:
    return entry.stat(follow_symlinks=False)


def _described(path: str, status: os.stat_result) -> RemoteFile:
    kinds = ((stat.S_ISREG, FILE), (stat.S_ISDIR, FOLDER), (stat.S_ISLNK, LINK))
    kind = next((name for holds, name in kinds if holds(status.st_mode)), OTHER)
    return RemoteFile(path, kind, status.st_size, status.st_mtime)
