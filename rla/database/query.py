"""The search for experiments: from a data root, a task and a pattern to plain records."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from rla import files
from rla.database.index_name import parse_index_name, record_date_of
from rla.database.patterns import Pattern, compile_pattern
from rla.database.record import ExperimentRecord
from rla.database.trees import ExperimentPlace, check_data_root, check_task_name, date_folders, tasks_of
from rla.errors import AmbiguousExperimentError, ExperimentNotFoundError, QueryError, did_you_mean
from rla.names import ARCHIVE, CODE, HYPERPARAMETER, LOG, TREES

_DATED: Final = re.compile(r"(?:^|/)\d{4}/\d{2}/\d{2}/[^/]+$")
"""How the path of an experiment's folder ends."""

__all__ = ["find_experiments", "find_one", "is_tree_path", "keyed_by_record_date", "name_in_tree"]


def find_experiments(
    data_root: str | os.PathLike[str], task: str, pattern: str | None = None, tree: str = LOG
) -> list[ExperimentRecord]:
    """Return the experiments of a task, sorted by record date.

    Args:
        data_root: the database folder.
        task: name of the task table.
        pattern: a glob under the task, or ``re:`` and a regular expression; None for all.
        tree: the tree to look into. Hyper-parameters are also taken from ``log/`` (and ``code/``) for experiments
            that have no folder in their own tree.

    Raises:
        DataRootError: there is no such data root.
        QueryError: the tree or the pattern is none, or a regular expression took too long.
        InvalidNameError: the task name cannot be one.
    """
    if tree not in TREES:
        raise QueryError(
            f"There is no tree '{tree}'.{did_you_mean(str(tree), TREES)} Those there are: {', '.join(TREES)}."
        )
    root, task = check_data_root(data_root), check_task_name(task)
    compiled = compile_pattern(pattern)
    sources: dict[str, str] = {}
    for source in (HYPERPARAMETER, LOG, CODE) if tree == HYPERPARAMETER else (tree,):
        for dated_name in _dated_names(root / source / task, compiled, source):
            sources.setdefault(dated_name, source)
    records = []
    for dated_name in compiled.select(sources):
        day, _, name = dated_name.rpartition("/")
        if (index := parse_index_name(name)) is not None:
            place, record_date = ExperimentPlace(root, task, day, name), f"{day}/{index.time}"
            records.append(ExperimentRecord(place, sources[dated_name], record_date, index.node, index.parameters))
    return sorted(records, key=lambda record: (record.record_date, record.place.index_name))


def _dated_names(folder: Path, pattern: Pattern, tree: str) -> Iterator[str]:
    """Yield what lies in the date folders of a task that can hold a match, as ``<%Y/%m/%d>/<name>``."""
    for day, date_folder in date_folders(folder):
        if pattern.may_hold(day):
            yield from (f"{day}/{name}" for name in _names_in(date_folder, tree))


def _names_in(folder: Path, tree: str) -> Iterable[str]:
    if tree != ARCHIVE:
        return files.subfolders(folder)
    try:
        return [name.removesuffix(".pkl") for name in os.listdir(folder) if name.endswith(".pkl")]
    except OSError:
        return []


def keyed_by_record_date(records: Iterable[ExperimentRecord]) -> dict[str, ExperimentRecord]:
    """Key experiments by record date; those of several nodes at one record date by ``<record date>_<node>``."""
    records = list(records)
    dates = Counter(record.record_date for record in records)
    nodes = Counter((record.record_date, record.node) for record in records)
    keyed: dict[str, ExperimentRecord] = {}
    for record in records:
        if dates[record.record_date] == 1:
            key = record.record_date
        elif nodes[record.record_date, record.node] == 1:
            key = f"{record.record_date}_{record.node}"
        else:  # data of older tools, which could start two experiments at one moment
            key = record.dated_name
        keyed[key] = record
    return keyed


def find_one(
    data_root: str | os.PathLike[str], task: str, record_date: str | datetime, tree: str = LOG
) -> ExperimentRecord:
    """Return the one experiment of a record date.

    Args:
        data_root: the database folder.
        task: name of the task table.
        record_date: ``%Y/%m/%d/%H-%M-%S-%f``, or ``<record date>_<node>`` where several nodes share one; a beginning
            that only one has; or the moment itself.
        tree: the tree to look into.

    Raises:
        ExperimentNotFoundError: there is none.
        AmbiguousExperimentError: there are several; the message lists them.
    """
    asked = record_date_of(record_date) if isinstance(record_date, datetime) else str(record_date).strip().strip("/")
    records = find_experiments(data_root, task, asked.rpartition("/")[0] or None, tree)
    matches = [record for record in records if asked in (record.record_date, f"{record.record_date}_{record.node}")]
    if not matches:  # the whole index name, or a beginning that only one has
        matches = [record for record in records if asked and record.dated_name.startswith(asked)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        hint = " Name the node as well: '<record date>_<node>'."
        raise AmbiguousExperimentError(asked, [record.name for record in matches], hint)
    raise ExperimentNotFoundError(_not_found(data_root, task, asked, tree))


def _not_found(data_root: str | os.PathLike[str], task: str, asked: str, tree: str) -> str:
    root = check_data_root(data_root)
    tasks = tasks_of(root, tree)
    where = f"in {tree}/{task} of '{root}'"
    if task not in tasks:
        listed = ", ".join(tasks) or "none"
        return f"No experiment '{asked}' {where}: there is no such task.{did_you_mean(task, tasks)} Tasks: {listed}."
    records = find_experiments(root, task, None, tree)
    newest = ", ".join(record.record_date for record in records[-3:])
    return f"No experiment '{asked}' {where}; it has {len(records)}, the newest: {newest}."


def is_tree_path(data_root: Path, name: str) -> bool:
    """Say whether a text is the path of something in one of the trees of a data root."""
    return name_in_tree(data_root, name) != name.strip("/")


def name_in_tree(data_root: Path, name: str) -> str:
    """Return a path in one of the trees as the name of its experiment; any other text as it is."""
    path, root = os.path.realpath(os.path.expanduser(name)), os.path.realpath(data_root)
    tree, _, inside = os.path.relpath(path, root).replace(os.sep, "/").partition("/")
    is_inside = tree in TREES and _DATED.search(inside) and os.path.exists(path)
    return inside.removesuffix(".pkl") if is_inside else name.strip("/")
