"""Methods of the original's `Tester` that the manager itself has no use for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from rla.database.index_name import format_index_name, parse_record_date
from rla.database.trees import check_task_name
from rla.errors import AmbiguousExperimentError, ExperimentNotFoundError, QueryError
from rla.experiment.archived import ArchivedExperiment
from rla.experiment.manager import ExperimentManager
from rla.version import __version__

__all__ = ["METHODS"]


def update_log_files_location(self: ExperimentManager, root: str | os.PathLike[str]) -> None:
    """Let experiments that begin from now on go to another data root; the current one stays where it is."""
    self.data_root = os.path.abspath(os.path.expanduser(root))


def log_file_copy(self: ExperimentManager, source_tester: ExperimentManager | ArchivedExperiment) -> None:
    """Let the current experiment begin with rows, checkpoints, results and data of another one: `fork`.

    Args:
        source_tester: the twin of the other experiment, as `load_tester` returns it, or a manager that has recorded it.

    Raises:
        TypeError: it is neither.
        QueryError: it is the current one, or that has recorded rows already.
    """
    from rla.compat.loading import source_of  # few scripts need it

    if isinstance(source_tester, ArchivedExperiment):
        self.fork(source_tester.record)
    elif isinstance(source_tester, ExperimentManager):
        record_date = f"{self.record_date_to_str(source_tester.record_date)}_{source_tester.node}"
        self.fork(source_of(source_tester.data_root, source_tester.task_table_name, record_date))
    else:
        raise TypeError(f"log_file_copy() takes what load_tester() returns, or a manager; got {source_tester!r}.")


def task_gen(self: ExperimentManager, task_pattern_list: Iterable[object]) -> str:
    """Return the name of a task table that is made of parts, joined by ``-``.

    Raises:
        InvalidNameError: that cannot be the name of one.
    """
    return check_task_name("-".join(map(str, task_pattern_list)))


def load_tester(
    record_date: str | datetime, task_table_name: str, log_root: str | os.PathLike[str]
) -> ArchivedExperiment:
    """Return the twin of the manager for an experiment of the past.

    Args:
        record_date: its record date.
        task_table_name: its task table.
        log_root: its data root.

    Raises:
        ExperimentNotFoundError: there is none.
        AmbiguousExperimentError: there are several; the message lists them.
    """
    from rla.compat.loading import source_of  # few scripts need it

    return ArchivedExperiment(source_of(log_root, task_table_name, record_date))


def log_file_finder(
    record_date: str | datetime,
    task_table_name: str = "train",
    file_root: str | os.PathLike[str] = "../checkpoint/",
    log_type: str = "dir",
) -> tuple[str, str]:
    """Return where an experiment lies in a tree: its date folder, and its name in there.

    Args:
        record_date: its record date.
        task_table_name: its task table.
        file_root: the folder of the tree, such as ``<data root>/checkpoint``.
        log_type: ``"dir"`` where it is a folder, ``"files"`` where it is a file, as in the archive tree.

    Raises:
        QueryError: the record date or ``log_type`` is none.
        ExperimentNotFoundError: there is none.
        AmbiguousExperimentError: there are several.
    """
    kinds: dict[str, Callable[[os.DirEntry[str]], bool]] = {"dir": os.DirEntry.is_dir, "files": os.DirEntry.is_file}
    if log_type not in kinds:
        raise QueryError(f"log_type is 'dir' or 'files'; got {log_type!r}.")
    moment = _moment(record_date)
    folder = os.path.join(file_root, check_task_name(task_table_name), moment.strftime("%Y/%m/%d"))
    begin = moment.strftime("%H-%M-%S-%f")
    try:
        with os.scandir(folder) as entries:
            found = sorted(each.name for each in entries if each.name.startswith(begin) and kinds[log_type](each))
    except OSError:
        found = []
    if len(found) > 1:
        raise AmbiguousExperimentError(begin, found)
    if not found:
        raise ExperimentNotFoundError(f"'{folder}' has nothing whose name begins with '{begin}'.")
    return folder, found[0]


def log_name_formatter(self: ExperimentManager, prefix: str | os.PathLike[str], record_date: str | datetime) -> str:
    """Return the path below a folder that an experiment of this node and these tracked parameters has.

    Args:
        prefix: the folder, such as ``<data root>/log/<task>``.
        record_date: the record date.

    Raises:
        QueryError: it is none.
        UnknownParameterError: a tracked hyper-parameter is gone.
    """
    moment = _moment(record_date)
    name = format_index_name(moment.strftime("%H-%M-%S-%f"), self.node, _tracked(self))
    return os.path.join(prefix, moment.strftime("%Y/%m/%d"), name)


def get_version_num(self: ExperimentManager) -> str:
    """Return the version of rla."""
    return __version__


def update_fph(self: ExperimentManager, cum_epochs: float) -> float:
    """Record how many epochs the experiment does in an hour, as ``fph``, and return it.

    Args:
        cum_epochs: how many it has done since it began.

    Raises:
        NotConfiguredError: there is no experiment yet.
    """
    seconds = max(time.time() - self._current_run("update_fph()").card.start, 1e-6)
    epochs = cum_epochs * 3600 / seconds
    self.logger.record_tabular("fph", epochs)
    return epochs


def auto_parse_info(self: ExperimentManager) -> str:
    """Return the tracked hyper-parameters as the name of an experiment shows them: ``&env_id=CartPole-v1&lr=0.001``.

    Raises:
        UnknownParameterError: one of them is gone.
    """
    return format_index_name("", "", _tracked(self)).removeprefix("__")


def _tracked(manager: ExperimentManager) -> dict[str, Any]:
    return {key: found[0] for key in manager._tracked if (found := manager._value_of(key)) is not None}


def _moment(record_date: str | datetime) -> datetime:
    if isinstance(record_date, datetime):
        return record_date
    try:
        return parse_record_date(str(record_date))
    except ValueError as error:
        raise QueryError(f"{error}, such as '2026/11/20/13-05-01-123456'.") from error


METHODS: Final = (
    update_log_files_location,
    log_file_copy,
    task_gen,
    staticmethod(load_tester),
    staticmethod(log_file_finder),
    log_name_formatter,
    get_version_num,
    update_fph,
    auto_parse_info,
)
"""What the manager gets."""
