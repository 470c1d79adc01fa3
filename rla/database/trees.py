"""Where the seven trees of an experiment lie, and how a place in the data root is walked without leaving it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rla import files
from rla.errors import DataRootError, InvalidNameError
from rla.names import ARCHIVE, TREES

__all__ = [
    "ExperimentPlace",
    "check_data_root",
    "check_task_name",
    "date_folders",
    "days_of",
    "days_of_years",
    "name_as_text",
    "tasks_of",
    "tasks_with_years",
]

_DATE_PARTS: Final = (re.compile(r"[0-9]{4}"), re.compile(r"[0-9]{2}"), re.compile(r"[0-9]{2}"))
_ESCAPED_BYTE: Final = re.compile(r"\\x([89a-f][0-9a-f])")
_DEEPEST_TASK: Final = 4
_LONGEST_PART: Final = 200


@dataclass(frozen=True)
class ExperimentPlace:
    """The place of one experiment: the same relative path in every tree.

    Attributes:
        data_root: the database folder.
        task: name of the task table.
        day: ``%Y/%m/%d``.
        index_name: name of the experiment's folder.
    """

    data_root: Path
    task: str
    day: str
    index_name: str

    def path(self, tree: str) -> Path:
        """Return the experiment's folder in a tree (its file, in the archive tree)."""
        return Path(self.path_text(tree))

    def path_text(self, tree: str) -> str:
        """Return the same as text: making a path of a hundred thousand places takes a while."""
        suffix = ".pkl" if tree == ARCHIVE else ""
        name = self.index_name if "\\" not in self.index_name else _with_bytes(self.index_name)
        return f"{self.data_root}/{tree}/{self.task}/{self.day}/{name}{suffix}"


def name_as_text(name: str) -> str:
    r"""Return the name of a file as a text of Unicode; bytes that are none become ``\xff``.

    An `ExperimentPlace` takes such a name, and finds the file.
    """
    if name.isascii():
        return name
    try:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte, and is in no name
        return name.encode("utf-8", "backslashreplace").decode()


def _with_bytes(name: str) -> str:
    return _ESCAPED_BYTE.sub(lambda found: os.fsdecode(bytes([int(found[1], 16)])), name)


def check_task_name(task: object) -> str:
    """Return the name of a task table that is safe as a folder below a tree.

    Raises:
        InvalidNameError: it is empty, absolute, or leaves its tree.
    """
    if not isinstance(task, str) or not task.strip():
        raise InvalidNameError(task, "it is empty" if isinstance(task, str) else "it is no text")
    parts = task.rstrip("/").split("/")
    if "" in parts:
        raise InvalidNameError(task, "it is an absolute path or has an empty part")
    if any(part in (".", "..") or part.startswith("~") for part in parts):
        raise InvalidNameError(task, "it would leave its folder")
    if len(parts) > _DEEPEST_TASK:
        raise InvalidNameError(task, f"it has more than {_DEEPEST_TASK} levels")
    if any(ord(character) < 32 or character == "\\" for character in task):
        raise InvalidNameError(task, "it has a control character or a backslash")
    if any(len(os.fsencode(part)) > _LONGEST_PART for part in parts):
        raise InvalidNameError(task, f"a part of it is longer than {_LONGEST_PART} bytes")
    if any(_DATE_PARTS[0].fullmatch(part) for part in parts[1:]):
        raise InvalidNameError(task, "a part of it looks like the year of a record date")
    return "/".join(parts)


def check_data_root(data_root: str | os.PathLike[str]) -> Path:
    """Return the path of a data root that exists.

    Raises:
        DataRootError: there is no such folder, or it cannot be looked into.
    """
    path = os.path.expanduser(os.fsdecode(data_root)) if isinstance(data_root, (str, bytes, os.PathLike)) else ""
    if not path or not os.path.isdir(path):  # unlike those of pathlib, these never raise
        problem = "it is a file, not a folder" if path and os.path.exists(path) else "there is no such folder"
        raise DataRootError(str(data_root), problem, "Give the folder that holds log/ and the other trees.")
    if not os.access(path, os.R_OK | os.X_OK):
        raise DataRootError(path, "you may not look into it", "Ask its owner for the permission to read it.")
    return Path(path)


def tasks_of(data_root: Path, tree: str | None = None) -> list[str]:
    """Return the names of the task tables that have a date folder, sorted.

    Args:
        data_root: the database folder.
        tree: the tree to look into; all trees when None.
    """
    return sorted(
        {task for name in ((tree,) if tree else TREES) for task, _ in tasks_with_years(f"{data_root}/{name}")}
    )


def tasks_with_years(folder: str, task: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield the task tables below a tree, each with the years that it has a folder of.

    Args:
        folder: the tree, or a folder in it.
        task: the part of a task's name that leads to the folder.
    """
    children = [name for name in files.subfolders(folder) if not name.startswith(".") and _is_unicode(name)]
    years = [name for name in children if _DATE_PARTS[0].fullmatch(name)] if task else []
    if years:
        yield task, years
    elif task.count("/") < _DEEPEST_TASK - 1:
        for child in children:
            if not _leads_back(f"{folder}/{child}"):
                yield from tasks_with_years(f"{folder}/{child}", f"{task}/{child}" if task else child)


def _is_unicode(name: str) -> bool:
    return name == name_as_text(name)


def _leads_back(path: str) -> bool:
    """Say whether a symbolic link leads to a folder it lies in: below it, there would be no end."""
    if not os.path.islink(path):
        return False
    folder, destination = os.path.realpath(os.path.dirname(path)), os.path.realpath(path)
    return os.path.commonpath((folder, destination)) == destination


def date_folders(root: Path, newest_first: bool = False) -> Iterator[tuple[str, Path]]:
    """Walk the date folders below a task as pairs of ``%Y/%m/%d`` and path; see `days_of`."""
    for day in days_of(os.fspath(root), newest_first):
        yield day, root / day


def days_of(folder: str, newest_first: bool = False) -> Iterator[str]:
    """Yield the days (``%Y/%m/%d``) that have a folder below a task, the oldest or the newest first.

    A folder is listed when the walk comes to it, so that who stops early has not looked at the others.
    """
    yield from days_of_years(folder, _matching(folder, 0, newest_first), newest_first)


def days_of_years(folder: str, years: Iterable[str], newest_first: bool = False) -> Iterator[str]:
    """Yield the days of some years, as `days_of` does."""
    for year in years:
        for month in _matching(f"{folder}/{year}", 1, newest_first):
            for day in _matching(f"{folder}/{year}/{month}", 2, newest_first):
                yield f"{year}/{month}/{day}"


def _matching(folder: str, level: int, newest_first: bool) -> list[str]:
    """Return the date folders of a level. One that is a symbolic link counts: people spread a data root over disks."""
    names = [name for name in files.subfolders(folder) if _DATE_PARTS[level].fullmatch(name)]
    return names[::-1] if newest_first else names
