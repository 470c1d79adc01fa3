"""`RLA.easy_log.exp_loader`: going on with experiments of the past, by the names of the original."""

from __future__ import annotations

import os
import re
import warnings
from argparse import Namespace
from datetime import datetime
from typing import Any, Final

from rla.compat.keywords import also_called
from rla.compat.loading import as_namespace, as_plain_dict, merged_parameters, related_variables, source_of
from rla.database.record import ExperimentRecord
from rla.errors import NotConfiguredError, RLAWarning
from rla.experiment.manager import exp_manager
from rla.experiment.resume_point import last_step_saved, resume_point
from rla.names import CHECKPOINT, DEFAULT_CHECKPOINT

__all__ = [
    "ExperimentLoader",
    "exp_loader",
    "experimental_loader",
    "fork_log_file_fn",
    "update_hyper_parameters_fn",
]

_RECORD_DATE: Final = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}(/[^/]+)?/?")


class ExperimentLoader:
    """Brings an experiment of the past into the current one of `exp_manager`.

    Until it is configured, each call does as little as it can, so that scripts may make all of them in any case.

    Attributes:
        task_name: the task table of the experiment.
        load_date: its record date.
        root: its data root.
    """

    def __init__(self) -> None:
        self.task_name = ""
        self.load_date: str | datetime = ""
        self.root: str | os.PathLike[str] = ""

    @also_called(task_table_name="task_name")
    def config(self, task_name: str, record_date: str | datetime, root: str | os.PathLike[str]) -> None:
        """Say which experiment is meant.

        Args:
            task_name: its task table.
            record_date: its record date; any beginning of it that only one experiment has.
            root: its data root.
        """
        self.task_name, self.load_date, self.root = task_name, record_date, root

    @property
    def is_valid_config(self) -> bool:
        """Whether it was said which experiment is meant."""
        has_date = isinstance(self.load_date, (str, datetime)) and bool(self.load_date)
        return bool(self.task_name) and has_date and bool(self.root)

    def get_hyperparameters(self, hp_to_overwrite: list[str] | None = None) -> Namespace:
        """Return the hyper-parameters of the experiment, laid over the current ones; nothing is changed.

        Args:
            hp_to_overwrite: names of those whose current values count; dots go down into nested values.

        Returns:
            All values, with ``loaded_date`` and ``loaded_task_name``; the current ones where nothing was configured.

        Raises:
            ExperimentNotFoundError: there is no such experiment.
            AmbiguousExperimentError: there are several; the message lists them.
        """
        current = as_plain_dict(exp_manager.hyper_param)
        if not self.is_valid_config:
            return as_namespace(current)
        record = self._record()
        values, _ = merged_parameters(current, record, hp_to_overwrite or ())
        return self._namespace(values, record)

    def import_hyper_parameters(
        self, hp_to_overwrite: list[str] | None = None, sync_timestep: bool = False
    ) -> Namespace:
        """Give the current experiment the hyper-parameters of the other one, in `exp_manager` and in its files.

        Args:
            hp_to_overwrite: names of those that stay as they are now; dots go down into nested values.
            sync_timestep: set the time step to that of the last checkpoint; without one, to that of the last row.

        Returns:
            All values, as `get_hyperparameters` does.

        Raises:
            ExperimentNotFoundError: there is no such experiment.
            AmbiguousExperimentError: there are several; the message lists them.
        """
        current = as_plain_dict(exp_manager.hyper_param)
        if not self.is_valid_config:
            return as_namespace(current)
        record = self._record()
        values, changed = merged_parameters(current, record, hp_to_overwrite or ())
        came_from = {"loaded_task_name": record.place.task, "loaded_date": record.record_date}
        exp_manager.hyper_param.update({key: values[key] for key in changed})
        exp_manager.hyper_param.update({key: value for key, value in came_from.items() if key in values})
        try:
            exp_manager.write_hyper_param()
            exp_manager.logger.backup(f"hyper-parameters of {record.name}: {', '.join(changed) or 'none'} changed")
        except NotConfiguredError:  # `log_files_gen` is still to come, and writes them
            pass
        if sync_timestep:
            exp_manager.set_timestep(resume_point(record).step)
        return self._namespace(values, record)

    def load_from_record_date(
        self,
        var_prefix: str | None = None,
        variable_list: list[str] | None = None,
        verbose: bool = True,
        ckp_index: int | None = None,
        checkpoint_name: str | None = DEFAULT_CHECKPOINT,
        trust: bool | None = None,
    ) -> tuple[int, dict[str, Any], dict[str, Any]]:
        """Load a checkpoint of the experiment, and what was kept beside it.

        Args:
            var_prefix: how the names begin of what is loaded; all when None or empty. A name is the key that
                `save_checkpoint` was given; keys of a dict inside stand behind a dot, so ``policy.encoder`` is a
                part of ``{"policy": policy.state_dict()}``. With TensorFlow it is the name of a variable, and no
                others of the default session change.
            variable_list: names of related variables; all when None.
            verbose: say what was loaded.
            ckp_index: the time step of the checkpoint; the last one when None.
            checkpoint_name: the name it was saved by.
            trust: whether code in the files may run: variables that are no plain data, whole modules of torch. What
                `trust_own_archives` of the configuration says, when None.

        Returns:
            Time step, content of the checkpoint, related variables by name; ``(0, {}, {})`` where nothing was
            configured.

        Raises:
            ExperimentNotFoundError: there is no such experiment.
            AmbiguousExperimentError: there are several; the message lists them.
            CheckpointNotFoundError: it has no such checkpoint; the message lists those there are.
            CheckpointError: it has nothing whose name begins so; the message lists what there is.
            KeyError: it has no such variable; the message lists those there are.
            UntrustedPickleError: what was asked for by its name wants to run code, and is not trusted.
        """
        from rla.checkpoint.folder import load_checkpoint  # only who has checkpoints needs it

        if not self.is_valid_config:
            return 0, {}, {}
        if trust is None:
            trust = exp_manager.settings is not None and exp_manager.settings.trust_own_archives
        record = self._record()
        name = checkpoint_name or DEFAULT_CHECKPOINT
        if ckp_index is None:
            ckp_index = last_step_saved(record.log_dir, record.place.path(CHECKPOINT), name)
        step, content = load_checkpoint(record.place.path(CHECKPOINT), ckp_index, name, trust, var_prefix or "")
        variables = related_variables(record, variable_list, trust)
        if verbose:
            exp_manager.logger.info(f"loaded {record.name} at step {step}")
        return step, content, variables

    def fork_log_files(self, hp_to_overwrite: list[str] | None = None, sync_timestep: bool = False) -> None:
        """Let the current experiment begin with rows, checkpoints, results and data of the other one.

        It is `exp_manager.fork`: call it after `log_files_gen` and before the first row. Where nothing was configured,
        it warns and does nothing.

        Args:
            hp_to_overwrite: kept for scripts that pass it: a fork keeps its own hyper-parameters.
            sync_timestep: set the time step to that of the last checkpoint; without one, to that of the last row.
                Otherwise it stays as it is, and rows of earlier steps than those of the other experiment leave those
                behind.

        Raises:
            NotConfiguredError: there is no current experiment.
            ExperimentNotFoundError: there is no such experiment.
            AmbiguousExperimentError: there are several; the message lists them.
            QueryError: it is the current one, or that has recorded rows already.
        """
        if not self.is_valid_config:
            problem = "fork_log_files() does nothing: config(task_name, record_date, root) did not say what to fork"
            warnings.warn(problem, RLAWarning, stacklevel=2)
            return
        before = exp_manager.get_timestep()
        exp_manager.fork(self._record())
        if not sync_timestep:
            exp_manager.set_timestep(before)

    def _record(self) -> ExperimentRecord:
        return source_of(self.root, self.task_name, self.load_date)

    def _namespace(self, values: dict[str, Any], record: ExperimentRecord) -> Namespace:
        return as_namespace(values, loaded_task_name=record.place.task, loaded_date=record.record_date)


exp_loader = experimental_loader = ExperimentLoader()
"""The loader of this process."""


@also_called(task_table_name="task_name")
def fork_log_file_fn(
    root: str | os.PathLike[str],
    task_name: str,
    record_date: str | datetime,
    hp_to_overwrite: list[str] | None = None,
    sync_timestep: bool = False,
) -> None:
    """Let the current experiment begin with rows, checkpoints, results and data of another one.

    `ExperimentLoader.fork_log_files` says how. The first three arguments may also come as task, record date and data
    root: a record date is recognised.
    """
    _loader_for(root, task_name, record_date).fork_log_files(hp_to_overwrite, sync_timestep)


@also_called(task_table_name="task_name")
def update_hyper_parameters_fn(
    task_name: str,
    record_date: str | datetime,
    root: str | os.PathLike[str],
    hp_to_overwrite: list[str] | None = None,
    sync_timestep: bool = False,
) -> Namespace:
    """Give the current experiment the hyper-parameters of another one, and return all of them.

    `ExperimentLoader.import_hyper_parameters` says how. The first three arguments may also come as data root, task and
    record date: a record date is recognised.
    """
    loader = _loader_for(root, task_name, record_date, task_first=True)
    return loader.import_hyper_parameters(hp_to_overwrite, sync_timestep)


def _loader_for(root: Any, task_name: Any, record_date: Any, task_first: bool = False) -> ExperimentLoader:
    """Return a loader for data root, task and record date that came in one of two orders.

    Args:
        root, task_name, record_date: as they were given.
        task_first: whether task, record date and root is the order of the parameters; root, task, record date is the
            other one.
    """
    if not _is_record_date(record_date):
        if task_first and _is_record_date(root):  # they came as root, task, record date
            root, task_name, record_date = task_name, record_date, root
        elif not task_first and _is_record_date(task_name):  # they came as task, record date, root
            root, task_name, record_date = record_date, root, task_name
    loader = ExperimentLoader()
    loader.config(task_name, record_date, root)
    return loader


def _is_record_date(value: Any) -> bool:
    return isinstance(value, datetime) or (isinstance(value, str) and _RECORD_DATE.fullmatch(value) is not None)
