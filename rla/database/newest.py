"""The newest experiments of a data root, found without a walk through all of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path

from rla import files
from rla.database.index_name import parse_index_name
from rla.database.trees import ExperimentPlace, date_folders
from rla.names import LOG

__all__ = ["newest_experiments"]


def newest_experiments(data_root: Path, tasks: Iterable[str], since: str = "") -> Iterator[ExperimentPlace]:
    """Walk the experiments that have a folder in the log tree, the newest first; take as many as are needed.

    Args:
        data_root: the database folder.
        tasks: the task tables to look into.
        since: the oldest day to look at, as ``%Y/%m/%d``; all when empty.
    """
    each = [_of_task(data_root, task, since) for task in tasks]
    return heapq.merge(*each, key=lambda place: (place.day, place.index_name), reverse=True)


def _of_task(data_root: Path, task: str, since: str) -> Iterator[ExperimentPlace]:
    for day, folder in date_folders(data_root / LOG / task, newest_first=True):
        if day < since:
            return
        for name in reversed(files.subfolders(folder)):
            if parse_index_name(name) is not None:
                yield ExperimentPlace(data_root, task, day, name)
