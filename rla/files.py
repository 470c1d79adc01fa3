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
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

__all__ = [
    "allow_writing",
    "append",
    "aside_start",
    "copy_content",
    "create_directory",
    "create_directory_aside",
    "create_file",
    "create_new",
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
    "regular_descriptor",
    "remove",
    "remove_directory",
    "remove_tree",
    "rename",
    "rename_closed",
    "replacing",
    "set_mode_and_time",
    "subfolders",
    "symlink",
    "touch_directory",
    "truncate",
    "write_atomic",
]

_numbers = itertools.count()
_COPIED_AT_ONCE = 1 << 20
_DEEP = 10
_ATTEMPTS = 10
_NOT_IN_THE_KERNEL = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.ETXTBSY)
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
    """Write all of ``data`` at ``offset`` of a file opened for reading and writing.

    Raises:
        OSError: not everything could be written; some of it may be there.
    """
    written = os.pwrite(fd, data, offset)
    while written < len(data):
        written += os.pwrite(fd, data[written:], offset + written)


def truncate(fd: int, size: int) -> None:
    """Cut the file to ``size`` bytes."""
    os.ftruncate(fd, size)


def fsync(fd: int) -> None:
    """Wait until the content of the file is on the disk."""
    os.fsync(fd)


def rename(source: PathLike, target: PathLike) -> None:
    """Rename, replacing a file at ``target``."""
    os.replace(source, target)


def rename_closed(source: PathLike, target: PathLike) -> None:
    """Rename a folder of this user that nobody may write to, which systems refuse; its permissions stay.

    Raises:
        OSError: it cannot be renamed, or is no such folder.
    """
    mode = os.lstat(source).st_mode
    if not stat.S_ISDIR(mode) or mode & stat.S_IWUSR:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(source))
    os.chmod(source, stat.S_IMODE(mode) | stat.S_IWUSR)
    try:
        rename(source, target)
    except BaseException:
        os.chmod(source, stat.S_IMODE(mode))
        raise
    os.chmod(target, stat.S_IMODE(mode))


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
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(FileNotFoundError):  # somebody has just removed a folder above it that was empty
            os.makedirs(path, exist_ok=True)
            return
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


def remove_tree(path: PathLike) -> None:
    """Remove a file or link, or a folder with all that is in it; links are not followed, and what is gone is fine.

    Folders of this user in it that do not allow it are made to.

    Raises:
        OSError: something of it could not be removed.
    """
    top = os.fspath(path)
    if not os.path.isdir(top) or os.path.islink(top):
        remove(top)
        return
    opened: set[str] = set()
    while True:
        try:
            return _remove_folder(top, top, opened)
        except (RecursionError, OSError) as error:
            # folders in folders in folders: the standard library goes down with a call and a descriptor for each
            if getattr(error, "errno", errno.EMFILE) != errno.EMFILE or not _bring_up(top):
                raise


def _remove_folder(path: str, top: str, opened: set[str]) -> None:
    """Remove a folder that lies in, or is, the folder ``top``: none above that is changed."""

    def open_folder(function: object, inside: str, problem: Any) -> None:
        error: BaseException = problem[1]
        if isinstance(error, FileNotFoundError):
            return
        if not isinstance(error, PermissionError) or inside in opened:
            raise error
        opened.add(inside)
        for folder in (os.path.dirname(inside), inside):
            if len(folder) >= len(top) and os.path.isdir(folder) and not os.path.islink(folder):
                os.chmod(folder, stat.S_IRWXU)
        if os.path.isdir(inside) and not os.path.islink(inside):
            _remove_folder(inside, top, opened)
        else:
            remove(inside)

    shutil.rmtree(path, onerror=open_folder)  # its successor `onexc` came with Python 3.12


def _bring_up(top: str) -> int:
    """Move folders that lie deep in a folder to its top, and return how many."""
    moved = 0
    numbers = itertools.count()
    waiting = [(top, 0)]
    while waiting:
        folder, depth = waiting.pop()
        with os.scandir(folder) as entries:
            inside = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        for path in inside:
            if depth < _DEEP:
                waiting.append((path, depth + 1))
                continue
            while os.path.lexists(aside := f"{top}/{next(numbers)}"):
                pass
            os.rename(path, aside)
            moved += 1
    return moved


def create_new(path: PathLike, mode: int = 0o666) -> int:
    """Make one new file and return a descriptor to write to it.

    Raises:
        FileExistsError: something of that name is there already.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)


def copy_content(source: int, target: int, size: int) -> None:
    """Copy the first bytes of an open file into another, which is empty; file systems that can share the blocks do.

    Args:
        source: descriptor of the file to read.
        target: descriptor of the file to write.
        size: how many bytes; a file that ends before is copied to its end.

    Raises:
        OSError: not everything could be written.
    """
    done = _copied_by_the_kernel(source, target, size)
    while done < size and (part := os.pread(source, min(_COPIED_AT_ONCE, size - done), done)):
        append(target, part)
        done += len(part)


def _copied_by_the_kernel(source: int, target: int, size: int) -> int:
    """Let the kernel copy, and return how many bytes it has: none where it cannot."""
    done = 0
    try:
        while done < size and (copied := os.copy_file_range(source, target, size - done)):
            done += copied
    except AttributeError:  # not on this system
        return 0
    except OSError as error:
        if done or error.errno not in _NOT_IN_THE_KERNEL:
            raise
    return done


def set_mode_and_time(target: int | PathLike, status: os.stat_result) -> None:
    """Give a file or folder the permissions and the modification time of another; root gives it the owner, too."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        with contextlib.suppress(OSError):  # network file systems may forbid it
            os.chown(target, status.st_uid, status.st_gid)  # before the permissions, of which it takes some away
    os.chmod(target, stat.S_IMODE(status.st_mode))
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def set_modified(path: PathLike, modified: float) -> None:
    """Set the time of modification of a file, in seconds since 1970."""
    nanoseconds = int(modified * 1e9)
    os.utime(path, ns=(nanoseconds, nanoseconds))


def allow_writing(path: PathLike, status: os.stat_result) -> None:
    """Let the owner of a file or folder write to it; a link stays as it is.

    Args:
        path: the file or folder.
        status: its status, as `os.lstat` tells it.
    """
    if not stat.S_ISLNK(status.st_mode) and not status.st_mode & stat.S_IWUSR:
        os.chmod(path, stat.S_IMODE(status.st_mode) | stat.S_IWUSR)


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


def create_directory_aside(target: PathLike) -> Path:
    """Make a new folder beside a path, with a name as files have that are written aside, and return it."""
    path = Path(target)
    while True:
        aside = path.with_name(f"{aside_start(path.name)}.{os.getpid()}-{next(_numbers)}.tmp")
        with contextlib.suppress(FileExistsError):
            os.mkdir(aside)
            return aside


def aside_start(name: str) -> str:
    """Return how the names of files begin that are written aside for one of this name."""
    return "." + os.fsencode(name)[:100].decode("utf-8", "ignore")


def is_written_aside(name: str) -> bool:
    """Say whether what is written aside has such a name: it was left by a process that died, or one is at work."""
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
    fd, status = regular_descriptor(path)
    try:
        content = os.read(fd, min(status.st_size, limit) + 1)
        # a read may give less than there is, and the file may have grown
        while len(content) <= limit and not 0 < len(content) == status.st_size:
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
    return os.fdopen(regular_descriptor(path)[0], "rb")


def regular_descriptor(path: PathLike) -> tuple[int, os.stat_result]:
    """Open a file for reading, and return the file descriptor and what the system says of the file.

    Raises:
        OSError: it is not there, or no regular file.
    """
    fd = open_for_reading(path)
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return fd, status


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
