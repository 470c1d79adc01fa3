"""The manager: configuration, naming and life of experiments, behind the global `exp_manager`."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rla import timers
from rla.clock import TimeStepHolder
from rla.config import Settings, load_settings
from rla.database.creation import not_writable
from rla.database.index_name import record_date_of
from rla.database.parameters import lookup
from rla.database.plain_values import as_mapping, mask_secrets, plain_parameters, text_of
from rla.database.run_card import ENDINGS, FAILED, FINISHED
from rla.database.tags import check_tags
from rla.database.trees import check_task_name
from rla.errors import ConfigError, NotConfiguredError, RLAWarning, RunIsAliveError, UnknownParameterError, warn_quietly
from rla.experiment.custom_data import CustomData
from rla.experiment.endings import finishing, tell_at_end
from rla.experiment.forking import Forking
from rla.experiment.ranks import ALL_RANKS_VARIABLE, recording_rank, temporary_folder
from rla.experiment.resume_point import ResumePoint
from rla.experiment.run import Run, start_run
from rla.experiment.sending import LogSending
from rla.machine import node_address
from rla.names import RESULTS
from rla.output.logger import Logger, process_logger
from rla.output.media.tables import markdown_table
from rla.output.registry import check_formats

if TYPE_CHECKING:
    from rla.snapshot.selection import Selection

__all__ = ["ExperimentManager", "exp_manager"]


class ExperimentManager(Forking, LogSending):
    """Makes experiments in a database folder and records what belongs to them.

        exp_manager.set_hyper_param(env_id="CartPole-v1", lr=1e-3)
        exp_manager.add_record_param(["env_id", "lr"])
        exp_manager.configure("demo_task", rla_config="rla_config.yaml", data_root="data")
        exp_manager.log_files_gen()
        exp_manager.print_args()

    `set_hyper_param` may come before or after `configure`; calls add up until `log_files_gen`. Several experiments
    may follow each other in one process: each `log_files_gen` ends the one before.

    Args:
        logger: the logger that records into the experiments.

    Attributes:
        hyper_param: the hyper-parameters, a plain dict that may be changed or replaced until `log_files_gen`.
        settings: what the configuration says; None before `configure`.
        code_selection: what is kept of the code; None before `configure`.
        task_table_name: the task table of the experiments.
        data_root: the database folder, as it was given.
        is_master_node: whether this is the node that the others send their records to.
        time_step_holder: holder of the time step.
        custom_data: what `add_custom_data` added, by key.
    """

    def __init__(self, logger: Logger = process_logger) -> None:
        super().__init__()
        self.logger = logger
        self.hyper_param: dict[str, Any] = {}
        self.settings: Settings | None = None
        self.task_table_name = ""
        self.data_root = ""
        self.code_root = ""
        self.is_master_node = False
        self.time_step_holder: TimeStepHolder = logger.clock
        self._tracked: list[str] = []
        self._tracked_are_old = False
        self._tags: list[str] = []
        self.code_selection: Selection | None = None
        self._custom = CustomData()
        self._log_callback: Callable[[dict[str, Any]], object] | None = None
        self._run: Run | None = None
        self._told_rank = False

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self is exp_manager:  # in another process, the same name means that process's manager
            return "exp_manager"
        return super().__reduce__()

    # ---- set-up -------------------------------------------------------------

    def configure(
        self,
        task_table_name: str,
        rla_config: str | os.PathLike[str] | Mapping[str, Any],
        data_root: str | os.PathLike[str] | None = None,
        ignore_file_path: str | list[str] | None = None,
        run_file: str | list[str] | None = None,
        is_master_node: bool = False,
        code_root: str | os.PathLike[str] | None = None,
        log_callback_fn: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        """Say where experiments go and how they are recorded.

        Args:
            task_table_name: the task table.
            rla_config: path of a `rla_config.yaml`, or a dict with the same keys (then ``code_root`` is needed).
            data_root: the database folder; what the configuration says, else the folder of its file, when None.
            ignore_file_path: gitignore-style file(s) for the code backup, in place of those of the configuration.
            run_file: further file(s) for the code backup.
            is_master_node: whether the others send their records to this node.
            code_root: the folder of the code; that of the configuration file when None.
            log_callback_fn: called with a copy of each row in the thread that dumps it; what it raises goes through.

        Raises:
            ConfigError: the configuration is missing, unreadable or wrong; nothing has changed then.
            InvalidNameError: the task name cannot be one.
        """
        from rla.checkpoint.registry import check_framework  # only who makes experiments needs them
        from rla.snapshot.selection import Selection

        task = check_task_name(task_table_name)
        settings = load_settings(rla_config if isinstance(rla_config, (str, Mapping)) else os.fspath(rla_config))
        check_formats(settings.log_used, "LOG_USED", settings.source)
        check_framework(settings.framework, settings.source)  # better told now than after hours
        if code_root is None:
            if settings.folder is None:
                raise ConfigError("configure(rla_config=<dict>) needs code_root=<folder of your code> as well.")
            code_root = settings.folder
        if data_root is None:
            data_root = settings.data_root or code_root
        root = os.path.abspath(os.path.expanduser(code_root))
        script = getattr(sys.modules.get("__main__"), "__file__", None)
        self.code_selection = Selection.from_settings(settings, root, ignore_file_path, run_file, script)
        self.settings = settings
        self.task_table_name = task
        self.data_root = os.path.abspath(os.path.expanduser(data_root))
        self.code_root = root
        self.is_master_node = bool(is_master_node)
        self._log_callback = log_callback_fn

    def set_hyper_param(self, **argkw: Any) -> None:
        """Set hyper-parameters of any type, by name."""
        if self._tracked_are_old:
            self.clear_record_param()
        self.hyper_param.update(argkw)

    def update_hyper_param(self, k: str, v: Any) -> None:
        """Set one hyper-parameter, whose name may be any text."""
        self.hyper_param[k] = v

    def add_record_param(self, keys: str | Iterable[str]) -> None:
        """Show hyper-parameters in the names of experiments.

        Args:
            keys: their names; dots go down into nested values. A dotted one that is missing is left out, with a
                warning that names candidates.

        Raises:
            UnknownParameterError: a plain name is missing; the error lists those there are.
        """
        for key in (keys,) if isinstance(keys, str) else keys:
            if self._value_of(str(key)) is not None and str(key) not in self._tracked:
                self._tracked.append(str(key))

    def clear_record_param(self) -> None:
        """Show no hyper-parameters in the names of experiments."""
        self._tracked.clear()
        self._tracked_are_old = False

    def add_tags(self, *tags: str) -> None:
        """Give the experiment tags, by which `rla ls`, `rla query` and `rla tag` find it.

        Args:
            tags: letters, digits and ``_ - . : /``, at most 100 of them. Before `log_files_gen` they are for the
                experiment that it starts, afterwards for the one that is recorded.

        Raises:
            InvalidTagError: one of them cannot be a tag; none was added.
        """
        checked = check_tags(tags)
        if self._run is None:
            self._tags += checked
            return
        with finishing():  # a signal would wait for the lock that is held here
            self._run.add_tags(checked)

    def _value_of(self, key: str) -> tuple[Any] | None:
        try:
            return (lookup(self.hyper_param, key),)
        except UnknownParameterError as error:
            if "." not in key:
                raise
            warnings.warn(f"{error} '{key}' is left out of the name.", RLAWarning, stacklevel=3)
            return None

    # ---- the life of an experiment ------------------------------------------

    def log_files_gen(self) -> None:
        """Start an experiment: make its folders, write its parameters, and record into it from now on.

        An experiment before it is finished; time step, moving averages, timers and custom data begin anew.

        Raises:
            NotConfiguredError: `configure` was not called.
            UnknownParameterError: a tracked hyper-parameter is gone.
            TypeError: ``hyper_param`` was replaced by something that is no dict.
            DataRootError: the data root cannot be written.
            ConfigError: an output format of another package could not begin; the message says why.
        """
        if self.settings is None:
            raise NotConfiguredError("exp_manager.log_files_gen()", "exp_manager.configure(...)")
        given = as_mapping(self.hyper_param)
        if given is None:
            kind = type(self.hyper_param).__name__
            raise TypeError(f"exp_manager.hyper_param is a {kind}; expected a dict of hyper-parameters by name.")
        values = {str(key): value for key, value in given.items()}
        tracked = {key: found[0] for key in self._tracked if (found := self._value_of(key)) is not None}
        self.finish()
        rank = recording_rank()
        root = Path(self.data_root) if rank == 0 else temporary_folder(rank)
        tell_at_end(self.finish)
        task, tags = self.task_table_name, list(dict.fromkeys(self._tags))
        self._run = start_run(root, task, node_address(), values, tracked, temporary=rank != 0, tags=tags)
        self._tracked_are_old = True
        self._tags.clear()
        self.time_step_holder.set_time(0)
        timers.reset()
        self._custom = CustomData()
        self.forget_saver()
        self.logger.close_all()
        self.logger.reset()
        if rank:
            self._record_nothing(rank, root)
            return
        self._open_logger(self._run, self.settings)
        self._begin_sampling()
        self._keep_what_describes(self._run)

    def _record_nothing(self, rank: int, root: Path) -> None:
        """Mute the logger, as a rank of a distributed training whose rows are those of rank 0."""
        if not self._told_rank:
            self._told_rank = True
            self.logger.info(
                f"Rank {rank} records nothing; rank 0 does. What you save in its folders stays in '{root}'. "
                f"Set {ALL_RANKS_VARIABLE}=1 to record every rank."
            )
        self.logger.mute()

    def _open_resumed(self, run: Run, settings: Settings, point: ResumePoint) -> None:
        try:
            self._open_files(run, settings, point)
        except RunIsAliveError:  # another process was faster
            raise RunIsAliveError(str(run.log_dir), "it can be resumed once that process has ended.") from None
        except OSError as error:
            raise not_writable(Path(self.data_root), str(error)) from error
        self._tracked_are_old = True

    def _open_logger(self, run: Run, settings: Settings) -> None:
        """Let the logger record into a run; one that cannot begin has failed."""
        try:
            self._open_files(run, settings)
        except (OSError, RunIsAliveError) as error:
            self.finish(FAILED, str(error))
            raise not_writable(Path(self.data_root), str(error)) from error
        except Exception as error:  # an output of another package could not begin
            self.finish(FAILED, str(error))
            raise

    def _open_files(self, run: Run, settings: Settings, point: ResumePoint | None = None) -> None:
        """Let the logger record into a run, which goes on at a point where one is given."""
        self.logger.open(
            *(run.log_dir, settings.log_used, run.heartbeat, settings.table_seconds, run.place.path(RESULTS)),
            resume_at=None if point is None else point.step,
            saved_at=None if point is None else point.saved_at,
        )
        self.logger.log_callback = self._log_callback

    def _keep_what_describes(self, run: Run) -> None:
        """Keep code and hyper-parameters of a run that has just begun, and say what was left out."""
        if run.masked:
            names = ", ".join(run.masked)
            self.logger.warn_visibly(f"No file gets the values of {names}: their names say that they are secrets.")
        if self.code_selection is not None and (notice := run.keep_code(self.code_selection)):
            self.logger.warn_visibly(notice)
        if "tensorboard" in self.logger.formats:
            rows = [(text_of(key), text_of(value)) for key, value in run.parameters.items()]
            self.logger.text("hyperparameters", markdown_table(("hyper-parameter", "value"), rows))
        self.serialize_object_and_save()

    def finish(self, status: str = FINISHED, reason: str | None = None) -> None:
        """End the experiment: write everything out and note its status; nothing happens when there is none.

        Args:
            status: ``finished``, ``failed`` or ``interrupted``.
            reason: what ended it, where that was no normal end.

        Raises:
            ValueError: there is no such status.
        """
        if status not in ENDINGS:
            raise ValueError(f"status is one of {', '.join(ENDINGS)}; got {status!r}.")
        with finishing():
            run, self._run = self._run, None
            if run is None or not run.is_mine:
                return
            self._end_sampling()
            try:
                self._end_saving()
            finally:  # who is tired of waiting presses Ctrl-C
                try:
                    self._close(run, status, reason)
                finally:
                    self._end_sending()

    def _close(self, run: Run, status: str, reason: str | None) -> None:
        try:
            self.logger.close_all()
            if not run.temporary:
                self._save_archive(run)
        finally:
            run.finish(status, reason, self.logger.dropped_rows)

    def _current_run(self, asked: str) -> Run:
        if self._run is None:
            raise NotConfiguredError(f"exp_manager.{asked}", "exp_manager.log_files_gen()")
        return self._run

    @property
    def record_date(self) -> datetime:
        """The moment that names the experiment."""
        return self._current_run("record_date").moment

    def record_date_to_str(self, record_date: datetime) -> str:
        """Return a record date as queries take it: ``2026/11/20/13-05-01-123456``."""
        return record_date_of(record_date)

    @property
    def node(self) -> str:
        """The address of this machine, as names of experiments show it."""
        return node_address()

    @property
    def writer(self) -> Any:
        """The tensorboardX writer of the experiment."""
        from rla.output.tensorboardx import writer_for

        return writer_for(self.logger)

    # ---- what people want to see --------------------------------------------

    def print_args(self) -> None:
        """Show all hyper-parameters, and keep them in `backup.txt`."""
        plain, types = plain_parameters(self.hyper_param)
        secret = {name.partition(".")[0] for name in mask_secrets(plain, types)}
        for key, value in sorted(self.hyper_param.items(), key=lambda item: str(item[0])):
            name = text_of(key)
            self.logger.backup(f"key: {name}, value: {text_of(plain[name] if name in secret else value)}")

    def print_log_dir(self) -> None:
        """Show where the experiment is recorded."""
        self.logger.backup(f"log dir: {self.log_dir}")

    # ---- time ---------------------------------------------------------------

    def get_timestep(self) -> int | float:
        """Return the current time step."""
        return self.time_step_holder.get_time()

    def set_timestep(self, ts: int | float) -> None:
        """Set the time step that the next records get."""
        self.time_step_holder.set_time(ts)

    def time_record(self, name: str) -> None:
        """Start to time ``name``; `time_record_end` ends it."""
        timers.time_record(name)

    def time_record_end(self, name: str) -> float:
        """End the timing of ``name``, record it as ``time_used/<name>`` and return the seconds."""
        return timers.time_record_end(name)

    # ---- custom data --------------------------------------------------------

    @property
    def custom_data(self) -> dict[str, Any]:
        """What `add_custom_data` added, by key."""
        return self._custom.values

    def add_custom_data(self, key: str, data: Any, dtype: type = list, max_len: int = -1, mode: str = "append") -> None:
        """Keep a value in the experiment's archive; see `CustomData.add`."""
        self._custom.add(key, data, dtype, max_len, mode)

    def get_custom_data(self, key: str) -> Any:
        """Return custom data.

        Raises:
            KeyError: there is none of that name.
        """
        return self._custom.get(key)

    def print_custom_data(self, key: str, prefix: str = "") -> None:
        """Show custom data as a line of text."""
        self.logger.info(f"{prefix}{key}: {self._custom.get(key)}")

    def clear_custom_data(self, key: str) -> None:
        """Forget custom data."""
        self._custom.clear(key)

    def serialize_object_and_save(self) -> None:
        """Write hyper-parameters and custom data into the experiment's archive now; a full disk only warns."""
        self._save_archive(self._current_run("serialize_object_and_save()"))

    def _keep_related(self, values: Mapping[str, Any]) -> None:
        self.custom_data.update(values)
        self._save_archive(self._current_run("save_checkpoint()"))

    def _save_archive(self, run: Run) -> None:
        try:
            apart = run.save_archive(self.hyper_param, self._custom.values, self.logger.now(), self._custom.sealed)
        except Exception as error:  # of the disk, or of a class of the user's: the training is worth more
            warn_quietly(f"the archive could not be written: {type(error).__name__}: {error}")
            return
        for key in self._custom.not_told(apart):
            self.logger.warn_visibly(f"custom data '{key}' {apart[key]}")


exp_manager = ExperimentManager(process_logger)
"""The manager of this process."""
