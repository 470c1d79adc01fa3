"""Where an open row goes: the pipeline of a run, from `open` to `close`, and what is said when something fails."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rla import files
from rla.clock import TimeStepHolder
from rla.errors import RecordingError, warn_quietly
from rla.names import RESULTS, WARN
from rla.output.pipeline import Pipeline
from rla.output.records import Episodes, Event, Text
from rla.output.registry import check_formats
from rla.output.resumes import checked_step
from rla.output.scope import ScopedRow
from rla.output.text_files import TABLE_SECONDS

__all__ = ["STRICT_VARIABLE", "Recording"]

STRICT_VARIABLE: Final = "RLA_STRICT"
"""With the value 1 in this environment variable, what fails inside rla is raised by the next dump or flush."""


class Recording(ScopedRow):
    """An open row with the pipeline of a run, while one is open.

    Args:
        clock: the holder of the time step.
        on_terminal: whether rows and text are shown on the terminal while nothing is recorded.

    Attributes:
        before_close: called before a recording ends: whoever collects rows for this logger dumps what is left.
        muted: whether nothing shall be recorded or shown.
        results_dir: the folder of pictures, sound and tables; None before a run is open.
    """

    def __init__(self, clock: TimeStepHolder, on_terminal: bool = True) -> None:
        super().__init__(clock)
        self.before_close: set[Callable[[], object]] = set()
        self.muted = False
        self.results_dir: str | None = None
        self._pipeline: Pipeline | None = None
        self._on_terminal = self._to_terminal = on_terminal
        self._warned: set[str] = set()
        self._dropped_rows = 0

    def open(
        self,
        directory: str | os.PathLike[str],
        formats: Sequence[str],
        tick: Callable[[], None] = lambda: None,
        table_seconds: float = TABLE_SECONDS,
        results_dir: str | os.PathLike[str] | None = None,
        *,
        resume_at: int | float | None = None,
        saved_at: float | None = None,
    ) -> None:
        """Record into a folder from now on; a folder that was recorded into before is gone on with.

        With ``resume_at`` it is gone on with from an earlier step. Nothing is overwritten: what was recorded of later
        steps stays in the files, and readers leave it out as soon as something new is recorded.

        Args:
            directory: the run's log folder, made when missing.
            formats: names of output formats, e.g. ``("csv", "tensorboard")``.
            tick: called about every second while the run is recorded.
            table_seconds: tables on the terminal and in `log.txt` come at most so often; 0 shows every row.
            results_dir: where pictures, sound and tables are saved; ``results`` in the folder when None.
            resume_at: the time step of the state that the training goes on with; the clock is set by the caller.
            saved_at: when that state was saved, in seconds since 1970 (of a checkpoint, when its file was written).
                Where the run was resumed before, that tells from which of its pasts; the last one that recorded
                anything when None.

        Raises:
            RunIsAliveError: another process records into this folder.
            ConfigValueError: there is no such format.
            ValueError: ``resume_at`` is no finite number.
            OSError: the folder cannot be written, or `segments.json` is damaged and the run cannot be resumed.
        """
        check_formats(formats)
        step = None if resume_at is None else checked_step(resume_at)
        self.close()
        files.make_directories(directory)
        self._pipeline = Pipeline(
            Path(directory), formats, self._tell, tick, table_seconds, resume_at=step, saved_at=saved_at
        )
        self.results_dir = os.path.abspath(os.path.join(directory, RESULTS) if results_dir is None else results_dir)
        self._to_terminal = "stdout" in formats
        self.muted = False
        self._opened(Path(directory))

    def _opened(self, directory: Path) -> None:
        """Look at the folder that is recorded into from now on."""

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

    def add_event(self, encoded: bytes) -> None:
        """Record a finished event of TensorBoard, as bytes; nothing happens when nothing is recorded."""
        self._keep(Event(encoded))

    def _keep(self, record: Text | Event | Episodes) -> None:
        if (pipeline := self._own_pipeline()) is not None and not self.muted:
            pipeline.append(record)
        elif isinstance(record, Episodes):
            self._refuses_as_child()

    def _refuses_as_child(self) -> bool:
        """Say whether this is a forked child, which records nothing of its parent's run; it is told once."""
        pipeline = self._pipeline
        if pipeline is None or pipeline.pid == os.getpid():
            return False
        problem = "rows and episodes of a forked child are not recorded; give it an experiment of its own"
        self._warn_once("fork", problem)
        return True

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
