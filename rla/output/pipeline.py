"""The pipeline of one run: a journal, its writer, and the outputs, as one object."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rla import files
from rla.errors import RunIsAliveError
from rla.names import JOURNAL_FOLDER, PROGRESS_FILE
from rla.output.csv_file import count_rows
from rla.output.fold import fold_journal
from rla.output.journal import LOCK_FILE, JournalWriter, Position, discard_journal
from rla.output.records import Record, Row
from rla.output.registry import ALWAYS, make_output
from rla.output.writer import Writer

__all__ = ["Pipeline"]


class Pipeline:
    """Records a run into a folder.

    A folder that was recorded into before is gone on with: what a dead process left is folded first, and nothing is
    overwritten.

    Args:
        directory: the run's log folder, made when missing.
        formats: names of `registry.OUTPUTS`.
        report: called with a sentence when something fails and is tried again.
        tick: called about every second.

    Raises:
        RunIsAliveError: another process records into this folder.
        ConfigValueError: there is no such format.
        OSError: the folder cannot be written.
    """

    def __init__(
        self,
        directory: Path,
        formats: Sequence[str],
        report: Callable[[str], None] = lambda _: None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.directory = directory
        self.pid = os.getpid()
        folder = directory / JOURNAL_FOLDER
        files.make_directories(folder)
        lock = files.lock(folder / LOCK_FILE)
        if lock is None:
            raise RunIsAliveError(str(directory))
        self._lock: int = lock
        try:
            fold_journal(directory, keep_folder=True)
            self.outputs = [make_output(name, directory) for name in dict.fromkeys((*formats, *ALWAYS))]
            rows = count_rows(directory / PROGRESS_FILE)
            self.journal = JournalWriter(folder, rows)
        except BaseException:
            os.close(lock)
            raise
        start = Position(self.journal.segment, self.journal.end().offset, rows)
        self._writer = Writer(self.journal, self.outputs, start, report, tick)
        self._report = report
        self._woken = False
        self._warned = False

    def append(self, record: Record) -> None:
        """Record a row, a line of text or an event: it survives a `kill -9` once this returns."""
        self.journal.append(record)
        if not self._woken and isinstance(record, Row):  # the first row is shown at once
            self._woken = True
            self._writer.wake()
        if self.journal.failing is not None or self._warned:
            self._tell_of_journal()

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
        self._writer.flush()

    def close(self) -> None:
        """Write out everything and remove the journal; it stays where some output could not be written."""
        complete = self._writer.close()
        self.journal.close()
        if complete:
            with contextlib.suppress(OSError):  # what is left there is empty of news, and fsck removes it
                discard_journal(self.journal.folder)
        os.close(self._lock)

    def abandon(self) -> None:
        """Let go of the files in a forked child, which has the descriptors but not the thread."""
        self.journal.abandon()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
