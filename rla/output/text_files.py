"""`log.txt`, `warn.txt`, `backup.txt` and the terminal: lines and tables for people."""

from __future__ import annotations

import contextlib
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

__all__ = ["BackupOutput", "LogOutput", "StdoutOutput", "WarnOutput", "line_of", "write_to_terminal"]

TERMINAL_SECONDS: Final = 1.0
"""A terminal that nobody reads is waited for no longer."""

TABLE_SECONDS: Final = 2.0
"""When rows come faster, people are shown the newest of each such interval; the data files keep all."""


def line_of(text: Text) -> str:
    """Return a line of text as files and the terminal show it; warnings and more say their level and time step."""
    if text.level >= WARN:
        return f"{LEVEL_NAMES.get(text.level, str(text.level))} | time step {text.step} | {text.text}"
    return text.text


class _Tables:
    """Chooses the rows whose table is shown.

    Attributes:
        waiting: the newest row that was not shown, if none was shown after it.
    """

    def __init__(self) -> None:
        self._next = 0.0
        self.waiting: Row | None = None

    def due(self, row: Row) -> bool:
        """Say whether a row is shown now; if not, it is kept in case none follows it."""
        if row.time < self._next and row.time > self._next - 2 * TABLE_SECONDS:
            self.waiting = row
            return False
        self._next = row.time + TABLE_SECONDS
        self.waiting = None
        return True

    def last(self, now: float) -> Row | None:
        """Return the newest row that was not shown, once the interval is over."""
        if self.waiting is None or now < self._next:
            return None
        row, self.waiting = self.waiting, None
        self._next = now + TABLE_SECONDS
        return row


class LogOutput(FileOutput):
    """Writes `log.txt`: every line of text, and the table of a row every few seconds.

    Args:
        directory: the run's log folder.
    """

    name: ClassVar[str] = "log"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._tables = _Tables()

    def path_in(self, directory: Path) -> Path:
        return directory / LOG_FILE

    def write(self, records: Sequence[Record]) -> int:
        pieces: list[str] = []
        for record in records:
            if isinstance(record, Text):
                pieces.append(line_of(record) + "\n")
            elif isinstance(record, Row) and self._tables.due(record):
                pieces.append(format_table(record.items_for(self.name)))
        if row := self._tables.last(time.time()):
            pieces.append(format_table(row.items_for(self.name)))
        self._append(pieces)
        return len(records)

    def settle(self) -> None:
        if row := self._tables.waiting:
            self._append([format_table(row.items_for(self.name))])
            self._tables.waiting = None

    def _append(self, pieces: list[str]) -> None:
        if pieces:
            self.file.append("".join(pieces).encode("utf-8", "backslashreplace"))


class _LevelFile(FileOutput):
    """Writes the lines of some levels into a file of their own."""

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


class StdoutOutput(Output):
    """Shows the table of a row on the terminal, every few seconds. Lines of text go there at once, without an output.

    A terminal that nobody reads (Ctrl-S, a pager) blocks whoever writes to it, so a thread of its own does, and it
    shows the newest table only.

    Args:
        directory: not used; every output is made with it.
    """

    name: ClassVar[str] = "stdout"

    def __init__(self, directory: Path | None = None) -> None:
        self._tables = _Tables()
        self._newest: str | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def write(self, records: Sequence[Record]) -> int:
        for record in records:
            if isinstance(record, Row) and self._tables.due(record):
                self._show(record)
        if row := self._tables.last(time.time()):
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
            write_to_terminal(table)
            with self._changed:
                if self._newest is table:
                    self._newest = None
                self._changed.notify_all()

    def settle(self) -> None:
        if row := self._tables.waiting:
            self._tables.waiting = None
            self._show(row)
        with self._changed:
            self._changed.wait_for(lambda: self._newest is None, TERMINAL_SECONDS)

    def close(self) -> None:
        self.settle()
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def write_to_terminal(text: str) -> None:
    """Write to standard output; one that is closed, full or cannot show a character stops nobody."""
    stream = sys.stdout
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except UnicodeEncodeError as error:
        with contextlib.suppress(OSError, ValueError):
            stream.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
            stream.flush()
    except (OSError, ValueError):  # `| head -1` has gone, or the script closed it
        pass
