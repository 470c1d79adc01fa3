"""Which experiments another data root has, as its folders say. What they are called is not trusted."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rla.database.archive import objects_path_text
from rla.database.index_name import parse_index_name
from rla.database.patterns import compile_pattern
from rla.database.trees import ExperimentPlace, check_task_name
from rla.errors import InvalidNameError
from rla.names import ARCHIVE
from rla.sync.paths import path_below, problem_of_path
from rla.sync.transport import FOLDER, RemoteFile, Transport

__all__ = ["experiments_of", "files_of"]

_DATE_PARTS: Final = (re.compile(r"[0-9]{4}"), re.compile(r"[0-9]{2}"), re.compile(r"[0-9]{2}"))
_DEEPEST_TASK: Final = 4


def experiments_of(
    transport: Transport,
    data_root: Path,
    trees: Sequence[str],
    task: str | None = None,
    pattern: str | None = None,
) -> list[ExperimentPlace]:
    """Return the experiments that another data root has in some trees, sorted by task and record date.

    Args:
        transport: the connection, which is connected.
        data_root: the data root here, which the places are in.
        trees: the trees to look into.
        task: the task table; all when None.
        pattern: a glob under the task, or ``re:`` and a regular expression; None for all.

    Raises:
        SyncError: something cannot be listed.
        QueryError: the pattern is none.
        InvalidNameError: the task name cannot be one.
    """
    compiled = compile_pattern(pattern)
    found: dict[tuple[str, str], None] = {}
    for tree in trees:
        for name, years in _tasks(transport, tree, None if task is None else check_task_name(task)):
            for day in _days(transport, years):
                dated = day.removeprefix(f"{tree}/{name}/")
                if compiled.may_hold(dated):
                    found |= dict.fromkeys((name, f"{dated}/{index}") for index in _index_names(transport, day, tree))
    names = sorted(found)
    selected = set(compiled.select([dated_name for _, dated_name in names]))
    places = [(name, *dated_name.rsplit("/", 1)) for name, dated_name in names if dated_name in selected]
    return [ExperimentPlace(data_root, name, day, index_name) for name, day, index_name in places]


def files_of(transport: Transport, place: ExperimentPlace, tree: str) -> list[RemoteFile]:
    """Return what another data root has of an experiment in a tree, folders and all.

    Raises:
        SyncError: something cannot be listed.
    """
    top = path_below(place, tree)
    if tree != ARCHIVE:
        return list(transport.walk(top))
    both = (top, objects_path_text(top))  # files, beside those of the other experiments of that day
    return [entry for entry in transport.entries(posixpath.dirname(top)) if entry.path in both]


def _tasks(transport: Transport, tree: str, task: str | None) -> Iterator[tuple[str, list[RemoteFile]]]:
    """Yield the task tables of a tree, each with the folders of its years."""
    waiting = [f"{tree}/{task}" if task else tree]
    while waiting:
        folder = waiting.pop()
        name = folder.removeprefix(tree).lstrip("/")
        children = _folders(transport, folder)
        years = [child for child in children if name and _DATE_PARTS[0].fullmatch(posixpath.basename(child.path))]
        if years:
            if _is_task(name):
                yield name, years
        elif name.count("/") < _DEEPEST_TASK - 1 and not (task and not children):
            waiting += [child.path for child in children if not posixpath.basename(child.path).startswith(".")]


def _is_task(name: str) -> bool:
    try:
        return check_task_name(name) == name
    except InvalidNameError:
        return False


def _days(transport: Transport, years: Sequence[RemoteFile]) -> Iterator[str]:
    for year in years:
        for month in _folders(transport, year.path, 1):
            for day in _folders(transport, month.path, 2):
                yield day.path


def _folders(transport: Transport, folder: str, level: int | None = None) -> list[RemoteFile]:
    """Return the folders in a folder whose names are of a date, where a level of the date is given."""
    return [
        entry
        for entry in sorted(transport.entries(folder), key=lambda each: each.path)
        if entry.kind == FOLDER
        and posixpath.dirname(entry.path) == folder
        and problem_of_path(entry.path) is None
        and (level is None or _DATE_PARTS[level].fullmatch(posixpath.basename(entry.path)))
    ]


def _index_names(transport: Transport, day: str, tree: str) -> Iterator[str]:
    """Yield the names of the experiments in a date folder."""
    for entry in transport.entries(day):
        name = posixpath.basename(entry.path)
        if tree == ARCHIVE:
            name = name.removesuffix(".pkl") if name.endswith(".pkl") else ""
        elif entry.kind != FOLDER:
            continue
        if parse_index_name(name) is not None and problem_of_path(entry.path) is None:
            yield name
