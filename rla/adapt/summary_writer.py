"""A `SummaryWriter` as those of torch and tensorboardX, whose scalars are rows that survive `kill -9`.

    from rla.adapt.summary_writer import SummaryWriter  # was: from torch.utils.tensorboard import SummaryWriter

Parameters are those of `torch.utils.tensorboard.writer` (torch 2.13) and of `tensorboardX.writer` (2.6), both at once.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Final

from rla import files
from rla.adapt.folder_loggers import give_back, logger_for
from rla.adapt.scalar_rows import ScalarRows
from rla.adapt.summary_arguments import number_of, step_of, tag_of
from rla.adapt.summary_media import SummaryMedia
from rla.errors import NotConfiguredError
from rla.experiment.manager import exp_manager
from rla.machine import host_name
from rla.names import TIME_STEP, TIMESTAMP
from rla.output.events import restart_event, whole_step
from rla.output.logger import Logger, process_logger

__all__ = ["SummaryWriter"]

_told_in: Final[set[str]] = set()
"""Log folders of the experiments in which it was said that ``log_dir`` is not used."""


class SummaryWriter(SummaryMedia):
    """Records scalars, texts and media: into the experiment that is under way, else into a folder of its own.

    While `exp_manager` has an experiment under way, everything goes there, and ``log_dir`` is not used. Otherwise
    ``log_dir`` gets a `progress.csv`, a `log.txt` and the event file.

    All scalars of one ``global_step`` are one row. It is written when another step begins, by `flush` and `close`, when
    the recording ends, and after ``flush_secs`` at the latest. Without a ``global_step``, the current time step counts.

    What only TensorBoard shows goes through tensorboardX; where that fails, one warning says so, and training goes on.
    The methods of tensorboardX's writer that are not listed here (`add_embedding`, `add_pr_curve`, `add_graph`, …) are
    there as well.

    Args:
        log_dir: the folder; ``runs/<date>_<host><comment>`` when None.
        comment: end of that name.
        purge_step: TensorBoard hides what the folder has from this step on, as after going back to a checkpoint.
        max_queue: taken for scripts that pass it; it changes nothing.
        flush_secs: a row is written at the latest when it has been open for so many seconds.
        filename_suffix: taken for scripts that pass it; it changes nothing.
        write_to_disk: False records nothing (tensorboardX).
        logdir: the same as ``log_dir`` (tensorboardX).
        comet_config: taken for scripts that pass it; it changes nothing.

    Attributes:
        log_dir: the folder that is recorded into.

    Raises:
        ValueError: ``log_dir`` is an address, and no folder of this machine.
        OSError: the folder cannot be written.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        logdir: str | os.PathLike[str] | None = None,
        comet_config: Mapping[str, Any] | None = None,
    ) -> None:
        asked = os.fspath(log_dir or logdir or "")
        if "://" in asked:
            raise ValueError(f"log_dir is {asked!r}; rla records into folders of this machine, e.g. 'runs/first'.")
        self._folder = ""  # our own one, while there is one
        self._flush_secs = flush_secs
        self._together: dict[str, str] = {}
        if not write_to_disk:
            self.log_dir = asked
            self._record_with(Logger())
            self._logger.mute()
        elif (experiment := _folder_of_experiment()) is not None:
            self.log_dir = experiment
            self._record_with(process_logger)
            _tell_that_it_is_not_used(asked, experiment)
        else:
            self.log_dir = self._folder = asked or _default_folder(comment)
            self._open()
        if purge_step is not None:
            for _ in range(2):  # one reader of TensorBoard takes the first that it ever sees for the start of the run
                self._logger.add_event(restart_event(whole_step(step_of(purge_step)), time.time()))

    def _record_with(self, logger: Logger) -> None:
        self._logger = logger
        self._rows = ScalarRows(logger, self._flush_secs)
        self._closed = False

    def _open(self) -> None:
        self._record_with(logger_for(self._folder))
        recorded = self._logger.get_dir() or self._folder
        if os.path.realpath(recorded) != os.path.realpath(self._folder):
            self.log_dir = recorded
        self._folder = os.path.abspath(self._folder)  # the script may go into another folder before it is opened again

    def _go_on(self) -> None:
        if self._closed:
            self._open()

    def get_logdir(self) -> str:
        """Return the folder that is recorded into."""
        return self.log_dir

    @property
    def logdir(self) -> str:
        """The folder that is recorded into, as tensorboardX calls it."""
        return self.log_dir

    # ---- scalars -----------------------------------------------------------------------------------------------------

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
        display_name: str = "",
        summary_description: str = "",
    ) -> None:
        """Record a number.

        Args:
            tag: its name, e.g. ``"losses/value_loss"``.
            scalar_value: a number, or an array or tensor of one number.
            global_step: its time step, a whole number; the current one when None.
            walltime: taken for scripts that pass it, as are the others; a row has the time at which it is written.

        Raises:
            ValueError: the value is no number, or the step none that is whole.
            TypeError: the tag is no text.
        """
        self._go_on()
        step = global_step if type(global_step) is int else step_of(global_step)
        self._rows.add(tag_of(tag), number_of(tag, scalar_value), step)

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Record several numbers, as ``<main_tag>/<tag>`` each.

        Args:
            main_tag: the beginning of their names.
            tag_scalar_dict: numbers by the end of their names.
            global_step: as for `add_scalar`, which raises what this raises.
        """
        step = step_of(global_step)
        numbers = {tag: number_of(f"{main_tag}/{tag}", value) for tag, value in tag_scalar_dict.items()}
        for tag, number in numbers.items():
            key = f"{tag_of(main_tag)}/{tag}"
            self._together[key] = f"{self.log_dir}/{key}"
            self.add_scalar(key, number, step)

    def export_scalars_to_json(self, path: str | os.PathLike[str]) -> None:
        """Write what `add_scalars` recorded as JSON: lists of ``[time, step, value]`` by folder and name.

        Raises:
            OSError: the file cannot be written.
        """
        from rla.output.reader import read_progress

        self.flush()
        directory = self._logger.get_dir()
        rows = [] if directory is None else read_progress(directory).rows
        points = {
            name: [[row[TIMESTAMP], row[TIME_STEP], row[key]] for row in rows if key in row]
            for key, name in self._together.items()
        }
        self._together.clear()
        files.write_atomic(path, json.dumps(points))

    # ---- its life ----------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write the row of the current step, and bring all files up to date."""
        self._rows.dump()
        self._logger.flush()

    def close(self) -> None:
        """Write everything out; an experiment goes on, a folder of the writer's own is complete then.

        What is added later is recorded all the same.
        """
        if self._closed:
            return
        self._closed = bool(self._folder)
        try:
            self._rows.close()
        finally:
            if self._folder:
                give_back(self._logger)
            else:
                self._logger.flush()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _folder_of_experiment() -> str | None:
    """Return the log folder of the experiment that is under way; None when there is none."""
    try:
        return exp_manager.log_dir
    except NotConfiguredError:
        return None


def _tell_that_it_is_not_used(asked: str, experiment: str) -> None:
    if asked and experiment not in _told_in:
        _told_in.add(experiment)
        process_logger.info(f"SummaryWriter records into this experiment; its log_dir '{asked}' is not used.")


def _default_folder(comment: str) -> str:
    """Return the folder that torch and tensorboardX would choose."""
    return os.path.join("runs", f"{datetime.now():%b%d_%H-%M-%S}_{host_name()}{comment}")
