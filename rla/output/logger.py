"""The `Logger`: the open row of a run and the way from there to its pipeline.

`rla.logger` is the same for scripts that want one logger for the process.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

from rla import files
from rla.clock import TimeStepHolder, time_step_holder
from rla.errors import RecordingError, warn_quietly
from rla.names import (
    BACKUP,
    DEBUG,
    DISABLED,
    EPISODES_FILE,
    ERROR,
    INFO,
    LEVEL_NAMES,
    RESULTS,
    TIME_STEP,
    TIMESTAMP,
    WARN,
)
from rla.output.episodes.file import end_of
from rla.output.episodes.recording import EpisodeRecording
from rla.output.media.recording import MediaRecording
from rla.output.pipeline import Pipeline
from rla.output.records import Episodes, Event, Text
from rla.output.registry import check_formats
from rla.output.scope import ScopedRow
from rla.output.table import format_table
from rla.output.text_files import TABLE_SECONDS, line_of, write_to_terminal
from rla.output.values import as_value, shown

__all__ = ["STRICT_VARIABLE", "Logger", "process_logger"]

STRICT_VARIABLE: Final = "RLA_STRICT"
"""With the value 1 in this environment variable, what fails inside rla is raised by the next dump or flush."""


class RowFormat(Protocol):
    """An object of the user's that is called with each row, in the thread that dumps it.

    With a method ``writeseq`` it gets the lines of text as well, each as a sequence of texts.
    """

    def writekvs(self, kvs: dict[str, Any]) -> None:
        """Take a row."""


class TextFormat(Protocol):
    """An object of the user's that is called with each line of text, in the thread that writes it."""

    def writeseq(self, seq: Sequence[str]) -> None:
        """Take a line, given as the texts that it consists of."""


class Logger(MediaRecording, EpisodeRecording, ScopedRow):
    """An open row with somewhere to go: hands rows and lines of text to the files of a run.

    Before `open`, rows and text are shown on the terminal and nothing is written to disk. In a forked child, text is
    shown there too and rows are refused with one warning.

    Args:
        clock: the holder of the time step.
        on_terminal: whether rows and text are shown on the terminal while nothing is recorded.

    Attributes:
        output_formats: objects of the user's that are called with each row, and with each line of text if they take it.
        warn_output_formats: the same for warnings and errors alone.
        backup_output_formats: the same for lines of the level ``BACKUP`` alone.
        log_callback: called with a copy of each row in the thread that dumps it; what it raises goes through.
        level: lines of text below this level are left out.
        before_close: called before a recording ends: whoever collects rows for this logger dumps what is left.
    """

    CURRENT: ClassVar[Logger | None] = None
    DEFAULT: ClassVar[Logger | None] = None

    def __init__(self, clock: TimeStepHolder = time_step_holder, on_terminal: bool = True) -> None:
        super().__init__(clock)
        self.output_formats: list[RowFormat | TextFormat] = []
        self.warn_output_formats: list[TextFormat] = []
        self.backup_output_formats: list[TextFormat] = []
        self.log_callback: Callable[[dict[str, Any]], object] | None = None
        self.level = INFO
        self.muted = False
        self.before_close: set[Callable[[], object]] = set()
        self._pipeline: Pipeline | None = None
        self._on_terminal = self._to_terminal = on_terminal
        self._warned: set[str] = set()
        self._dropped_rows = 0
        _loggers.add(self)

    # ---- where it goes -----------------------------------------------------------------------------------------------

    def open(
        self,
        directory: str | os.PathLike[str],
        formats: Sequence[str],
        tick: Callable[[], None] = lambda: None,
        table_seconds: float = TABLE_SECONDS,
        results_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        """Record into a folder from now on; a folder that was recorded into before is gone on with.

        Args:
            directory: the run's log folder, made when missing.
            formats: names of output formats, e.g. ``("csv", "tensorboard")``.
            tick: called about every second while the run is recorded.
            table_seconds: tables on the terminal and in `log.txt` come at most so often; 0 shows every row.
            results_dir: where pictures, sound and tables are saved; ``results`` in the folder when None.

        Raises:
            RunIsAliveError: another process records into this folder.
            ConfigValueError: there is no such format.
            OSError: the folder cannot be written.
        """
        check_formats(formats)
        self.close()
        files.make_directories(directory)
        self._pipeline = Pipeline(Path(directory), formats, self._tell, tick, table_seconds)
        self.results_dir = os.path.abspath(os.path.join(directory, RESULTS) if results_dir is None else results_dir)
        self._to_terminal = "stdout" in formats
        self.muted = False
        self._go_on_after(end_of(Path(directory) / EPISODES_FILE))

    def close(self) -> None:
        """Write everything out and end the recording; the terminal is what remains."""
        try:
            for dump_the_rest in list(self.before_close):
                dump_the_rest()
        finally:  # the user's callback may raise there
            pipeline, self._pipeline = self._own_pipeline(), None
            if pipeline is not None:
                pipeline.close()
                self._dropped_rows = pipeline.dropped_rows
            self._to_terminal = self._on_terminal
            self.muted = False

    def reset(self) -> None:
        """Forget the open row, the moving averages, what ``freq`` has counted, and which warnings were given."""
        super().reset()
        self._warned.clear()

    def flush(self) -> None:
        """Bring all files up to date, for those who read them while the run goes on.

        Raises:
            RecordingError: as by `dump_tabular`.
        """
        if (pipeline := self._own_pipeline()) is not None:
            pipeline.flush()
        if self._unraised is not None:
            self._raise_what_failed()

    def get_dir(self) -> str | None:
        """Return the folder that is recorded into; None before `open`."""
        return None if self._pipeline is None else str(self._pipeline.directory)

    def mute(self) -> None:
        """Record and show nothing, as the ranks of a distributed training that leave it to the first."""
        self.close()
        self.muted = True

    @property
    def formats(self) -> tuple[str, ...]:
        """Names of the output formats that are written; none before `open`."""
        return () if self._pipeline is None else tuple(output.name for output in self._pipeline.outputs)

    @property
    def shows_text(self) -> bool:
        """Whether lines of text appear on the terminal."""
        return self._to_terminal and not self.muted

    @property
    def dropped_rows(self) -> int:
        """How many rows of this run (or of the last one) could not be kept while the disk refused them."""
        return self._dropped_rows if self._pipeline is None else self._pipeline.dropped_rows

    def after_fork(self) -> None:
        """Become the logger of a forked child, which records nothing."""
        self._mutex = threading.RLock()
        super().reset()
        if self._pipeline is not None:
            self._pipeline.abandon()
            self._to_terminal = not self.muted

    def _own_pipeline(self) -> Pipeline | None:
        """Return the pipeline, unless it belongs to the process that this one was forked from."""
        pipeline = self._pipeline
        return pipeline if pipeline is not None and pipeline.pid == os.getpid() else None

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
            now, time_step = time.time(), self.now()
            row[TIME_STEP], row[TIMESTAMP] = time_step, now
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

    def _refuses_as_child(self) -> bool:
        """Say whether this is a forked child, which records nothing of its parent's run; it is told once."""
        pipeline = self._pipeline
        if pipeline is None or pipeline.pid == os.getpid():
            return False
        problem = "rows and episodes of a forked child are not recorded; give it an experiment of its own"
        self._warn_once("fork", problem)
        return True

    def _show_media(self) -> None:
        """Hand what the open row was given, and no row can hold, to TensorBoard, where it is written."""
        from rla.output.media.stable_baselines3 import write_media

        with self._mutex:
            media = dict(self._media)
            self._media.clear()
        for key, value in media.items() if "tensorboard" in self.formats and self._own_pipeline() else ():
            with self._guarded(key):
                write_media(self, key, value)

    def _call_users_format(self, output: RowFormat | TextFormat, method: str, content: object) -> None:
        """Hand a row (``writekvs``) or a line of text (``writeseq``) to a format; most take only one of these."""
        if not hasattr(output, method) and (hasattr(output, "writekvs") or hasattr(output, "writeseq")):
            return
        try:
            getattr(output, method)(content)
        except Exception as error:  # the user's code, called from a training step: it must not end the training
            problem = f"the output format {type(output).__name__} failed: {type(error).__name__}: {error}"
            self._warn_once(f"format {id(output)}", problem)

    # ---- text --------------------------------------------------------------------------------------------------------

    def log(self, *args: Any, level: int = INFO) -> None:
        """Write a line of text, its parts joined by spaces.

        Args:
            args: what is shown, as by `print`.
            level: a level such as ``INFO``; lines below the logger's level are left out.
        """
        if level >= self.level and not self.muted:
            self.write_line(" ".join(map(shown, args)), level)

    def write_line(self, text: str, level: int, on_terminal: bool = True) -> None:
        """Write a line of text as `log` does.

        Args:
            text: the line.
            level: a level such as ``INFO``.
            on_terminal: False where somebody else shows it there.
        """
        if level < self.level or self.muted:
            return
        line = Text(level, self.now(), time.time(), text)
        if self._to_terminal and on_terminal:
            self._show(line_of(line) + "\n")
        if (pipeline := self._own_pipeline()) is not None:
            pipeline.append(line)
        further = {WARN: self.warn_output_formats, ERROR: self.warn_output_formats, BACKUP: self.backup_output_formats}
        for output in (*self.output_formats, *further.get(level, ())):
            self._call_users_format(output, "writeseq", [line_of(line)])

    def _show(self, text: str) -> None:
        if (problem := write_to_terminal(text)) is not None:
            self._report(problem)

    def debug(self, *args: Any) -> None:
        """Write a line for those who look for a fault."""
        self.log(*args, level=DEBUG)

    def info(self, *args: Any) -> None:
        """Write a line of text."""
        self.log(*args, level=INFO)

    def warn(self, *args: Any) -> None:
        """Write a warning; it also goes to `warn.txt`."""
        self.log(*args, level=WARN)

    def warn_visibly(self, problem: str) -> None:
        """Write a warning, and show it also where the terminal is no output of the run."""
        self.warn(problem)
        if not (self._to_terminal or self.muted):
            warn_quietly(problem)

    def error(self, *args: Any) -> None:
        """Write an error; it also goes to `warn.txt`."""
        self.log(*args, level=ERROR)

    def backup(self, *args: Any) -> None:
        """Write a line that describes the experiment; it also goes to `backup.txt`."""
        self.log(*args, level=BACKUP)

    def set_level(self, level: int) -> None:
        """Leave out lines of text below a level.

        Raises:
            ValueError: the level is no number.
        """
        if not isinstance(level, int):
            raise ValueError(f"A level is a number such as {INFO} ({', '.join(LEVEL_NAMES.values())}); got {level!r}.")
        self.level = level

    # ---- TensorBoard -------------------------------------------------------------------------------------------------

    def add_event(self, encoded: bytes) -> None:
        """Record a finished event of TensorBoard, as bytes; nothing happens when nothing is recorded."""
        self._keep(Event(encoded))

    def _keep(self, record: Text | Event | Episodes) -> None:
        if (pipeline := self._own_pipeline()) is not None and not self.muted:
            pipeline.append(record)
        elif isinstance(record, Episodes):
            self._refuses_as_child()

    # ---- what went wrong ---------------------------------------------------------------------------------------------

    def _tell(self, problem: str) -> Text:
        """Say on stderr that something failed inside rla; return the line that belongs into `warn.txt`."""
        warn_quietly(problem)
        if os.environ.get(STRICT_VARIABLE) == "1":
            (self._lent_to or self)._unraised = problem
        return Text(WARN, self.now(), time.time(), problem)

    def _raise_what_failed(self) -> None:
        problem, self._unraised = self._unraised, None
        if problem is not None:
            raise RecordingError(problem)

    def _report(self, problem: str) -> None:
        """Say that something failed inside rla, where people look: on stderr and in `warn.txt`."""
        line = self._tell(problem)
        if (pipeline := self._own_pipeline()) is not None:
            pipeline.append_later(line)

    def _warn_once(self, about: str, problem: str) -> None:
        if about not in self._warned:
            self._warned.add(about)
            self._report(problem)


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
