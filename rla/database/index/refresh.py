"""Bringing an index up to date: what has changed in the data root since, found without looking at every experiment.

A date folder that looks as it did is not read. Experiments that may still be written are looked at each time, all the
others when their date folder changes, or when everything shall be read afresh.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rla.database.index.entry import UNREADABLE, ReadRows, stamp_of
from rla.database.index.prepared import PreparedExperiment
from rla.database.index.reading import Job, Reader, read_experiments
from rla.database.index.store import IndexStore, KnownExperiment
from rla.database.run_card import RUNNING
from rla.database.trees import ExperimentPlace, days_of, days_of_years, name_as_text, tasks_with_years
from rla.errors import warn_quietly
from rla.names import ARCHIVE, LOG, TREES

__all__ = ["Progress", "refresh", "without_gone"]

Progress = Callable[[int, int], object]
"""Is told how many experiments have been read, and how many there are to read."""

_WRITTEN_AT_ONCE: Final = 2_000
_SETTLED_SECONDS: Final = 3.0
"""A folder that changed within so long may change again and look the same: clocks of file systems are coarse."""

_UNSETTLED: Final = ""
_UNLISTED: Final = "unlisted"
"""The folder cannot be looked into now: what was known of its experiments stays, and it is tried again."""


@dataclass
class _Work:
    """What there is to do for the experiments of one day.

    Attributes:
        task, day: which day.
        stamps: what its date folders look like, by tree; None when only some of its experiments are read.
        to_read: index names, with what was known of them.
        gone: ids of experiments that are there no more.
        left: how many are still to be read.
    """

    task: str
    day: str
    stamps: dict[str, str] | None
    to_read: list[tuple[str, KnownExperiment | None]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    left: int = 0


def refresh(
    store: IndexStore,
    data_root: Path,
    read_rows: ReadRows,
    task: str | None = None,
    fresh: bool = False,
    progress: Progress = lambda done, total: None,
) -> None:
    """Bring an index up to date.

    Args:
        store: the index.
        data_root: the database folder; nothing is written into it.
        read_rows: reads the newest values of a log folder.
        task: the task to look at; all when None.
        fresh: read every experiment anew.
        progress: is told how far it is.

    Raises:
        sqlite3.Error: the index cannot be read or written.
    """
    now = time.time()
    works = list(_changed_days(store, data_root, task, fresh, now))
    works += _unfinished(store, data_root, task, {(work.task, work.day) for work in works})
    jobs: list[Job] = []
    works_of: list[tuple[_Work, KnownExperiment | None]] = []
    for work in works:
        work.left = len(work.to_read)
        for name, known in work.to_read:
            before = None if known is None or fresh else store.rows_before(known.id)
            jobs.append(Job(len(jobs), work.task, work.day, name, before))
            works_of.append((work, known))
    read: list[PreparedExperiment] = []
    ready = [work for work in works if not work.left]
    with contextlib.closing(read_experiments(jobs, Reader(data_root, read_rows, now))) as answers:
        for done, (number, experiment) in enumerate(answers, start=1):
            work, known = works_of[number]
            if experiment is not None:
                read.append(experiment)
            elif known is not None:
                work.gone.append(known.id)
            work.left -= 1
            if not work.left:
                ready.append(work)
            if len(read) >= _WRITTEN_AT_ONCE:
                _write(store, read, ready)
            progress(done, len(jobs))
    _write(store, read, ready)


def _write(store: IndexStore, read: list[PreparedExperiment], ready: list[_Work]) -> None:
    """Write what was read, and what days look like of which all was read; others need not wait for long."""
    if not read and not ready:
        return
    with store.transaction():
        store.write(read)
        for work in ready:
            store.forget(work.gone)
            if work.stamps is not None:
                store.set_folders(work.task, work.day, work.stamps)
    read.clear()
    ready.clear()


def _changed_days(store: IndexStore, data_root: Path, task: str | None, fresh: bool, now: float) -> Iterator[_Work]:
    """Yield the days whose folders look different than they did, with what must be read there."""
    remembered: dict[tuple[str, str], dict[str, str]] = {}
    for (tree, of_task, day), stamp in store.folder_stamps(task).items():
        remembered.setdefault((of_task, day), {})[tree] = stamp
    present: dict[tuple[str, str], dict[str, str]] = {}
    for tree in TREES:
        for of_task, day in _days_in(f"{data_root}/{tree}", task):
            stamp = _folder_stamp(f"{data_root}/{tree}/{of_task}/{day}", now)
            present.setdefault((of_task, day), {})[tree] = stamp
    for (of_task, day), stamps in present.items():
        if fresh or _UNSETTLED in stamps.values() or stamps != remembered.get((of_task, day)):
            yield _compared(store, data_root, _Work(of_task, day, stamps), fresh)
    for of_task, day in remembered.keys() - present.keys():
        yield _Work(of_task, day, {}, gone=[known.id for known in store.known_in(of_task, day).values()])


def _days_in(tree: str, task: str | None) -> Iterator[tuple[str, str]]:
    """Yield task and day of the date folders in a tree."""
    if task is not None:
        yield from ((task, day) for day in days_of(f"{tree}/{task}"))
        return
    for of_task, years in tasks_with_years(tree):
        yield from ((of_task, day) for day in days_of_years(f"{tree}/{of_task}", years))


def without_gone(
    store: IndexStore, data_root: Path, found: list[tuple[int, str, str, str]]
) -> list[tuple[int, str, str, str]]:
    """Return experiments of an index that was not refreshed, without those whose folders are gone.

    Args:
        store: the index.
        data_root: the database folder.
        found: id, task, day and index name of each.
    """
    stamps = store.folder_stamps()
    now = time.time()
    changed = {
        (task, day)
        for task, day in {row[1:3] for row in found}
        if (stamp := _folder_stamp(f"{data_root}/{LOG}/{task}/{day}", now)) == _UNSETTLED
        or stamps.get((LOG, task, day)) != stamp
    }
    return [row for row in found if row[1:3] not in changed or _is_there(ExperimentPlace(data_root, *row[1:]))]


def _is_there(place: ExperimentPlace) -> bool:
    return any(os.path.lexists(place.path_text(tree)) for tree in TREES)


def _folder_stamp(path: str, now: float) -> str:
    """Return what changes when an experiment comes or goes; nothing while it has only just changed."""
    try:
        found = os.stat(path)
    except OSError:
        return _UNSETTLED
    settled = found.st_mtime < now - _SETTLED_SECONDS
    return f"{found.st_mtime_ns},{found.st_nlink},{found.st_ino}" if settled else _UNSETTLED


def _compared(store: IndexStore, data_root: Path, work: _Work, fresh: bool) -> _Work:
    """Find what must be read of a day whose folders have changed."""
    trees: dict[str, list[str]] = {}
    for tree in TREES:
        if work.stamps is not None and tree in work.stamps:
            names = _names_in(f"{data_root}/{tree}/{work.task}/{work.day}", tree)
            if names is None:
                work.stamps[tree] = _UNLISTED
            for name in names or ():
                trees.setdefault(name, []).append(tree)
    known = store.known_in(work.task, work.day)
    for name, its_trees in trees.items():
        before = known.get(name)
        if (
            fresh
            or before is None
            or before.unfinished
            or before.trees != " ".join(its_trees)
            or before.stamp != stamp_of(ExperimentPlace(data_root, work.task, work.day, name).path_text(LOG))[0]
        ):
            work.to_read.append((name, before))
    if work.stamps is not None and _UNLISTED not in work.stamps.values():
        work.gone = [before.id for name, before in known.items() if name not in trees]
    return work


def _names_in(folder: str, tree: str) -> list[str] | None:
    """Return the index names in a date folder; None when it cannot be looked into."""
    try:
        with os.scandir(folder) as entries:
            if tree == ARCHIVE:
                names = [entry.name for entry in entries if entry.name.endswith(".pkl")]
                return [name_as_text(name.removesuffix(".pkl")) for name in names]
            return [name_as_text(entry.name) for entry in entries if _may_be_folder(entry)]
    except (FileNotFoundError, NotADirectoryError):  # it has just gone
        return []
    except OSError as error:
        warn_quietly(f"'{folder}' cannot be looked into ({error.strerror}); its experiments are left out")
        return None


def _may_be_folder(entry: os.DirEntry[str]) -> bool:
    """Say whether an entry is a folder, or a link that should be one and leads nowhere."""
    try:
        return entry.is_dir() or (entry.is_symlink() and not entry.is_file())
    except OSError:  # a link in a circle
        return True


def _unfinished(store: IndexStore, data_root: Path, task: str | None, done: set[tuple[str, str]]) -> list[_Work]:
    """Return the unfinished experiments of other days that may have changed."""
    works: dict[tuple[str, str], _Work] = {}
    for number, of_task, day, name, stamp, status in store.unfinished(task):
        if (of_task, day) in done:
            continue
        log_dir = ExperimentPlace(data_root, of_task, day, name).path_text(LOG)
        # a run that lives writes its journal, which the stamp does not see, and may have ended without a word
        if status in (RUNNING, UNREADABLE) or stamp != stamp_of(log_dir)[0]:
            work = works.setdefault((of_task, day), _Work(of_task, day, None))
            work.to_read.append((name, KnownExperiment(number, name, stamp, "", True)))
    return list(works.values())
