"""All writing to disk goes through here, so that a test can make the n-th write fail.

Whole files are written aside, fsynced and renamed: a crash leaves the old file or the new one. Logs grow by
`append`, which hands over all bytes or raises.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = [
    "append",
    "aside_start",
    "create_directory",
    "create_file",
    "descriptor",
    "fsync",
    "fsync_directory",
    "is_written_aside",
    "link",
    "make_directories",
    "make_private_directory",
    "open_append",
    "open_for_reading",
    "open_for_update",
    "open_regular",
    "overwrite",
    "read_regular",
    "remove",
    "remove_directory",
    "rename",
    "replacing",
    "subfolders",
    "symlink",
    "touch_directory",
    "truncate",
    "write_atomic",
]

_numbers = itertools.count()
_ASIDE = re.compile(r"\..+\.\d+-\d+\.tmp", re.DOTALL)
# Windows, some network file systems, and folders that may be written to but not listed
_NO_SYNC_OF_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)

PathLike = str | os.PathLike[str]


def open_append(path: PathLike) -> int:
    """Open ``path`` for appending, made if missing, and return the file descriptor."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)


def open_for_update(path: PathLike) -> int:
    """Open ``path`` for writing at any place, made if missing, and return the file descriptor."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def append(fd: int, data: bytes | memoryview) -> None:
    """Hand all of ``data`` to the kernel at the end of the file.

    Raises:
        OSError: not everything could be written; some of it may stand at the end of the file.
    """
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, data[written:])


def overwrite(fd: int, offset: int, data: bytes) -> None:
    """Write ``data`` at ``offset`` of a file opened for reading and writing."""
    os.pwrite(fd, data, offset)


def truncate(fd: int, size: int) -> None:
    """Cut the file to ``size`` bytes."""
    os.ftruncate(fd, size)


def fsync(fd: int) -> None:
    """Wait until the content of the file is on the disk."""
    os.fsync(fd)


def rename(source: PathLike, target: PathLike) -> None:
    """Rename, replacing a file at ``target``."""
    os.replace(source, target)


def remove(path: PathLike) -> None:
    """Remove a file; one that is not there is fine."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def link(source: PathLike, target: PathLike) -> None:
    """Give a file a second name.

    Raises:
        FileExistsError: something of the new name is there already.
        OSError: the system refuses it (another device, another user's file, too many links).
    """
    os.link(source, target, follow_symlinks=False)


def symlink(destination: PathLike, path: PathLike) -> None:
    """Make a symbolic link at ``path`` that leads to ``destination``.

    Raises:
        FileExistsError: something of that name is there already.
    """
    os.symlink(destination, path)


def create_file(path: PathLike, data: bytes, mode: int, modified: int) -> None:
    """Make one new file.

    Args:
        path: the file.
        data: its content.
        mode: its permissions, of which the umask takes its part.
        modified: its modification time, in seconds since 1970.

    Raises:
        FileExistsError: something of that name is there already.
        OSError: it could not be written; nothing of it is left.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        if data:
            append(fd, data)
        os.utime(fd if os.utime in os.supports_fd else path, (modified, modified))
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(fd)


def create_directory(path: PathLike) -> None:
    """Make one new folder.

    Raises:
        FileExistsError: something of that name is there already.
    """
    os.mkdir(path)


def make_directories(path: PathLike) -> None:
    """Make a folder and all above it; one that is there already is fine."""
    os.makedirs(path, exist_ok=True)


def make_private_directory(path: PathLike) -> None:
    """Make a folder and its parents where they are missing; only this user can look into it.

    Raises:
        OSError: it cannot be made or written, or belongs to somebody else.
    """
    os.makedirs(path, mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and os.stat(path).st_uid != os.getuid():
        raise PermissionError(errno.EPERM, "it belongs to another user", os.fspath(path))
    if not os.access(path, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "it cannot be written", os.fspath(path))


def remove_directory(path: PathLike) -> None:
    """Remove an empty folder; one that is not there or not empty stays."""
    with contextlib.suppress(OSError):
        os.rmdir(path)


def touch_directory(path: PathLike) -> None:
    """Make a folder look changed to whoever looks at its time; one of another user's stays as it is."""
    with contextlib.suppress(OSError):
        os.utime(path)


def fsync_directory(path: PathLike) -> None:
    """Wait until the entries of the folder are on the disk (where the system can do that).

    Raises:
        OSError: the disk failed.
    """
    try:
        with descriptor(path, os.O_RDONLY) as fd:
            os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_SYNC_OF_FOLDERS:
            raise


def write_atomic(path: PathLike, data: bytes | str) -> None:
    """Replace the file at ``path`` by ``data``: readers see the old content or the new, never a mix.

    Raises:
        OSError: the file could not be written; what was there before is unchanged.
    """
    with replacing(path) as aside:
        aside.write(data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data)


@contextlib.contextmanager
def replacing(path: PathLike) -> Iterator[AsideFile]:
    """Write a file aside; at the end of the block it takes the place of the one at ``path``, whole and on the disk.

    When the block or the disk fails, what was there before is unchanged.

    Raises:
        OSError: the file could not be written.
    """
    target = Path(path)
    fd, aside = _create_aside(target)
    try:
        stream = AsideFile(fd)
        try:
            yield stream
            fsync(fd)
        finally:
            os.close(fd)
        rename(aside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise
    fsync_directory(target.parent)


class AsideFile:
    """A file that is written from its beginning to its end.

    Args:
        fd: descriptor of the new file.

    Attributes:
        problem: the error of the disk, for those whose library hides it.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.problem: OSError | None = None

    def write(self, data: bytes | memoryview) -> int:
        """Write all of ``data`` behind what is there."""
        try:
            append(self._fd, memoryview(data).cast("B"))
        except OSError as error:
            self.problem = error
            raise
        return len(data)

    def flush(self) -> None:
        """Do nothing: each write goes to the kernel at once."""


def _create_aside(target: Path) -> tuple[int, Path]:
    """Make a new file beside another, and return its descriptor and path."""
    while True:
        aside = target.with_name(f"{aside_start(target.name)}.{os.getpid()}-{next(_numbers)}.tmp")
        with contextlib.suppress(FileExistsError):  # of a process of the same number, on another host or long ago
            return os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), aside


def aside_start(name: str) -> str:
    """Return how the names of files begin that are written aside for one of this name."""
    return "." + os.fsencode(name)[:100].decode("utf-8", "ignore")


def is_written_aside(name: str) -> bool:
    """Say whether `replacing` gives such a name: a file that has it was left by a process that died, or is at work."""
    return _ASIDE.fullmatch(name) is not None


@contextlib.contextmanager
def descriptor(path: PathLike, flags: int) -> Iterator[int]:
    """Open a file descriptor and close it at the end."""
    fd = os.open(path, flags)
    try:
        yield fd
    finally:
        os.close(fd)


def read_regular(path: PathLike, limit: int = 64 << 20) -> bytes:
    """Return the content of a file; pipes and devices, which may never end, are no files here.

    Raises:
        OSError: it is not there, no regular file, or larger than ``limit`` bytes.
    """
    fd = _open_regular(path)
    try:
        content = os.read(fd, min(os.fstat(fd).st_size, limit) + 1)
        while len(content) <= limit:  # a read may give less than there is, and the file may have grown
            more = os.read(fd, min(max(len(content), 4096), limit + 1 - len(content)))
            if not more:
                break
            content += more
    finally:
        os.close(fd)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"larger than {limit} bytes", os.fspath(path))
    return content


def open_for_reading(path: PathLike) -> int:
    """Open ``path`` for reading, never waiting for the other end of a pipe, and return the file descriptor."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))


def open_regular(path: PathLike) -> BinaryIO:
    """Open a file for reading.

    Raises:
        OSError: it is not there, or no regular file.
    """
    return os.fdopen(_open_regular(path), "rb")


def _open_regular(path: PathLike) -> int:
    fd = open_for_reading(path)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return fd


def subfolders(path: PathLike) -> list[str]:
    """Return the names of the folders in a folder, sorted; one that cannot be read or has gone has none.

    A symbolic link to a folder counts, one that leads nowhere or to itself does not.
    """
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if _is_folder(entry))
    except OSError:
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
