"""`log.txt`, `warn.txt`, `backup.txt` and the terminal: lines and tables for people."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from rla.names import BACKUP, BACKUP_FILE, ERROR, LEVEL_NAMES, LOG_FILE, WARN, WARN_FILE
from rla.output.base import FileOutput, Output
from rla.output.records import Record, Row, Text
from rla.output.table import format_table

__all__ = [
    "TABLE_SECONDS",
    "BackupOutput",
    "LogOutput",
    "StdoutOutput",
    "TableOutput",
    "WarnOutput",
    "line_of",
    "write_to_terminal",
]

TERMINAL_SECONDS: Final = 1.0
"""A terminal that nobody reads is waited for no longer."""

TABLE_SECONDS: Final = 2.0
"""When rows come faster, people are shown the newest of each such interval (unless they ask for another one); the data
files keep all."""


def line_of(text: Text) -> str:
    """Return a line of text as files and the terminal show it; warnings and more say their level and time step."""
    if text.level >= WARN:
        return f"{LEVEL_NAMES.get(text.level, str(text.level))} | time step {text.step} | {text.text}"
    return text.text


class TableOutput(Output):
    """Chooses the rows whose table is shown.

    Attributes:
        interval: seconds between two tables; 0 shows every row.
        waiting: the newest row that was not shown, if none was shown after it.
    """

    interval: float = TABLE_SECONDS
    waiting: Row | None = None
    _next = 0.0

    def due(self, row: Row) -> bool:
        """Say whether a row is shown now; if not, it is kept in case none follows it."""
        if self._next - 2 * self.interval < row.time < self._next:
            self.waiting = row
            return False
        self._next = row.time + self.interval
        self.waiting = None
        return True

    def last_due(self, now: float) -> Row | None:
        """Return the newest row that was not shown, once the interval is over."""
        if self.waiting is None or now < self._next:
            return None
        row, self.waiting = self.waiting, None
        self._next = now + self.interval
        return row


class LogOutput(FileOutput, TableOutput):
    """Writes `log.txt`: every line of text, and the table of a row every few seconds.

    Args:
        directory: the run's log folder.
    """

    name: ClassVar[str] = "log"

    def path_in(self, directory: Path) -> Path:
        return directory / LOG_FILE

    def write(self, records: Sequence[Record]) -> int:
        pieces: list[str] = []
        for record in records:
            if isinstance(record, Text):
                pieces.append(line_of(record) + "\n")
            elif isinstance(record, Row) and self.due(record):
                pieces.append(format_table(record.items_for(self.name)))
        if not records and (row := self.last_due(time.time())):  # nothing newer is there
            pieces.append(format_table(row.items_for(self.name)))
        self._append(pieces)
        return len(records)

    def settle(self) -> None:
        if row := self.waiting:
            self._append([format_table(row.items_for(self.name))])
            self.waiting = None

    def _append(self, pieces: list[str]) -> None:
        if pieces:
            self.file.append("".join(pieces).encode("utf-8", "backslashreplace"))


class _LevelFile(FileOutput):
    """Writes the lines of some levels into a file of their own."""

    kinds: ClassVar[frozenset[type]] = frozenset((Text,))
    levels: ClassVar[tuple[int, ...]]
    file_name: ClassVar[str]

    def path_in(self, directory: Path) -> Path:
        return directory / self.file_name

    def write(self, records: Sequence[Record]) -> int:
        texts = [record for record in records if isinstance(record, Text) and record.level in self.levels]
        lines = [line_of(text) + "\n" for text in texts]
        if lines:
            self.file.append("".join(lines).encode("utf-8", "backslashreplace"))
        return len(records)


class WarnOutput(_LevelFile):
    """Writes `warn.txt`: warnings and errors."""

    name: ClassVar[str] = "warn"
    file_name: ClassVar[str] = WARN_FILE
    levels: ClassVar[tuple[int, ...]] = (WARN, ERROR)


class BackupOutput(_LevelFile):
    """Writes `backup.txt`: what describes the experiment, the hyper-parameters among it."""

    name: ClassVar[str] = "backup"
    file_name: ClassVar[str] = BACKUP_FILE
    levels: ClassVar[tuple[int, ...]] = (BACKUP,)


class StdoutOutput(TableOutput):
    """Shows the table of a row on the terminal, every few seconds. Lines of text go there at once, without an output.

    A terminal that nobody reads (Ctrl-S, a pager) blocks whoever writes to it, so a thread of its own does, and it
    shows the newest table only.

    Args:
        directory: not used; every output is made with it.
    """

    name: ClassVar[str] = "stdout"

    def __init__(self, directory: Path | None = None) -> None:
        self._newest: str | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def write(self, records: Sequence[Record]) -> int:
        for record in records:
            if isinstance(record, Row) and self.due(record):
                self._show(record)
        if not records and (row := self.last_due(time.time())):  # nothing newer is there
            self._show(row)
        return len(records)

    def _show(self, row: Row) -> None:
        with self._changed:
            self._newest = format_table(row.items_for(self.name))
            self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="rla-terminal", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._closed)
                table = self._newest
            if table is None:
                return
            if problem := write_to_terminal(table):
                self.notices.append(problem)
            with self._changed:
                if self._newest is table:
                    self._newest = None
                self._changed.notify_all()

    def settle(self) -> None:
        if row := self.waiting:
            self.waiting = None
            self._show(row)
        with self._changed:
            self._changed.wait_for(lambda: self._newest is None, TERMINAL_SECONDS)

    def close(self) -> None:
        self.settle()
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Terminal:
    """Standard output, and whether it fails."""

    failing = False


def write_to_terminal(text: str) -> str | None:
    """Write to standard output; one that is closed, full or cannot show a character stops nobody.

    Returns:
        A sentence that says why it could not be written, when it begins to fail.
    """
    stream = sys.stdout
    if stream is None:
        return None
    try:
        try:
            stream.write(text)
            stream.flush()
        except UnicodeEncodeError as error:
            stream.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
            stream.flush()
    except (OSError, ValueError) as error:  # `| head -1` has gone, the disk is full, or the script closed it
        known, _Terminal.failing = _Terminal.failing, True
        problem = f"the terminal (standard output) takes nothing any more: {error}; files are written as before"
        return None if known else problem
    _Terminal.failing = False
    return None
