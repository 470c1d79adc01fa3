"""Checkpoints of an experiment, for the manager and for its twin of the past."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rla.config import Settings
from rla.errors import CheckpointError
from rla.experiment.folders import ExperimentFolders
from rla.experiment.resume_point import last_step_saved
from rla.names import CHECKPOINT, DEFAULT_CHECKPOINT, LOG
from rla.output.logger import Logger

if TYPE_CHECKING:
    from rla.checkpoint.folder import CheckpointFolder

__all__ = ["CheckpointSaving", "ExperimentCheckpoints"]


class ExperimentCheckpoints(ExperimentFolders):
    """Loads what was saved into the folder of the checkpoint tree."""

    def load_checkpoint(
        self, ckp_index: int | str | None = None, checkpoint_name: str | None = DEFAULT_CHECKPOINT, trust: bool = False
    ) -> tuple[int, Any]:
        """Load a checkpoint.

        Args:
            ckp_index: its time step; the highest there is when None, and that of the best metric when ``"best"``
                (see `CheckpointSaving.new_saver`). Of a run that was resumed, those that it left behind are not the
                highest.
            checkpoint_name: the name it was saved by.
            trust: whether code in the file may run; only for files of one's own.

        Returns:
            Its time step and its content, as `save_checkpoint` was given it.

        Raises:
            NotConfiguredError: there is no experiment yet.
            CheckpointNotFoundError: there is none; the message lists those there are.
            UntrustedPickleError: it wants to run code, and is not trusted.
            CheckpointError: it is damaged; the message names run and file, and those that may be tried instead.
        """
        from rla.checkpoint.folder import load_checkpoint  # only who has checkpoints needs it

        step: int | Literal["best"] | None
        try:
            step = ckp_index if ckp_index is None or ckp_index == "best" else int(ckp_index)  # type: ignore[assignment]
        except ValueError:
            problem = f"ckp_index={ckp_index!r} is no time step; give a number, 'best', or nothing for the last one."
            raise CheckpointError(problem) from None
        folder, name = self._loaded_from(CHECKPOINT), checkpoint_name or DEFAULT_CHECKPOINT
        if step is None:
            step = last_step_saved(self._loaded_from(LOG), folder, name)
        return load_checkpoint(folder, step, name, trust)

    def _loaded_from(self, tree: str) -> Path:
        run = self._current_run("load_checkpoint()")
        return (run.loads_from or run.place).path(tree)


class CheckpointSaving(ExperimentCheckpoints):
    """Saves checkpoints of the current run, too."""

    settings: Settings | None
    logger: Logger

    def __init__(self) -> None:
        super().__init__()
        self._checkpoints: CheckpointFolder | None = None
        self._not_saved = 0

    def forget_saver(self) -> None:
        """Forget what was said of another experiment's checkpoints."""
        self._checkpoints = None
        self._not_saved = 0

    def _saved_to(self, asked: str, tree: str) -> Path:
        return self._current_run(asked).place.path(tree)

    @abstractmethod
    def _keep_related(self, values: Mapping[str, Any]) -> None:
        """Keep the values that belong to a checkpoint."""

    def new_saver(
        self,
        max_to_keep: int | None = 5,
        var_prefix: str | None = None,
        verbose: bool = True,
        keep_every: float | None = None,
        best: Literal["max", "min"] | None = None,
    ) -> None:
        """Say which checkpoints are kept; the newest one always is.

            exp_manager.new_saver(max_to_keep=3, keep_every=100_000, best="max")
            exp_manager.save_checkpoint(content, metric=mean_return)
            step, saved = exp_manager.load_checkpoint("best")

        Args:
            max_to_keep: the last so many of each name; all when None, 0 or negative.
            var_prefix: with TensorFlow's graphs, only variables whose names begin so are saved; else what is saved is
                what `save_checkpoint` is given.
            verbose: kept for scripts that pass it.
            keep_every: besides, the first one at or behind each multiple of so many time steps, for ever.
            best: besides, the one with the highest (``"max"``) or lowest (``"min"``) metric of each name.

        Raises:
            NotConfiguredError: there is no experiment yet.
            MissingPackageError: the framework of the configuration is not installed.
            CheckpointError: there is no saver for it.
            ValueError: one of the rules is none; the message says which.
        """
        from rla.checkpoint.folder import CheckpointFolder
        from rla.checkpoint.registry import saver_for

        folder = self._saved_to("new_saver()", CHECKPOINT)
        assert self.settings is not None  # there is a run
        saver = saver_for(self.settings.framework)
        self._checkpoints = CheckpointFolder(folder, saver, max_to_keep, keep_every, best)
        saver.begin(var_prefix)

    def save_checkpoint(
        self,
        model_dict: Mapping[str, Any] | None = None,
        related_variable: Mapping[str, Any] | None = None,
        checkpoint_name: str | None = DEFAULT_CHECKPOINT,
        metric: float | None = None,
        background: bool = False,
    ) -> str:
        """Save a checkpoint of the current time step; one of that step and name is replaced.

        When this returns, the file is on the disk. The last ones of each name are kept (see `new_saver`; five without
        it), and an older one goes only after the new one is safe.

        In the background, this returns once everything is copied, and a thread writes the file. One is written at a
        time: the next save waits for it, and so do `load_checkpoint`, queries of this process and `finish`. What
        goes wrong in the thread is a warning, not an error; earlier checkpoints stay.

        Args:
            model_dict: what to save, by name: a `state_dict()` of torch, arrays of numpy, …
            related_variable: values of any kind that belong to it; kept as custom data, at once.
            checkpoint_name: the name that this series of checkpoints has.
            metric: a number that says how good it is, for ``new_saver(best=…)``; NaN and infinities are never the best.
            background: let a thread write while the training goes on. A forked child writes at once all the same.

        Returns:
            The path of the file.

        Raises:
            NotConfiguredError: there is no experiment yet.
            CheckpointError: it could not be written (the disk is full, say); all earlier ones are still there.
            MissingPackageError: the framework of the configuration is not installed.
            TypeError: ``model_dict`` is no dict, or ``metric`` no number.
            ValueError: there is a ``metric``, and nobody has said whether the highest or the lowest is the best.
        """
        run = self._current_run("save_checkpoint()")
        if self._checkpoints is None:
            self.new_saver()
        assert self._checkpoints is not None
        content = _checked_content(model_dict)
        rating = self._rating(metric)
        if remark := self._checkpoints.remark(content):
            self.logger.warn_visibly(remark)
        step, name = self._step_of_checkpoint(), checkpoint_name or DEFAULT_CHECKPOINT
        if background and run.is_mine:
            path = self._checkpoints.save_in_background(content, step, self._tell_not_saved, name, rating)
        else:  # a forked child may save, and leaves what belongs to its parent's run as it is
            path = self._checkpoints.save(content, step, name, rotate=run.is_mine, metric=rating)
        if related_variable and run.is_mine:
            self._keep_related(related_variable)
        return str(path)

    def _rating(self, metric: Any) -> float | None:
        if metric is None:
            return None
        from rla.checkpoint.retention import as_metric

        assert self._checkpoints is not None
        if self._checkpoints.retention.best is None:
            raise ValueError("save_checkpoint(metric=…) needs new_saver(best='max') or new_saver(best='min') before.")
        return as_metric(metric)

    def _step_of_checkpoint(self) -> int:
        now = self.logger.now()
        if not math.isfinite(now):
            raise CheckpointError(
                f"The time step is {now}; a checkpoint needs a number. See time_step_holder.set_time()."
            )
        return int(now)

    def _tell_not_saved(self, error: Exception) -> None:
        """Tell of the first checkpoint that a thread could not write, and count all; called in that thread."""
        self._not_saved += 1
        if self._not_saved == 1:
            self.logger.warn_visibly(f"{error} Training goes on; how many were not saved is told at the end.")

    def _end_saving(self) -> None:
        """Wait for the checkpoint that is being written, and tell how many were not."""
        if self._checkpoints is None:
            return
        from rla.checkpoint import background

        if not background.wait():
            self.logger.warn_visibly(f"A checkpoint is still being written after {background.LONGEST_WAIT:.0f} s.")
        if self._not_saved > 1:
            self.logger.warn_visibly(f"{self._not_saved} checkpoints could not be saved in the background.")


def _checked_content(model_dict: Mapping[str, Any] | None) -> dict[str, Any]:
    if model_dict is not None and not isinstance(model_dict, Mapping):
        kind = type(model_dict).__name__
        raise TypeError(
            f"save_checkpoint() takes a dict by name, such as {{'policy': net.state_dict()}}; got a {kind}."
        )
    return dict(model_dict or {})
