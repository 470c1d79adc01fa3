"""A task's folder of a log tree, which may have been copied away from all other trees, and the runs in it."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.compat.batch_screen import counted, say
from rla.compat.easy_plot.reading import progress_of
from rla.compat.easy_plot.result_cls import CsvResult
from rla.compat.easy_plot.utils import check_patterns
from rla.database.index_name import parse_index_name
from rla.database.parameters import load_parameters
from rla.database.patterns import compile_pattern
from rla.database.trees import date_folders
from rla.errors import DataRootError, ExperimentNotFoundError, RLAError, RLAWarning
from rla.names import LOG

__all__ = ["LogTree", "folders_of", "tree_at"]

_DATE: Final = re.compile(r"/\d{4}(/\d{2}){0,2}$")


@dataclass(frozen=True)
class LogTree:
    """Where the runs of a task lie.

    Args:
        folder: the folder that holds the years.
        within: the date folder that patterns begin in, ``2022/03``; empty for all.
        data_root: the database folder; None where the tree lies by itself.
        task: the task; empty where the tree lies by itself.
    """

    folder: str
    within: str
    data_root: str | None
    task: str

    @property
    def told(self) -> str:
        """What it is called in messages."""
        return self.task or self.folder


def tree_at(prefix_dir: str | os.PathLike[str]) -> LogTree:
    """Return the log tree of a folder, ``<data root>/log/<task>`` or another one that holds years.

    Raises:
        DataRootError: there is no such folder.
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(prefix_dir)))
    if not os.path.isdir(path):
        raise DataRootError(path, "there is no such folder", "Give the folder of a task: <data root>/log/<task>.")
    slashed = path.replace(os.sep, "/")
    found = _DATE.search(slashed)
    folder, within = (slashed[: found.start()], found[0][1:]) if found else (slashed, "")
    above, log, task = folder.rpartition(f"/{LOG}/")
    return LogTree(folder, within, above or "/", task) if log else LogTree(folder, within, None, "")


def folders_of(
    tree: LogTree, regs: str | Sequence[str], names: Sequence[str], use_buf: bool, verbose: bool
) -> tuple[list[CsvResult], dict[str, list[str]]]:
    """Return what the runs that patterns name have recorded, each once; and for each pattern their folders.

    Raises:
        ExperimentNotFoundError: no pattern names any run.
        QueryError: a pattern is none.
    """
    days = dict(date_folders(Path(tree.folder)))
    every = [f"{day}/{name}" for day, folder in days.items() for name in files.subfolders(folder)]
    named = [each for each in every if parse_index_name(each.rpartition("/")[2]) is not None]
    reg_group: dict[str, list[str]] = {}
    for pattern in check_patterns(regs):
        whole = pattern if pattern.startswith("re:") else "/".join(filter(None, (tree.within, pattern.lstrip("/"))))
        inside = [each for each in compile_pattern(whole).select(named) if each.startswith(tree.within)]
        reg_group[pattern] = [f"{tree.folder}/{each}" for each in sorted(inside)]
    _check_found(tree, reg_group)
    for pattern, folders in reg_group.items() if verbose else ():
        say("\n  ".join([f"{tree.told}, '{pattern}': {counted(len(folders), 'run')}", *map(os.path.basename, folders)]))
    results = []
    for folder in dict.fromkeys(folder for folders in reg_group.values() for folder in folders):
        try:
            progress = progress_of(folder, names, None, use_buf)
        except (OSError, ValueError, RLAError) as error:
            warnings.warn(f"'{folder}' cannot be read: {error}; it is left out", RLAWarning, stacklevel=3)
            continue
        results.append(CsvResult(progress=progress, dirname=folder, hyper_param=_parameters(folder)))
    read = {str(result.dirname) for result in results}
    return results, {pattern: [each for each in folders if each in read] for pattern, folders in reg_group.items()}


def _check_found(tree: LogTree, reg_group: Mapping[str, Sequence[str]]) -> None:
    without = [pattern for pattern, folders in reg_group.items() if not folders]
    told = " and ".join(f"'{pattern}'" for pattern in without)
    if len(without) == len(reg_group):
        raise ExperimentNotFoundError(
            f"No run of '{tree.told}' in '{tree.folder}' matches {told}. A pattern is a glob from the date on, such as "
            "'2022/03/01/21-[12]*', or 're:' and a regular expression."
        )
    if without:
        warnings.warn(f"No run of '{tree.told}' matches {told}; it is left out", RLAWarning, stacklevel=4)


def _parameters(folder: str) -> dict[str, Any]:
    """Return the hyper-parameters that the name of a folder tells, and those besides of a parameter file in it."""
    index = parse_index_name(os.path.basename(folder))
    return {**(load_parameters(folder)[0] or {}), **(index.parameters if index is not None else {})}
