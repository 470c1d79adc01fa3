"""`progress.csv`: one line for each row, a column for each key.

A key that appears late adds a column at the end. The file is then written anew beside the old one, old lines padded,
and renamed, so it is valid at any instant. The more it costs, the seldomer that happens; rows wait in the journal.
A rectangle of rows and columns is the wrong thing for thousands of keys: those that come when all columns are taken
have their values in `progress.long.csv`, a line for each.
"""

from __future__ import annotations

import itertools
import operator
import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from rla import files
from rla.names import LONG_FILE, PROGRESS_FILE, TIME_STEP, TIMESTAMP
from rla.output.base import FileOutput
from rla.output.csv_text import Gap, complete_lines, encode_header, encode_rows, gap, parse_header
from rla.output.journal import Position
from rla.output.long_file import LongFile
from rla.output.records import Record, Row, Value
from rla.output.schemas import PerSchema
from rla.output.widening import widen

__all__ = ["LARGEST_WIDTH", "CsvOutput", "count_rows"]

LARGEST_WIDTH: Final = 1000
"""So many columns at most, time step and timestamp among them."""

WIDENING_REST: Final = 10.0
"""So many times the duration of a widening pass before the next, and in any case `WIDENING_SECONDS`."""

WIDENING_SECONDS: Final = 0.5
"""New keys seldom come alone: those of half a second share a widening."""


def count_rows(path: Path) -> int:
    """Return how many rows a `progress.csv` holds; none when it is not there."""
    try:
        with files.open_regular(path) as stream:  # a named pipe would be waited for
            return max(sum(1 for _ in complete_lines(stream)) - 1, 0)
    except OSError:
        return 0


class _Places:
    """Where the cells of a line stand in the values of a row.

    Args:
        wanted: the keys that are to be written.
        keys: the keys of the row's values.
        columns: the columns of the file.

    Attributes:
        without_column: the places of values that have no column, by key.
    """

    def __init__(self, wanted: Collection[str], keys: Sequence[str], columns: Sequence[str]) -> None:
        places = {key: place for place, key in enumerate(keys) if key in wanted}
        known = frozenset(columns)
        self.without_column = {key: place for key, place in places.items() if key not in known}
        chosen: list[int] = []
        gaps: list[Gap] = []
        for has_value, run in itertools.groupby(columns, places.__contains__):
            if has_value:
                chosen += [places[column] for column in run]
            else:
                chosen.append(len(keys) + len(gaps))
                gaps.append(gap(len(list(run))))
        self._gaps = gaps
        self._chosen = chosen
        self._pick = operator.itemgetter(*chosen) if len(chosen) > 1 else None

    def cells(self, values: Sequence[Value]) -> Sequence[Value | Gap]:
        """Return the cells of a line."""
        choice = (*values, *self._gaps) if self._gaps else values
        return self._pick(choice) if self._pick is not None else [choice[place] for place in self._chosen]


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
        self.rows = 0
        self._expected: Sequence[str] = ()
        self._set_columns([])
        self._long = LongFile(self.long_path_in(directory))
        self._rest_until = 0.0
        self._settled = False
        self._skipped = 0
        self._take_over()

    def path_in(self, directory: Path) -> Path:
        return directory / PROGRESS_FILE

    def long_path_in(self, directory: Path) -> Path:
        """Return the path of the file for keys that find no column."""
        return directory / LONG_FILE

    def _take_over(self) -> None:
        """Take over what the files hold, without lines that were cut short or belong to a row that is not there."""
        good = 0
        with open(self.file.path, "rb") as stream:
            lines = complete_lines(stream)
            header = next(lines, b"")
            good = len(header)
            self._set_columns(parse_header(header) if header else [])
            for line in lines:
                good += len(line)
                self.rows += 1
        if good != self.file.size:
            self.file.truncate(good)
        self._long.cut(self.rows)

    def _set_columns(self, columns: list[str]) -> None:
        self.columns, self._known = columns, frozenset(columns)
        self._places: PerSchema[_Places] = PerSchema(lambda row: _Places(row.keys_for(self.name), row.keys, columns))

    def expect(self, keys: Sequence[str]) -> None:
        self._expected = keys

    def settle(self) -> None:
        self._settled = True

    def skip(self, rows: int) -> None:
        """Leave an empty line for each row, since the lines are counted."""
        self._skipped += rows

    def write(self, records: Sequence[Record]) -> int:
        rows = [record for record in records if isinstance(record, Row)]
        new = self._new_columns(rows)
        if new and not self._may_widen():
            return self._write_known(records)
        if new:
            self._widen(list(dict.fromkeys([*new, *(key for key in self._expected if key not in self._known)])))
        self._append(rows)
        return len(records)

    def _new_columns(self, rows: Sequence[Row]) -> list[str]:
        """Return the keys that want a column: by row, and sorted within a row."""
        new: dict[str, None] = {}
        for unknown in {id(row.keys): row for row in rows if self._places(row).without_column}.values():
            new.update(dict.fromkeys(self._new_among(self._places(unknown).without_column)))
        return list(new)

    def _new_among(self, keys: Iterable[str]) -> list[str]:
        full = len(self.columns) >= LARGEST_WIDTH
        return [] if full else sorted(key for key in keys if key not in self._known)

    def _may_widen(self) -> bool:
        return not self.rows or self._settled or time.monotonic() >= self._rest_until

    def _write_known(self, records: Sequence[Record]) -> int:
        """Take the records before the first row that has a new key."""
        for taken, record in enumerate(records):
            if isinstance(record, Row) and self._places(record).without_column:
                self._append([row for row in records[:taken] if isinstance(row, Row)])
                return taken
        return len(records)

    def _append(self, rows: Sequence[Row]) -> None:
        """Append rows; what has no column goes first, so that whoever sees a row finds all of it."""
        if not rows:
            return
        first = self.rows + self._skipped
        empty = [[gap(len(self.columns))]] * self._skipped
        cells = [*empty, *[self._places(row).cells(row.values) for row in rows]]
        if len(self.columns) >= LARGEST_WIDTH:
            before = self._long.size
            self._long.append(self._values_without_column(rows, first))
        try:
            self.file.append(encode_rows(cells))
        except OSError:
            if len(self.columns) >= LARGEST_WIDTH:
                self._long.truncate(before)
            raise
        self.rows += len(cells)
        self._skipped = 0

    def _values_without_column(self, rows: Sequence[Row], first: int) -> list[tuple[int, str, Value]]:
        return [
            (number, key, value)
            for number, row in enumerate(rows, first)
            for key, place in self._places(row).without_column.items()
            if (value := row.values[place]) is not None
        ]

    def _widen(self, new: list[str]) -> None:
        """Add columns: write a wider version aside, then rename it."""
        columns = self.columns + new[: LARGEST_WIDTH - len(self.columns)]
        if not self.columns:
            ours = {TIME_STEP, TIMESTAMP}.intersection(new)
            first = [key for key in new if key not in ours][: LARGEST_WIDTH - len(ours)]
            columns = [key for key in new if key in ours.union(first)]
            self.file.append(encode_header(columns))
            self._set_columns(columns)
            self._rest_until = time.monotonic() + WIDENING_SECONDS
            return
        started = time.monotonic()
        wider = widen(self.file.path, columns, len(columns) - len(self.columns), in_a_hurry=self._settled)
        self._settled = False
        self.file.close()
        self.file = wider
        self._set_columns(columns)
        now = time.monotonic()
        self._rest_until = now + max(WIDENING_SECONDS, WIDENING_REST * (now - started))

    def sync(self) -> None:
        self._long.sync()
        super().sync()

    def restore(self, position: Position, size: int) -> Position:
        """Go on behind the last complete line, whatever the commit said: each row is exactly one line."""
        return Position(0, 0, self.rows)

    def close(self) -> None:
        self._long.close()
        super().close()
