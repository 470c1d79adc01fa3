"""The `Logger`: the open row of a run and the way from there to its pipeline.

`rla.logger` is the same for scripts that want one logger for the process.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from rla.clock import TimeStepHolder, time_step_holder
from rla.names import DISABLED, TIME_STEP, TIMESTAMP
from rla.output.episodes.recording import EpisodeRecording
from rla.output.media.recording import MediaRecording
from rla.output.recording import STRICT_VARIABLE
from rla.output.table import format_table
from rla.output.text_recording import TextRecording
from rla.output.values import as_value

__all__ = ["STRICT_VARIABLE", "Logger", "process_logger"]


class Logger(MediaRecording, EpisodeRecording, TextRecording):
    """An open row with somewhere to go: hands rows, episodes, pictures and lines of text to the files of a run.

    Before `open`, rows and text are shown on the terminal and nothing is written to disk. In a forked child, text is
    shown there too and rows are refused with one warning.

    An object has fewer than 30 attributes: with more, Python 3.11 and later find each of them slower.

    Args:
        clock: the holder of the time step.
        on_terminal: whether rows and text are shown on the terminal while nothing is recorded.

    Attributes:
        log_callback: called with a copy of each row in the thread that dumps it; what it raises goes through.
    """

    CURRENT: ClassVar[Logger | None] = None
    DEFAULT: ClassVar[Logger | None] = None

    def __init__(self, clock: TimeStepHolder = time_step_holder, on_terminal: bool = True) -> None:
        super().__init__(clock, on_terminal)
        self.log_callback: Callable[[dict[str, Any]], object] | None = None
        _loggers.add(self)

    def dump_tabular(self, step: int | float | None = None) -> dict[str, Any]:
        """End the open row and record it with time step and timestamp.

        When this returns, the row is in the journal of the run and survives a `kill -9` of the process.

        Args:
            step: sets the time step first, as Stable-Baselines3 does.

        Returns:
            The row by key; empty when nothing was recorded, and then nothing is written.

        Raises:
            RecordingError: something failed, and the environment says ``RLA_STRICT=1``; the row is recorded anyway.
        """
        if step is not None:
            self.clock.set_time(step)
        if self._media:
            self._show_media()
        if not self._values:
            return {}
        with self._mutex:
            row, excluded = self.take()
            if not row:  # another thread was faster
                return {}
            time_step = self.clock.time
            if type(time_step) is not int:
                time_step = self.now()
            row[TIME_STEP] = time_step
            row[TIMESTAMP] = now = time.time()
            pipeline = self._pipeline
            mine = pipeline is not None and pipeline.pid == os.getpid()
            if not (mine and pipeline.append_row(row, time_step, now, excluded)):  # type: ignore[union-attr]
                self._do_without_pipeline(row, excluded)
        for output in self.output_formats:
            self._call_users_format(output, "writekvs", dict(row))
        if self.log_callback is not None:
            self.log_callback(dict(row))
        if self._unraised is not None:
            self._raise_what_failed()
        return row

    def dump_row(self, values: Mapping[str, Any], step: int | float) -> dict[str, Any]:
        """Record several values and dump the row, without a dump of another thread in between.

        Args:
            values: values by key.
            step: the time step that the row gets, and that is set.

        Returns:
            The row, as `dump_tabular` does; what stood in the open row already is a part of it.

        Raises:
            RecordingError: as by `dump_tabular`.
        """
        with self._mutex:
            self.record_all(values)
            return self.dump_tabular(step)

    def _do_without_pipeline(self, row: dict[str, Any], excluded: Mapping[str, frozenset[str]]) -> None:
        """Show a row, before a run and after it; a forked child refuses it."""
        silent = self.muted or self.level == DISABLED  # as workers of baselines set it
        if not self._refuses_as_child() and self._on_terminal and not silent:
            cells = {key: as_value(val) for key, val in row.items() if "stdout" not in excluded.get(key, ())}
            self._show(format_table(cells))

    def _show_media(self) -> None:
        """Hand what the open row was given, and no row can hold, to TensorBoard, where it is written."""
        from rla.output.media.stable_baselines3 import write_media

        with self._mutex:
            media = dict(self._media)
            self._media.clear()
        for key, value in media.items() if "tensorboard" in self.formats and self._own_pipeline() else ():
            with self._guarded(key):
                write_media(self, key, value)


_loggers: weakref.WeakSet[Logger] = weakref.WeakSet()

process_logger: Final = Logger()
"""The logger of this process, behind `rla.logger`."""

Logger.CURRENT = Logger.DEFAULT = process_logger


def _after_fork() -> None:
    for logger in list(_loggers):
        logger.after_fork()


@atexit.register
def _close_all() -> None:
    with contextlib.ExitStack() as all_of_them:  # one that raises does not keep the others from closing
        for logger in list(_loggers):
            all_of_them.callback(logger.close)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
