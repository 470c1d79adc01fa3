"""Forking: an experiment of its own that goes on from the record of another one, which stays as it is."""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rla.database.creation import not_writable
from rla.database.index_name import record_date_of
from rla.database.plain_values import as_mapping
from rla.database.record import ExperimentRecord
from rla.database.run_card import FAILED
from rla.errors import QueryError
from rla.experiment.endings import finishing
from rla.experiment.resume_point import ResumePoint, resume_point
from rla.experiment.resuming import Resuming
from rla.experiment.run import Run
from rla.names import EPISODES_FILE, LOG
from rla.output.episodes.file import end_of
from rla.output.last_values import last_values

if TYPE_CHECKING:
    from rla.config import Settings
    from rla.experiment.fork_copies import ForkCopies

__all__ = ["Forking"]


class Forking(Resuming):
    """Lets a new experiment begin where another one stands."""

    @abstractmethod
    def _open_files(self, run: Run, settings: Settings, point: ResumePoint | None = None) -> None:
        """Let the logger record into a run, from a step of what its folder holds."""

    @abstractmethod
    def serialize_object_and_save(self) -> None:
        """Write the archive."""

    def fork(
        self,
        run: str | datetime | ExperimentRecord,
        at: str | int | float = "last",
        *,
        task: str | None = None,
        data_root: str | os.PathLike[str] | None = None,
    ) -> int | float:
        """Let the current experiment go on from another one, whose rows, checkpoints, results and data it gets.

            exp_manager.set_hyper_param(lr=1e-4)
            exp_manager.configure("finetune", rla_config="rla_config.yaml", data_root="data")
            exp_manager.log_files_gen()
            step = exp_manager.fork("2026/11/20/13-05-01", task="pretrain")

        Call it after `log_files_gen` and before the first row. The trees log, checkpoint, results and tmp_data are
        copied: the other experiment is not touched, and may be under way (then a moment of it is copied) or killed.
        The current one keeps its hyper-parameters, its code and its run card, which names the other one as its
        ``parent``. Files that it has already stay; lines of text come before its own. Rows after ``at`` are kept and
        marked as left behind, as `resume` does it. The time step is that of ``at``.

        A rank that records nothing takes the time step, and loads from the other one; a forked child takes the
        time step alone.

        Args:
            run: any part of the other one's name that only one experiment has, its record date, or its record.
            at: ``"last"``, the last checkpoint, or the last row where there is none; a time step; the file of a
                checkpoint (``"policy_3000.pt"``), or the name of a series of them (``"policy"``).
            task: the task table of the other one; all are looked at when None.
            data_root: the database folder of the other one; that of this one when None.

        Returns:
            The time step that the experiment goes on from.

        Raises:
            NotConfiguredError: there is no experiment yet.
            ExperimentNotFoundError: there is no such run.
            AmbiguousExperimentError: there are several; the message lists them.
            QueryError: the run is the current one, or this one has recorded rows already; or the run has not come to
                that step, or has no such checkpoint.
            OSError: something could not be copied; the experiment is as it was.
            DataRootError: the copies could not be recorded into; the experiment has failed.
        """
        from rla.query.naming import find_run

        current = self._current_run("fork()")
        settings = self.settings
        assert settings is not None  # there is a run
        if isinstance(run, ExperimentRecord):
            source = run
        else:
            name = record_date_of(run) if isinstance(run, datetime) else run
            source = find_run(self.data_root if data_root is None else data_root, name, task)
        point = resume_point(source, at)
        if current.temporary:
            self._run = replace(current, loads_from=source.place)
        elif current.is_mine:
            point = self._fork_from(current, source, at, settings)
        self.time_step_holder.set_time(point.step)
        return point.step

    def _fork_from(self, run: Run, source: ExperimentRecord, at: str | int | float, settings: Settings) -> ResumePoint:
        """Copy what another experiment has recorded, and go on behind it."""
        from rla.experiment.fork_copies import ForkCopies  # few experiments are forked

        if os.path.realpath(run.log_dir) == os.path.realpath(source.log_dir):
            raise QueryError(f"'{source.name}' is the current experiment; it cannot be forked into itself.")
        self.logger.flush()
        self._check_nothing_recorded(run)
        with ForkCopies(source, run.place) as copies:
            copies.make()
            point = copies.point(at)
            with finishing():  # a signal waits until rows go to where they belong
                self._go_on_with_copies(run, source, point, copies, settings)
        return point

    def _check_nothing_recorded(self, run: Run) -> None:
        if run.card.parent is not None:
            raise QueryError(f"The current experiment was forked from '{run.card.parent}' already.")
        episodes = end_of(run.log_dir / EPISODES_FILE).episodes
        if last_values(run.log_dir) or episodes:
            raise QueryError(
                f"The current experiment '{run.place.path(LOG)}' has recorded {'rows' if not episodes else 'episodes'} "
                "already, which a fork would leave behind. Call fork() after log_files_gen() and before the first row."
            )

    def _go_on_with_copies(
        self, run: Run, source: ExperimentRecord, point: ResumePoint, copies: ForkCopies, settings: Settings
    ) -> None:
        self.logger.close_all()
        try:
            self._check_nothing_recorded(run)  # what somebody collects for the logger is dumped when that is closed
            run.card.parent = f"{source.record_date}_{source.node}"
            run.card.fork = {"time": time.time(), "name": source.name}
            run.card.fork |= {"step": point.step, "checkpoint": point.checkpoint}
            run.write_card()
        except BaseException:
            run.card.parent, run.card.fork = None, {}
            self._open_files(run, settings)
            raise
        try:
            copies.move_in()
            self._open_files(run, settings, point)
        except OSError as error:
            self.finish(FAILED, str(error))
            raise not_writable(Path(self.data_root), str(error)) from error
        checkpoint = f" ({point.checkpoint})" if point.checkpoint else ""
        self.logger.backup(f"forked from {source.name} at step {point.step}{checkpoint}")

    def write_hyper_param(self) -> None:
        """Write ``hyper_param`` as it is now into the files of the experiment; its name stays as it is.

        What `log_files_gen` has written counts otherwise, whatever is set later.

        Raises:
            NotConfiguredError: there is no experiment yet.
            OSError: a file could not be written.
        """
        run = self._current_run("write_hyper_param()")
        values: Mapping[str, Any] = as_mapping(self.hyper_param) or {}
        if run.is_mine:
            run.rewrite_parameters({str(key): value for key, value in values.items()})
            self.serialize_object_and_save()
