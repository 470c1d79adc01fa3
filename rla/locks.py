"""Locks between processes: a lock file, or a folder. They end with the process that holds them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Final

from rla import files
from rla.files import PathLike

try:
    import fcntl
except ImportError:  # Windows: liveness of a run is then judged by its process alone
    fcntl = None  # type: ignore[assignment]

__all__ = ["is_locked", "lock", "locked_folder"]

_ATTEMPTS: Final = 10
_PAUSE_SECONDS: Final = 0.02


def lock(path: PathLike) -> int | None:
    """Take the lock file at ``path`` without waiting.

    Returns:
        The descriptor that holds the lock until it is closed, or None when another process holds it.
    """
    for attempt in range(_ATTEMPTS + 1):
        fd = files.open_for_update(path)
        if fcntl is not None:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(fd)
                if attempt < _ATTEMPTS:  # somebody may just be asking `is_locked`
                    time.sleep(_PAUSE_SECONDS)
                continue
            except OSError:
                return fd  # a file system without locks: the process number must do
        if _is_still_at(fd, path):
            return fd
        os.close(fd)  # whoever held it has removed it meanwhile: the next comer would lock another file
    return None


@contextlib.contextmanager
def locked_folder(path: PathLike, seconds: float = 3.0) -> Iterator[bool]:
    """Hold the lock of a folder; who asks for it meanwhile waits, some seconds at most.

    The lock is on the folder itself, so no file is made for it. Where the system has no locks of folders (some network
    file systems, Windows) nobody waits.

    Args:
        path: the folder.
        seconds: how long to wait for another process.

    Yields:
        False when another process still holds it.
    """
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        yield True
        return
    try:
        held = _lock_by(fd, time.monotonic() + seconds)
        try:
            yield held
        finally:
            if fcntl is not None and held:  # closing alone would not do: a child that was forked meanwhile has it, too
                with contextlib.suppress(OSError):
                    fcntl.flock(fd, fcntl.LOCK_UN)
    finally:
        os.close(fd)


def _lock_by(fd: int, deadline: float) -> bool:
    """Wait for a lock until a moment of the monotonic clock; False when it could not be had."""
    while fcntl is not None:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            break  # no locks there
        else:
            break
    return True


def _is_still_at(fd: int, path: PathLike) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def is_locked(path: PathLike) -> bool:
    """Say whether some process holds the lock file at ``path``; a missing file is not locked."""
    if fcntl is None:
        return False
    try:
        with files.descriptor(path, os.O_RDONLY | os.O_NONBLOCK) as fd:  # a pipe in its place would be waited for
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
