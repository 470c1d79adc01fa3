"""Questions to the database: experiments by pattern, with what a tree knows of each.

experiment_data_query("data", "demo_task", "2026/11/*", HYPERPARAMETER)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rla.checkpoint import background
from rla.checkpoint.listing import list_checkpoints
from rla.database.attribute_dict import AttributeDict
from rla.database.query import find_experiments, find_one, keyed_by_record_date
from rla.database.record import ExperimentRecord
from rla.errors import AmbiguousExperimentError
from rla.experiment.archived import ArchivedExperiment
from rla.names import ARCHIVE, CHECKPOINT, HYPERPARAMETER, LOG

__all__ = [
    "ArchiveQueryResult",
    "BasicQueryResult",
    "CkpResult",
    "HyperParamResult",
    "LogQueryResult",
    "OtherQueryResult",
    "experiment_data_query",
    "query_result",
    "single_experiment_query",
]


@dataclass
class BasicQueryResult:
    """What every result has.

    Attributes:
        dirname: the experiment's folder in the tree that was asked for, without a ``/`` at its end (its file, in the
            archive tree).
    """

    dirname: str


@dataclass
class LogQueryResult(BasicQueryResult):
    """A result of the log tree."""


@dataclass
class ArchiveQueryResult:
    """A result of the archive tree.

    Attributes:
        exp_manager: the twin of the manager for this experiment.
        dirname: the archive file.
    """

    exp_manager: ArchivedExperiment
    dirname: str


@dataclass
class HyperParamResult(BasicQueryResult):
    """A result of the hyper-parameter tree.

    Attributes:
        hyper_param: a dict with attribute access at every depth.
    """

    hyper_param: AttributeDict


@dataclass
class CkpResult(BasicQueryResult):
    """A result of the checkpoint tree.

    Attributes:
        all_ckps: names of all files: the user's own by time, then ours by time step.
    """

    all_ckps: list[str]


@dataclass
class OtherQueryResult(BasicQueryResult):
    """A result of another tree.

    Attributes:
        ctime: when the folder was changed, seconds since 1970.
        location: the folder.
    """

    ctime: float
    location: str


QueryResult = BasicQueryResult | ArchiveQueryResult


def experiment_data_query(
    data_root: str | os.PathLike[str],
    task_table_name: str,
    reg: str | None,
    data_type: str,
    single_res_filter: bool = False,
) -> dict[str, QueryResult]:
    """Return the experiments of a task that a pattern names, sorted by record date.

    Args:
        data_root: the database folder.
        task_table_name: the task table.
        reg: a glob under the task (``2022/03/01/21-[12]*``; a date folder stands for all below it), or ``re:`` and a
            regular expression; None for all.
        data_type: a tree, e.g. ``LOG`` or ``HYPERPARAMETER``.
        single_res_filter: expect exactly one.

    Returns:
        Results by record date (by ``<record date>_<node>`` where several nodes share one); empty folders count too.

    Raises:
        QueryError: the tree or the pattern is none.
        DataRootError: there is no such data root.
        AmbiguousExperimentError: one was expected, and there are more.
    """
    keyed = keyed_by_record_date(find_experiments(data_root, task_table_name, reg, data_type))
    if single_res_filter and len(keyed) > 1:
        raise AmbiguousExperimentError(str(reg), [record.name for record in keyed.values()])
    return {key: query_result(record, data_type) for key, record in keyed.items()}


def single_experiment_query(
    data_root: str | os.PathLike[str], task_table_name: str, log_date: str | datetime, data_type: str
) -> QueryResult:
    """Return the one experiment of a record date.

    Args:
        data_root: the database folder.
        task_table_name: the task table.
        log_date: ``%Y/%m/%d/%H-%M-%S-%f``, or ``<record date>_<node>`` where several nodes share one; or a moment,
            such as ``exp_manager.record_date``.
        data_type: a tree, e.g. ``CHECKPOINT``.

    Raises:
        ExperimentNotFoundError: there is none.
        AmbiguousExperimentError: there are several; the message lists them.
    """
    return query_result(find_one(data_root, task_table_name, log_date, data_type), data_type)


def _other(record: ExperimentRecord) -> QueryResult:
    path = str(record.path)
    try:
        changed = os.path.getctime(path)
    except OSError:  # it vanished since it was found
        changed = 0.0
    return OtherQueryResult(path, changed, path)


def _checkpoints_of(record: ExperimentRecord) -> list[str]:
    background.wait()  # one that this process is writing is there, too
    return list_checkpoints(record.path)


_MAKERS: Final[dict[str, Callable[[ExperimentRecord], QueryResult]]] = {
    LOG: lambda record: LogQueryResult(str(record.path)),
    ARCHIVE: lambda record: ArchiveQueryResult(ArchivedExperiment(record), str(record.path)),
    HYPERPARAMETER: lambda record: HyperParamResult(str(record.path), record.parameters()),
    CHECKPOINT: lambda record: CkpResult(str(record.path), _checkpoints_of(record)),
}


def query_result(record: ExperimentRecord, data_type: str) -> QueryResult:
    """Return what a tree knows of an experiment that was found there."""
    return _MAKERS.get(data_type, _other)(record)
