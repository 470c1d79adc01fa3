"""The pipeline of one run: a journal, its writer, and the outputs, as one object."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rla import files, locks
from rla.errors import RunIsAliveError
from rla.names import EPISODES_FILE, JOURNAL_FOLDER, PROGRESS_FILE
from rla.output.base import FileOutput, Output
from rla.output.codec import Excluded
from rla.output.csv_file import count_rows
from rla.output.episodes.file import end_of
from rla.output.fold import fold_journal
from rla.output.journal import LOCK_FILE, discard_journal
from rla.output.journal_writer import JournalWriter
from rla.output.records import Episodes, Event, Record, Text
from rla.output.registry import ALWAYS, make_output
from rla.output.restart import valid_until
from rla.output.resumes import add_resume, resumes_of
from rla.output.text_files import TABLE_SECONDS, TableOutput
from rla.output.writer import Writer

__all__ = ["Pipeline", "flush_if_open", "is_written"]

_ATTEMPTS: Final = 10

_open: dict[str, Pipeline] = {}
"""The pipelines of this process, by the real path of their folder."""


def flush_if_open(directory: str | os.PathLike[str]) -> None:
    """Bring the files of a folder up to date when this process records into it."""
    pipeline = _open.get(os.path.realpath(directory)) if _open else None
    if pipeline is not None and pipeline.pid == os.getpid():
        pipeline.flush()


def is_written(path: Path) -> bool:
    """Say whether a run of this process writes that file, or a file in that folder."""
    asked = os.path.realpath(path)
    pipelines = [pipeline for pipeline in list(_open.values()) if pipeline.pid == os.getpid()]
    outputs = [output for pipeline in pipelines for output in pipeline.outputs if isinstance(output, FileOutput)]
    files_of_outputs = [os.path.realpath(output.file.path) for output in outputs]
    return any(asked in (file, os.path.dirname(file)) for file in files_of_outputs)


def _locked(directory: Path, folder: Path) -> int:
    """Make a journal's folder, and return the descriptor that holds its lock.

    Raises:
        RunIsAliveError: another process has it.
    """
    for _ in range(_ATTEMPTS):
        files.make_directories(folder)
        with contextlib.suppress(FileNotFoundError):  # whoever recorded here has just ended, and removed it
            if (lock := locks.lock(folder / LOCK_FILE)) is not None:
                return lock
            break
    raise RunIsAliveError(str(directory))


def _noted(directory: Path, rows: int, step: int | float | None, saved: float | None) -> int | float | None:
    """Note that a run goes on from an earlier step, if it does.

    Returns:
        Until which step its event files are valid; None when all of them is. A resume after which nothing was recorded
        yet is one that goes on.
    """
    if step is not None:
        return valid_until(add_resume(directory, rows, end_of(directory / EPISODES_FILE).episodes, step, saved))
    resumes = resumes_of(directory, lambda problem: None)
    return valid_until(resumes) if resumes and resumes[-1].rows == rows > 0 else None


class Pipeline:
    """Records a run into a folder.

    A folder that was recorded into before is gone on with: what a dead process left is folded first, and nothing is
    overwritten.

    Args:
        directory: the run's log folder, made when missing.
        formats: names that `registry.check_formats` accepts.
        report: called with a sentence when something fails and is tried again; returns the line that `warn.txt` gets.
        tick: called about every second.
        table_seconds: seconds between two tables for people; 0 shows every row.
        resume_at: the time step to go on from: later rows stay in the files, but readers leave them out as soon as a
            new one is recorded. None goes on behind the last row.
        saved_at: when the state was saved that is gone on with, in seconds since 1970. Where the run was resumed
            before, that tells from which of its pasts; the last one that recorded anything when None.

    Raises:
        RunIsAliveError: another process records into this folder.
        ConfigError: there is no such format, or one of another package cannot be used.
        OSError: the folder cannot be written, or `segments.json` is damaged and the run cannot be resumed.
    """

    def __init__(
        self,
        directory: Path,
        formats: Sequence[str],
        report: Callable[[str], Text | None] = lambda _: None,
        tick: Callable[[], None] = lambda: None,
        table_seconds: float = TABLE_SECONDS,
        *,
        resume_at: int | float | None = None,
        saved_at: float | None = None,
    ) -> None:
        self.directory = directory
        self.pid = os.getpid()
        self._tell = report
        self._later: deque[Record] = deque()
        folder = directory / JOURNAL_FOLDER
        self._lock = lock = _locked(directory, folder)
        self.outputs: list[Output] = []
        try:
            fold_journal(directory, keep_folder=True)
            rows = count_rows(directory / PROGRESS_FILE)
            valid = _noted(directory, rows, resume_at, saved_at)
            for name in dict.fromkeys((*formats, *ALWAYS)):
                self.outputs.append(make_output(name, directory, valid))
            for output in self.outputs:
                if isinstance(output, TableOutput):
                    output.interval = table_seconds
            self.journal = JournalWriter(folder, rows)
            self._writer = Writer(self.journal, self.outputs, self.journal.position, self._report, tick)
        except BaseException:
            for output in self.outputs:
                with contextlib.suppress(Exception):  # the first error is the one to tell of
                    output.close()
            os.close(lock)
            raise
        self._woken = False
        self._warned = False
        _open[os.path.realpath(directory)] = self

    def append_row(self, row: Mapping[str, Any], step: int | float, time: float, excluded: Excluded) -> bool:
        """Record a row: it survives a `kill -9` once this returns.

        Args:
            row: values by key.
            step: the time step.
            time: seconds since 1970.
            excluded: formats that shall not get a key, by key.

        Returns:
            False when the pipeline is closed.
        """
        if self._later:
            self._append_what_waits()
        taken = self.journal.append_row(row, step, time, excluded)
        if not self._woken:  # the first row is shown at once
            self._woken = True
            self._writer.wake()
        if self.journal.failing is not None or self._warned:
            self._tell_of_journal()
        return taken

    def append(self, record: Text | Event | Episodes) -> bool:
        """Record what is no row, as `append_row` does with a row."""
        if self._later:
            self._append_what_waits()
        taken = self.journal.append(record)
        if self.journal.failing is not None or self._warned:
            self._tell_of_journal()
        return taken

    def append_later(self, record: Record) -> None:
        """Record with the next record, for the writer's thread: whoever appends just now may be waiting for it."""
        self._later.append(record)

    def _report(self, problem: str) -> None:
        if (line := self._tell(problem)) is not None:
            self.append_later(line)

    def _append_what_waits(self) -> None:
        while self._later:
            self.journal.append(self._later.popleft())

    @property
    def dropped_rows(self) -> int:
        """How many rows could not be kept, or never reached an output that failed."""
        return self.journal.dropped_rows + self._writer.lost_rows

    def _tell_of_journal(self) -> None:
        failing, told = self.journal.failing, self._warned
        self._warned = failing is not None
        if failing is not None and not told:
            self._report(f"the disk refuses records ({failing}); they are kept in memory and tried again")
        elif failing is None and told:
            self._report(
                "the disk takes records again; what was kept in memory is written, "
                f"{self.journal.dropped_rows} rows were dropped"
            )

    def flush(self) -> None:
        """Bring every file up to date with all that was recorded."""
        self._append_what_waits()
        self._writer.flush()

    def close(self) -> None:
        """Write out everything and remove the journal; it stays where some output could not be written."""
        _open.pop(os.path.realpath(self.directory), None)
        self._append_what_waits()
        flushed = self._writer.flush()
        self._append_what_waits()  # what went wrong until here belongs into warn.txt
        self.journal.stop()
        complete = self._writer.close(patiently=flushed)
        dropped = self.journal.dropped_rows
        self.journal.close()
        if self.journal.dropped_rows > dropped:
            self._report(f"the disk refused rows until the end; {self.journal.dropped_rows} rows are lost")
        if complete:
            with contextlib.suppress(OSError):  # what is left there is empty of news, and fsck removes it
                discard_journal(self.journal.folder)
        else:
            self._report(f"not everything was written out; `rla fsck --repair` does it from '{self.journal.folder}'")
        os.close(self._lock)

    def abandon(self) -> None:
        """Let go of the files in a forked child, which has the descriptors but not the thread."""
        self.journal.abandon()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
