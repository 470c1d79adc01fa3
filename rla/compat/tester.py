"""`RLA.easy_log.tester`: the manager by the names that it had first, and functions of the early versions."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from typing import Any

from rla.compat.deprecation import deprecated
from rla.compat.exp_loader import ExperimentLoader
from rla.compat.keywords import also_called
from rla.errors import NotConfiguredError
from rla.experiment.manager import ExperimentManager as Tester
from rla.experiment.manager import exp_manager

__all__ = [
    "Tester",
    "exp_manager",
    "fork_tester_log_files",
    "import_hyper_parameters",
    "load_from_record_date",
    "tester",
]

tester = exp_manager


@deprecated("RLA.easy_log.tester.import_hyper_parameters()", "RLA.update_hyper_parameters_fn()")
@also_called(task_name="task_table_name")
def import_hyper_parameters(task_table_name: str, record_date: str | datetime) -> Namespace:
    """Give the current experiment the hyper-parameters of another one of its data root.

    Returns:
        All values; the current ones where task or record date are empty.

    Raises:
        NotConfiguredError: `configure` was not called.
        ExperimentNotFoundError: there is no such experiment.
    """
    return _loader_for("import_hyper_parameters", task_table_name, record_date).import_hyper_parameters()


@deprecated("RLA.easy_log.tester.load_from_record_date()", "RLA.ExperimentLoader().load_from_record_date()")
@also_called(task_name="task_table_name")
def load_from_record_date(
    task_table_name: str, record_date: str | datetime
) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Load the last checkpoint of another experiment of the data root, and what was kept beside it.

    Returns:
        Time step, content of the checkpoint, related variables; ``(0, {}, {})`` where task or record date are empty.

    Raises:
        NotConfiguredError: `configure` was not called.
        ExperimentNotFoundError: there is no such experiment.
        CheckpointNotFoundError: it has no checkpoint.
    """
    return _loader_for("load_from_record_date", task_table_name, record_date).load_from_record_date()


@deprecated("RLA.easy_log.tester.fork_tester_log_files()", "exp_manager.fork()")
@also_called(task_name="task_table_name")
def fork_tester_log_files(task_table_name: str, record_date: str | datetime) -> None:
    """Let the current experiment begin with rows, checkpoints, results and data of another one of its data root.

    The time step is that of the other one's last checkpoint; without one, that of its last row.

    Raises:
        NotConfiguredError: there is no current experiment.
        ExperimentNotFoundError: there is no such experiment.
        QueryError: it is the current one, or that has recorded rows already.
    """
    _loader_for("fork_tester_log_files", task_table_name, record_date).fork_log_files(sync_timestep=True)


def _loader_for(asked: str, task: str, record_date: str | datetime) -> ExperimentLoader:
    if not exp_manager.data_root:
        raise NotConfiguredError(f"{asked}()", "exp_manager.configure(...)")
    loader = ExperimentLoader()
    loader.config(task, record_date, exp_manager.data_root)
    return loader
