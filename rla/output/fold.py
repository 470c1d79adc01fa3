"""Folding: the journal of a dead run is written out into its files, as its writer would have done."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from rla import locks
from rla.errors import JournalVersionError, RunIsAliveError, warn_quietly
from rla.names import JOURNAL_FOLDER, PROGRESS_FILE
from rla.output.commit import Commit
from rla.output.journal import LOCK_FILE, Position, discard_journal, discard_records, segments_of
from rla.output.journal_keys import keys_ahead, keys_for
from rla.output.journal_reader import JournalReader
from rla.output.records import Row
from rla.output.registry import OUTPUTS, adopt_output

__all__ = ["fold_dead_run", "fold_journal", "has_journal"]

_TERMINAL = "stdout"
_KEEPS_ROWS = frozenset(("csv", "json", "tensorboard"))


def has_journal(directory: Path) -> bool:
    """Say whether a run has a journal: it is recording, or was killed."""
    return bool(segments_of(directory / JOURNAL_FOLDER))


def fold_dead_run(directory: Path) -> int:
    """Fold the journal of a dead run into its files, under the run's lock.

    Args:
        directory: the run's log folder.

    Returns:
        How many rows were missing in `progress.csv`.

    Raises:
        RunIsAliveError: its process still writes.
        OSError: a file could not be written; the journal stays, and folding can be tried again.
    """
    folder = directory / JOURNAL_FOLDER
    if not folder.is_dir():
        return 0
    lock = locks.lock(folder / LOCK_FILE)
    if lock is None:
        raise RunIsAliveError(str(directory))
    try:
        return fold_journal(directory)
    finally:
        os.close(lock)


def fold_journal(directory: Path, keep_folder: bool = False) -> int:
    """Fold a journal whose lock the caller holds; see `fold_dead_run`."""
    folder = directory / JOURNAL_FOLDER
    discard = discard_records if keep_folder else discard_journal
    if not segments_of(folder):  # a run may have died while it removed its journal
        discard(folder)
        return 0
    committed = Commit(folder).read() or _by_files(directory)
    folded, left = 0, False
    for name, (position, size) in committed.items():
        if name == _TERMINAL:
            continue
        try:
            rows = _replay(name, directory, position, size)
        except Exception as error:  # an output of another package may be missing or raise anything: the others go on
            if name in OUTPUTS or isinstance(error, JournalVersionError):
                raise
            left = True
            warn_quietly(
                f"the output '{name}' of '{directory}' lacks the last records of a run that was killed: {error}"
            )
        else:
            folded = rows if name == "csv" else folded
    if left and not keep_folder:  # for another try, once its package is there; readers see the journal's rows
        return folded
    if left and not _KEEPS_ROWS.intersection(committed):  # its rows stand nowhere else
        folded = _replay("csv", directory, Position(0, 0, 0), 0)
    discard(folder)
    return folded


def _by_files(directory: Path) -> dict[str, tuple[Position, int]]:
    """Say what to fold into where no commit can be read: the files whose own lines tell how far they are."""
    names = ("csv", "episodes") if (directory / PROGRESS_FILE).exists() else ("episodes",)
    return dict.fromkeys(names, (Position(0, 0, 0), 0))


def _replay(name: str, directory: Path, position: Position, size: int) -> int:
    output = adopt_output(name, directory)
    rows = 0
    try:
        start = output.restore(position, size)
        output.expect(keys_for(name, keys_ahead(directory / JOURNAL_FOLDER, start)))
        output.settle()
        reader = JournalReader(directory / JOURNAL_FOLDER, start)
        with contextlib.closing(reader):
            while records := reader.read(1024):
                rows += sum(isinstance(record, Row) for record in records)
                taken = output.write(records)
                if taken != len(records):
                    output.settle()
                    if output.write(records[taken:]) != len(records) - taken:
                        raise RuntimeError("it did not take all records")
        output.settle()
        output.sync()
    finally:
        output.close()
    return rows
