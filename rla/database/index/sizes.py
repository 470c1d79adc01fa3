"""What an experiment takes on the disk: the bytes and files that it has in each tree."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from rla.database.archive import objects_path_text
from rla.database.trees import ExperimentPlace
from rla.names import ARCHIVE, CODE, TREES

__all__ = ["Sizes", "problem_of", "sizes_of"]


class Sizes(NamedTuple):
    """What an experiment takes.

    Attributes:
        bytes: in each tree where it is; what other experiments share is not counted.
        files: how many it has in each of them.
    """

    bytes: dict[str, int]
    files: dict[str, int]


def problem_of(path: str) -> str | None:
    """Return why a folder that is there cannot be read; None when it can."""
    try:
        os.scandir(path).close()
    except OSError as error:
        return "leads nowhere" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
    return None


def sizes_of(place: ExperimentPlace) -> Sizes:
    """Return what an experiment takes; nothing of what cannot be read, or has gone."""
    found = Sizes({}, {})
    for tree in TREES:
        path = place.path_text(tree)
        content = _content_of_archive(path) if tree == ARCHIVE else _content_of(path, tree == CODE)
        if content is not None:
            found.bytes[tree], found.files[tree] = content
    return found


def _content_of_archive(path: str) -> tuple[int, int] | None:
    try:
        size = os.stat(path).st_size
    except OSError:
        return None
    with contextlib.suppress(OSError):  # most have none
        return size + os.stat(objects_path_text(path)).st_size, 2
    return size, 1


def _content_of(path: str, shared: bool) -> tuple[int, int] | None:
    """Return how many bytes and files lie below a folder; None when it is not there."""
    try:
        size, count, folders = _content_of_folder(path, shared)
    except OSError:
        return (0, 0) if os.path.lexists(path) else None
    if folders and os.path.islink(path):  # whatever it leads to, the whole disk perhaps, is not gone through
        return size, count
    while folders:
        with contextlib.suppress(OSError):  # it vanished, or belongs to somebody else
            more, files_inside, inside = _content_of_folder(folders.pop(), shared)
            size += more
            count += files_inside
            folders += inside
    return size, count


def _content_of_folder(folder: str, shared: bool) -> tuple[int, int, list[str]]:
    """Return the bytes of the files in a folder, how many these are, and the folders in it.

    Args:
        folder: where to look.
        shared: leave out the bytes of files with several names: they belong to the code store.

    Raises:
        OSError: the folder cannot be read.
    """
    size = count = 0
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                status = entry.stat(follow_symlinks=False)
            except OSError:  # it vanished meanwhile
                continue
            count += 1
            if not (shared and status.st_nlink > 1):
                size += status.st_size
    return size, count, folders
