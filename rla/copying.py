"""Copies of folders that are whole: written, compared with what they were made from, and on the disk."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from rla import files
from rla.names import JOURNAL_FOLDER

__all__ = ["Share", "Turn", "copy_tree", "never_shared", "same_content", "turn_to", "unturned", "walk"]

Share = Callable[[str, os.stat_result, str], bool]
"""Makes the second path a file like the first, in a way of its own; False when it must be copied."""

Turn = Callable[[str], str]
"""Returns where the copy of a symbolic link leads to."""

_ATTEMPTS: Final = 5
_COMPARED_AT_ONCE: Final = 1 << 20


def never_shared(source: str, status: os.stat_result, target: str) -> bool:
    """Let every file be copied."""
    return False


def unturned(destination: str) -> str:
    """Let links lead to where they lead."""
    return destination


def turn_to(copies: Iterable[tuple[str, str]]) -> Turn:
    """Return what lets links that lead into what is copied, by its full path, lead into the copy.

    Args:
        copies: paths of what is copied, each with that of its copy.
    """
    moved = {
        old: os.path.abspath(copy)
        for path, copy in copies
        for old in (os.path.abspath(path), f"{os.path.realpath(os.path.dirname(path))}/{os.path.basename(path)}")
    }

    def turn(destination: str) -> str:
        for old, new in moved.items():
            if destination == old or destination.startswith(f"{old}/"):
                return new + destination[len(old) :]
        return destination

    return turn


def copy_tree(source: str, target: str, share: Share = never_shared, turn: Turn = unturned) -> None:
    """Copy a file, a link, or a folder with all that is in it; links stay links.

    Permissions and modification times are kept. A file that grows meanwhile is copied as it was when its turn came; the
    journal of a run goes first, so that the copy of a living one is a moment of it. Pipes, sockets and devices have no
    content, and are left out. When this returns, each copy has been compared and is on the disk.

    Args:
        source: what to copy.
        target: where to; nothing is there yet.
        share: is asked for each file first.
        turn: is asked where links shall lead to.

    Raises:
        OSError: something could not be read or written, or changes again and again.
    """
    copied: list[str] = []
    folders: list[tuple[str, str]] = []
    for path, inside, status in walk(source):
        copy = f"{target}/{inside}" if inside else target
        try:
            if stat.S_ISDIR(status.st_mode):
                files.create_directory(copy)
                folders.append((path, copy))
            elif stat.S_ISLNK(status.st_mode):
                files.symlink(turn(os.readlink(path)), copy)
            elif stat.S_ISREG(status.st_mode) and not share(path, status, copy):
                _copy_file(path, copy)
                copied.append(copy)
        except FileNotFoundError:
            if not inside or os.path.lexists(path):
                raise
            # a living run removes files of its own
    _bring_to_disk(copied, folders)


def walk(top: str) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield path, path below the top, and status of all that is there: a folder before its content.

    Raises:
        OSError: something cannot be looked at; what vanishes below the top is left out.
    """
    waiting = [""]
    while waiting:  # folders may be nested deeper than functions can be
        inside = waiting.pop()
        path = f"{top}/{inside}" if inside else top
        try:
            status = os.lstat(path)
            names = os.listdir(path) if stat.S_ISDIR(status.st_mode) else []
        except FileNotFoundError:
            if not inside:
                raise
            continue
        yield path, inside, status
        names.sort(key=lambda name: (name != JOURNAL_FOLDER, name), reverse=True)
        waiting += [f"{inside}/{name}" if inside else name for name in names]


def _copy_file(source: str, target: str) -> None:
    for _ in range(_ATTEMPTS):
        reading = files.open_for_reading(source)
        try:
            before = os.fstat(reading)
            writing = files.create_new(target, stat.S_IMODE(before.st_mode) | stat.S_IWUSR)
            try:
                files.copy_content(reading, writing, before.st_size)
                files.set_mode_and_time(writing, before)
            finally:
                os.close(writing)
            if _same_bytes(reading, target, before.st_size):
                return
        finally:
            os.close(reading)
        files.remove(target)  # it was written to in the middle, or the disk does not give back what it took
    raise OSError(f"'{source}' is not the same as its copy: it changes while it is read, or a disk is broken")


def _same_bytes(one: int, path: str, size: int) -> bool:
    """Say whether a file holds the first bytes of an open one, and nothing else."""
    with files.descriptor(path, os.O_RDONLY) as other:
        if os.fstat(other).st_size != size:
            return False
        for offset in range(0, size, _COMPARED_AT_ONCE):
            length = min(_COMPARED_AT_ONCE, size - offset)
            if os.pread(one, length, offset) != os.pread(other, length, offset):
                return False
    return True


def _bring_to_disk(copied: list[str], folders: list[tuple[str, str]]) -> None:
    """Wait until copies and their folders are on the disk; folders get their times last, since files change them."""
    for path in copied:
        with files.descriptor(path, os.O_RDONLY) as fd:
            files.fsync(fd)
    for source, copy in reversed(folders):
        files.fsync_directory(copy)
        with contextlib.suppress(FileNotFoundError):
            files.set_mode_and_time(copy, os.lstat(source))


def same_content(one: str, other: str, ignored: frozenset[str] = frozenset(), turn: Turn = unturned) -> bool:
    """Say whether a copy is up to date: the same names, sizes and modification times of files, the same links.

    Args:
        one, other: two files, links or folders.
        ignored: names of files of which only the time counts.
        turn: says where links of the copy lead to.
    """
    try:
        return _shape(one, ignored, turn) == _shape(other, ignored)
    except OSError:
        return False


def _shape(top: str, ignored: frozenset[str], turn: Turn = unturned) -> dict[str, tuple[object, ...]]:
    shape: dict[str, tuple[object, ...]] = {}
    for path, inside, status in walk(top):
        if stat.S_ISDIR(status.st_mode):
            shape[inside] = ("folder",)
        elif stat.S_ISLNK(status.st_mode):
            shape[inside] = ("link", turn(os.readlink(path)))
        elif stat.S_ISREG(status.st_mode):
            size = 0 if os.path.basename(path) in ignored else status.st_size
            shape[inside] = (size, status.st_mtime_ns)
    return shape
