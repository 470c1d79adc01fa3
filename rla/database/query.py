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

__all__ = ["find_experiments", "find_one", "find_run", "is_tree_path", "keyed_by_record_date"]


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
        QueryError: the tree or the pattern is none.
        InvalidNameError: the task name cannot be one.
    """
    if tree not in TREES:
        raise QueryError(
            f"There is no tree '{tree}'.{did_you_mean(str(tree), TREES)} Those there are: {', '.join(TREES)}."
        )
    root, task = check_data_root(data_root), check_task_name(task)
    compiled = compile_pattern(pattern)
    found: dict[tuple[str, str], ExperimentRecord] = {}
    for source in (HYPERPARAMETER, LOG, CODE) if tree == HYPERPARAMETER else (tree,):
        for record in _walk(root, task, compiled, source):
            found.setdefault((record.record_date, record.place.index_name), record)
    return [found[key] for key in sorted(found)]


def _walk(root: Path, task: str, pattern: Pattern, tree: str) -> Iterator[ExperimentRecord]:
    for day, folder in date_folders(root / tree / task):
        if not pattern.may_hold(day):
            continue
        for name in _names_in(folder, tree):
            index = parse_index_name(name)
            if index is not None and pattern.matches(f"{day}/{name}"):
                place = ExperimentPlace(root, task, day, name)
                yield ExperimentRecord(place, tree, f"{day}/{index.time}", index.node, index.parameters)


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
    return _without_tree(data_root, name) != name.strip("/")


def _without_tree(data_root: Path, name: str) -> str:
    """Return a path in one of the trees as the name of its experiment; any other text as it is."""
    path, root = os.path.realpath(os.path.expanduser(name)), os.path.realpath(data_root)
    tree, _, inside = os.path.relpath(path, root).replace(os.sep, "/").partition("/")
    is_inside = tree in TREES and _DATED.search(inside) and os.path.exists(path)
    return inside.removesuffix(".pkl") if is_inside else name.strip("/")


def find_run(data_root: str | os.PathLike[str], name: str, task: str | None = None) -> ExperimentRecord:
    """Return the one experiment that an unambiguous part of its name or record date means.

    Args:
        data_root: the database folder.
        name: any part of ``<task>/<%Y/%m/%d>/<index name>`` (a whole ``key=value`` goes before a part of one), or the
            path of one of the experiment's folders.
        task: the task to look into; all when None.

    Raises:
        ExperimentNotFoundError: no name has this part.
        AmbiguousExperimentError: several have; the message lists the first ten.
    """
    root = check_data_root(data_root)
    records = [record for each in ([task] if task else tasks_of(root, LOG)) for record in find_experiments(root, each)]
    asked = _without_tree(root, name)
    matches = [record for record in records if asked in (record.name, record.record_date, record.place.index_name)]
    matches = matches or [record for record in records if f"&{asked}&" in f"{record.place.index_name}&"]
    matches = matches or [record for record in records if asked in record.name]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise ExperimentNotFoundError(f"No experiment of '{root}' has '{name}' in its name ({len(records)} looked at).")
    shown = [record.name for record in matches[-10:]]
    raise AmbiguousExperimentError(name, shown + ["…"] * (len(matches) > 10))
