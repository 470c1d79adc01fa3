"""Checkpoints of an experiment, for the manager and for its twin of the past."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rla.config import Settings
from rla.errors import CheckpointError
from rla.experiment.folders import ExperimentFolders
from rla.names import CHECKPOINT, DEFAULT_CHECKPOINT
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
            ckp_index: its time step; the highest there is when None.
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

        try:
            step = None if ckp_index is None else int(ckp_index)
        except ValueError:
            problem = f"ckp_index={ckp_index!r} is no time step; give a number, or nothing for the last one."
            raise CheckpointError(problem) from None
        return load_checkpoint(self.checkpoint_dir, step, checkpoint_name or DEFAULT_CHECKPOINT, trust)


class CheckpointSaving(ExperimentCheckpoints):
    """Saves checkpoints of the current run, too."""

    settings: Settings | None
    logger: Logger

    def __init__(self) -> None:
        super().__init__()
        self._checkpoints: CheckpointFolder | None = None

    def forget_saver(self) -> None:
        """Forget what was said of another experiment's checkpoints."""
        self._checkpoints = None

    @abstractmethod
    def _keep_related(self, values: Mapping[str, Any]) -> None:
        """Keep the values that belong to a checkpoint."""

    def new_saver(self, max_to_keep: int | None = 5, var_prefix: str | None = None, verbose: bool = True) -> None:
        """Say how many checkpoints are kept.

        Args:
            max_to_keep: the last so many of each name; all when None, 0 or negative.
            var_prefix: kept for scripts that pass it; what is saved is what `save_checkpoint` is given.
            verbose: kept for scripts that pass it.

        Raises:
            NotConfiguredError: there is no experiment yet.
            MissingPackageError: the framework of the configuration is not installed.
            CheckpointError: there is no saver for it.
            ValueError: ``max_to_keep`` is no whole number.
        """
        from rla.checkpoint.folder import CheckpointFolder
        from rla.checkpoint.registry import saver_for

        folder = self._current_run("new_saver()").place.path(CHECKPOINT)
        assert self.settings is not None  # there is a run
        self._checkpoints = CheckpointFolder(folder, saver_for(self.settings.framework), max_to_keep)

    def save_checkpoint(
        self,
        model_dict: Mapping[str, Any] | None = None,
        related_variable: Mapping[str, Any] | None = None,
        checkpoint_name: str | None = DEFAULT_CHECKPOINT,
    ) -> str:
        """Save a checkpoint of the current time step; one of that step and name is replaced.

        When this returns, the file is on the disk. The last ones of each name are kept (see `new_saver`; five without
        it), and an older one goes only after the new one is safe.

        Args:
            model_dict: what to save, by name: a `state_dict()` of torch, arrays of numpy, …
            related_variable: values of any kind that belong to it; kept as custom data.
            checkpoint_name: the name that this series of checkpoints has.

        Returns:
            The path of the file.

        Raises:
            NotConfiguredError: there is no experiment yet.
            CheckpointError: it could not be written (the disk is full, say); all earlier ones are still there.
            MissingPackageError: the framework of the configuration is not installed.
            TypeError: ``model_dict`` is no dict.
        """
        run = self._current_run("save_checkpoint()")
        if self._checkpoints is None:
            self.new_saver()
        assert self._checkpoints is not None
        if model_dict is not None and not isinstance(model_dict, Mapping):
            kind = type(model_dict).__name__
            raise TypeError(
                f"save_checkpoint() takes a dict by name, such as {{'policy': net.state_dict()}}; got a {kind}."
            )
        content = dict(model_dict or {})
        if remark := self._checkpoints.remark(content):
            self.logger.warn_visibly(remark)
        now = self.logger.now()
        if not math.isfinite(now):
            raise CheckpointError(
                f"The time step is {now}; a checkpoint needs a number. See time_step_holder.set_time()."
            )
        # a forked child may save, and leaves what belongs to its parent's run as it is
        path = self._checkpoints.save(content, int(now), checkpoint_name or DEFAULT_CHECKPOINT, rotate=run.is_mine)
        if related_variable and run.is_mine:
            self._keep_related(related_variable)
        return str(path)
