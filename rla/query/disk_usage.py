"""What a data root takes on the disk: its experiments as the index knows them, and what lies outside of them."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rla import files
from rla.database.index.index import Index
from rla.database.index.refresh import Progress
from rla.database.index.store import IndexStore
from rla.database.index.totals import bytes_by_task, count_of_experiments, largest
from rla.database.trees import check_data_root
from rla.names import ARCHIVED, INTERNAL
from rla.query.experiment import Experiment
from rla.query.question import check_task_is_there
from rla.query.rows import read_rows
from rla.query.source import experiments_of

__all__ = ["CODE_STORE", "DiskUsage", "disk_usage"]

CODE_STORE: Final = f"{INTERNAL}/objects"

_DOCUMENTS_AT_ONCE: Final = 500
_TOLD_EACH: Final = 1000


@dataclass(frozen=True)
class DiskUsage:
    """Bytes of a data root. Code that several experiments share counts in the code store, once.

    Attributes:
        tasks: bytes of the experiments of a task, by task and tree; trees without any are not there.
        experiments: how many experiments a task has.
        largest: the largest experiments, the largest first, where they were asked for.
        outside: bytes outside of experiments, by folder of the data root.
    """

    tasks: dict[str, dict[str, int]]
    experiments: dict[str, int]
    largest: list[Experiment] = field(default_factory=list)
    outside: dict[str, int] = field(default_factory=dict)

    @property
    def trees(self) -> dict[str, int]:
        """Bytes of all experiments by tree, the largest first."""
        total: Counter[str] = Counter()
        for sizes in self.tasks.values():
            total.update(sizes)
        return dict(total.most_common())

    @property
    def in_experiments(self) -> int:
        """Bytes of all experiments."""
        return sum(self.trees.values())


def disk_usage(
    data_root: str | os.PathLike[str],
    task: str | None = None,
    number_of_largest: int = 0,
    outside: bool = True,
    fresh: bool = False,
    progress: Progress = lambda done, total: None,
    walking: Callable[[int], object] = lambda files: None,
) -> DiskUsage:
    """Return what a data root takes on the disk.

    Args:
        data_root: the database folder.
        task: the task to look at; all when None.
        number_of_largest: how many of the largest experiments to return; all when negative.
        outside: whether to walk through what lies outside of experiments: the code store, the trash, archived copies.
        fresh: read every experiment anew.
        progress: is told how many experiments were read, and how many there are to read.
        walking: is told how many files outside of experiments were looked at.

    Raises:
        DataRootError: there is no such data root.
        QueryError: there is no such task.
    """
    root = check_data_root(data_root)
    if task is not None:
        check_task_is_there(root, task)
    index = Index(root, read_rows, progress)
    index.refresh(task, fresh)
    usage, ids = index.ask_with_sizes(lambda store: _usage(store, task, number_of_largest), task)
    for start in range(0, len(ids), _DOCUMENTS_AT_ONCE):
        usage.largest.extend(experiments_of(index, ids[start : start + _DOCUMENTS_AT_ONCE]))
    if outside:
        usage.outside.update(_outside(root, walking))
    return usage


def _usage(store: IndexStore, task: str | None, number: int) -> tuple[DiskUsage, list[int]]:
    counts = count_of_experiments(store, task)
    sums = bytes_by_task(store, task)
    tasks = {name: {tree: total for tree, total in sums.get(name, {}).items() if total} for name in counts}
    by_size = dict(sorted(tasks.items(), key=lambda item: (-sum(item[1].values()), item[0])))
    ids = largest(store, number, task) if number else []
    return DiskUsage(by_size, counts, []), ids


def _outside(root: Path, walking: Callable[[int], object]) -> dict[str, int]:
    """Return the bytes of the folders outside of experiments; a file with several names counts where it comes first."""
    inside = [f"{INTERNAL}/{name}" for name in files.subfolders(root / INTERNAL)]
    inside.sort(key=lambda folder: folder != CODE_STORE)  # it comes first: trash and archived copies share its bodies
    seen: set[tuple[int, int]] = set()
    found: dict[str, int] = {}
    looked_at = 0
    for folder in (*inside, ARCHIVED):
        total = 0
        for entry in _files_below(root / folder):
            total += entry.st_size if _is_new(entry, seen) else 0
            looked_at += 1
            if looked_at % _TOLD_EACH == 0:
                walking(looked_at)
        if total:
            found[folder] = total
    return found


def _is_new(file: os.stat_result, seen: set[tuple[int, int]]) -> bool:
    if file.st_nlink == 1:
        return True
    identity = (file.st_dev, file.st_ino)
    known = identity in seen
    seen.add(identity)
    return not known


def _files_below(folder: Path) -> Iterator[os.stat_result]:
    """Yield what is known of the files below a folder; links are files here, and what cannot be read is left out."""
    waiting = [os.fspath(folder)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry.stat(follow_symlinks=False)
