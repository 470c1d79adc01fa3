"""Where the seven trees of an experiment lie, and how a place in the data root is walked without leaving it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rla import files
from rla.errors import DataRootError, InvalidNameError
from rla.names import ARCHIVE, TREES

__all__ = ["ExperimentPlace", "check_data_root", "check_task_name", "date_folders", "tasks_of"]

_DATE_PARTS: Final = (re.compile(r"\d{4}"), re.compile(r"\d{2}"), re.compile(r"\d{2}"))
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
        name = f"{self.index_name}.pkl" if tree == ARCHIVE else self.index_name
        return self.data_root / tree / self.task / self.day / name


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
        DataRootError: there is no such folder.
    """
    path = Path(data_root).expanduser()
    if not path.is_dir():
        problem = "it is a file, not a folder" if path.exists() else "there is no such folder"
        raise DataRootError(str(path), problem, "Give the folder that holds log/ and the other trees.")
    return path


def tasks_of(data_root: Path, tree: str | None = None) -> list[str]:
    """Return the names of the task tables that have a date folder, sorted.

    Args:
        data_root: the database folder.
        tree: the tree to look into; all trees when None.
    """
    found: set[str] = set()
    for name in (tree,) if tree else TREES:
        _collect_tasks(data_root / name, "", found)
    return sorted(found)


def _collect_tasks(folder: Path, task: str, found: set[str]) -> None:
    children = [name for name in files.subfolders(folder) if not name.startswith(".")]
    if task and any(_DATE_PARTS[0].fullmatch(child) for child in children):
        found.add(task)
    elif task.count("/") < _DEEPEST_TASK - 1:
        for child in children:
            _collect_tasks(folder / child, f"{task}/{child}" if task else child, found)


def date_folders(root: Path) -> Iterator[tuple[str, Path]]:
    """Walk the date folders below a task, oldest first, as pairs of ``%Y/%m/%d`` and path."""
    for year in _matching(root, 0):
        for month in _matching(root / year, 1):
            for day in _matching(root / year / month, 2):
                yield f"{year}/{month}/{day}", root / year / month / day


def _matching(folder: Path, level: int) -> list[str]:
    """Return the date folders of a level. One that is a symbolic link counts: people spread a data root over disks."""
    return [name for name in files.subfolders(folder) if _DATE_PARTS[level].fullmatch(name)]
