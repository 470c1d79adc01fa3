"""`progress.csv`: one line for each row, a column for each key.

A key that appears late adds a column at the end. The file is then written anew beside the old one, old lines padded,
and renamed, so it is valid at any instant. The more it costs, the seldomer that happens; rows wait in the journal.
"""

from __future__ import annotations

import csv
import io
import itertools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from rla import files
from rla.names import PROGRESS_FILE
from rla.output.base import AppendedFile, FileOutput
from rla.output.journal import Position
from rla.output.records import Record, Row, Value

__all__ = ["CsvOutput", "complete_lines", "count_rows", "parse_line"]

WIDENING_REST: Final = 10.0
"""So many times the duration of a widening pass before the next."""


def complete_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the records of a CSV file with their line end; one that is not complete is left out.

    A line end inside quotes belongs to the value.
    """
    parts: list[bytes] = []
    inside_quotes = False
    for line in stream:
        if line.count(b'"') % 2:
            inside_quotes = not inside_quotes
        if not inside_quotes and line.endswith(b"\n"):
            yield b"".join((*parts, line)) if parts else line
            parts.clear()
        else:
            parts.append(line)


def parse_line(line: bytes) -> list[str]:
    """Return the cells of one record of a CSV file."""
    text = line.decode("utf-8", "replace")
    try:
        return next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error:  # a cell of more than 128 KiB, which the module refuses
        return _parse_long(text)


def _parse_long(text: str) -> list[str]:
    cells: list[str] = []
    for piece in text.rstrip("\r\n").split(","):
        if cells and cells[-1].count('"') % 2:  # the comma stood inside quotes
            cells[-1] += f",{piece}"
        else:
            cells.append(piece)
    return [cell[1:-1].replace('""', '"') if cell.startswith('"') else cell for cell in cells]


def count_rows(path: Path) -> int:
    """Return how many rows a `progress.csv` holds; none when it is not there."""
    try:
        with open(path, "rb") as stream:
            return max(sum(1 for _ in complete_lines(stream)) - 1, 0)
    except OSError:
        return 0


class CsvOutput(FileOutput):
    """Writes `progress.csv`. Opened on a file that is there already, it goes on behind its last complete line.

    Args:
        directory: the run's log folder.

    Attributes:
        columns: the keys of the header.
        rows: how many rows the file holds.
    """

    name: ClassVar[str] = "csv"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.columns: list[str] = []
        self.rows = 0
        self._known: frozenset[str] = frozenset()
        self._rest_until = 0.0
        self._settled = False
        self._skipped = 0
        self._take_over()

    def path_in(self, directory: Path) -> Path:
        return directory / PROGRESS_FILE

    def _take_over(self) -> None:
        """Take over what the file holds, without a last line that was cut short."""
        good = 0
        with open(self.file.path, "rb") as stream:
            lines = complete_lines(stream)
            header = next(lines, b"")
            good = len(header)
            self.columns = parse_line(header) if header else []
            for line in lines:
                good += len(line)
                self.rows += 1
        self._known = frozenset(self.columns)
        if good != self.file.size:
            self.file.truncate(good)

    def settle(self) -> None:
        self._settled = True

    def write(self, records: Sequence[Record]) -> int:
        rows = [record.items_for(self.name) for record in records if isinstance(record, Row)]
        new = self._new_columns(rows)
        if not new:
            self._settled = False
            self._append(rows)
            return len(records)
        if not self.rows or self._settled or time.monotonic() >= self._rest_until:
            self._widen(new)
            self._append(rows)
            self._settled = False
            return len(records)
        return self._write_known(records)

    def _new_columns(self, rows: Sequence[dict[str, Value]]) -> list[str]:
        """Return the keys that have no column yet: by row, and sorted within a row."""
        new: dict[str, None] = {}
        for row in rows:
            if not self._known.issuperset(row):
                new.update(dict.fromkeys(sorted(key for key in row if key not in self._known)))
        return list(new)

    def skip(self, rows: int) -> None:
        """Leave an empty line for each row, since the lines are counted."""
        self._skipped += rows

    def _write_known(self, records: Sequence[Record]) -> int:
        """Take the records before the first row that has a new key."""
        for taken, record in enumerate(records):
            if isinstance(record, Row) and not self._known.issuperset(record.items_for(self.name)):
                self._append([row.items_for(self.name) for row in records[:taken] if isinstance(row, Row)])
                return taken
        return len(records)

    def _append(self, rows: list[dict[str, Value]]) -> None:
        if rows:
            empty: list[dict[str, Value]] = [{}] * self._skipped
            self.file.append(_encoded([[row.get(column) for column in self.columns] for row in (*empty, *rows)]))
            self.rows += len(empty) + len(rows)
            self._skipped = 0

    def _widen(self, new: list[str]) -> None:
        """Add columns: write a wider version aside, then rename it."""
        columns = self.columns + new
        if not self.columns:
            self.file.append(_encoded([columns]))
            self.columns, self._known = columns, frozenset(columns)
            return
        started = time.monotonic()
        aside = self.file.path.with_name(f".{PROGRESS_FILE}.wider")
        files.remove(aside)
        wider = AppendedFile(aside)
        try:
            padding = b"," * len(new) + b"\n"
            wider.append(_encoded([columns]))
            with open(self.file.path, "rb") as stream:
                lines = complete_lines(stream)
                next(lines, None)
                while block := b"".join(line[:-1] + padding for line in itertools.islice(lines, 4096)):
                    wider.append(block)
            wider.sync()
            files.rename(aside, self.file.path)
        except BaseException:
            wider.close()
            files.remove(aside)
            raise
        self.file.close()
        wider.path = self.file.path
        self.file = wider
        self.columns, self._known = columns, frozenset(columns)
        now = time.monotonic()
        self._rest_until = now + WIDENING_REST * (now - started)

    def restore(self, position: Position, size: int) -> Position:
        """Go on behind the last complete line, whatever the commit said: each row is exactly one line."""
        return Position(0, 0, self.rows)


def _encoded(lines: Sequence[Sequence[Value]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    content = text.getvalue()
    if "\r" in content:  # Python quotes a lone carriage return from 3.13 on only
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows(lines)
        content = text.getvalue()
    return content.encode("utf-8", "backslashreplace")
