"""The last rows of a run, and those that come: each once, also when it moves from the journal to the file meanwhile.

Rows are told from each other by their number: the n-th row of a journal is the n-th line of `progress.csv`. Nothing is
written.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from rla.errors import warn_quietly
from rla.names import JOURNAL_FOLDER, PROGRESS_FILE
from rla.output.csv_rows import count_rows_within, last_rows, rows_from
from rla.output.journal import Position, segments_of
from rla.output.journal_reader import JournalReader
from rla.output.pipeline import flush_if_open
from rla.output.records import Record, Row, Value
from rla.output.resumes import resumes_of

__all__ = ["PAUSE_SECONDS", "Tail", "follow"]

PAUSE_SECONDS: Final = 0.5
_AT_ONCE: Final = 1024
_ATTEMPTS: Final = 5

Values = dict[str, Value]


def follow(
    directory: str | os.PathLike[str],
    number: int,
    lives: Callable[[], bool],
    keys: Collection[str] = (),
    pause: float = PAUSE_SECONDS,
) -> Iterator[list[Values]]:
    """Yield the last rows of a run, then those that come, until it has ended.

    Args:
        directory: the run's log folder.
        number: how many rows to begin with.
        lives: says whether more may come; what came before it said no is yielded still.
        keys: leave out rows that have none of these; none are when empty.
        pause: seconds between two looks.
    """
    with contextlib.closing(Tail(directory, keys)) as tail:
        if rows := tail.last(number):
            yield rows
        going = True
        while going:
            going = lives()
            yield from tail.new()
            if going:
                time.sleep(pause)


class Tail:
    """The end of a run, as far as it has been seen.

    Args:
        directory: the run's log folder.
        keys: rows that have none of these are left out; none are when empty.
    """

    def __init__(self, directory: str | os.PathLike[str], keys: Collection[str] = ()) -> None:
        self._directory = Path(directory)
        self._journal = self._directory / JOURNAL_FOLDER
        self._keys = frozenset(keys)
        self._reader: JournalReader | None = None
        self._stamp: object = None
        self._size = 0
        self._count: int | None = 0
        self._told = False

    def close(self) -> None:
        """Close the journal."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def last(self, number: int) -> list[Values]:
        """Return the last rows, in order; `new` goes on behind them."""
        flush_if_open(self._directory)
        self.close()
        first: int = 0
        rows: list[Values] = []
        try:
            first, rows = self._last_of_journal(number)
        except OSError as error:
            self._tell(error)
            self.close()
        resumes = resumes_of(self._directory)
        begin = resumes[-1].rows if resumes else 0  # from here on, all rows belong to the history
        if self._reader is None:  # nobody seems to write
            self._stamp, self._count = self._stamp_of_file(), None
            rows, self._size = last_rows(self._directory, number, self._is_wanted, begin)
        elif len(rows) < number and first:
            missing = number - len(rows)
            before = rows_from(self._directory, begin if self._keys else max(begin, first - missing), first)
            rows = [*deque(filter(self._is_wanted, before), maxlen=missing), *rows]
        return self._with_earlier(rows, number, begin) if begin and len(rows) < number else rows

    def _with_earlier(self, rows: list[Values], number: int, begin: int) -> list[Values]:
        """Return the last rows, those from before the last resume too; what was left behind then is none of them.

        Args:
            rows: those since.
            number: how many are wanted.
            begin: how many rows there were before it.
        """
        from rla.output.columns import read_left_behind

        missing = number - len(rows)
        left = read_left_behind(os.fspath(self._directory), []).lines
        kept, span = (~left[:begin]).nonzero()[0], max(_AT_ONCE, missing)
        earlier: list[Values] = []
        while len(kept) and len(earlier) < missing:
            start, end = int(kept[-span:][0]), int(kept[-1]) + 1
            numbered = zip(rows_from(self._directory, start, end), left[start:end].tolist(), strict=False)
            earlier = [row for row, gone in numbered if not gone and self._is_wanted(row)] + earlier
            kept, span = kept[:-span], 8 * span
        return [*earlier[-missing:], *rows]

    def new(self) -> Iterator[list[Values]]:
        """Yield the rows that came since, in batches."""
        flush_if_open(self._directory)
        try:
            yield from self._new_of_journal()
        except OSError as error:
            self._tell(error)
            self.close()
        stamp = self._stamp_of_file()
        if self._reader is None and stamp is not None and stamp != self._stamp:
            yield from self._wanted(rows_from(self._directory, self._seen))
            self._stamp = stamp

    # ---- the journal -------------------------------------------------------------------------------------------------

    def _last_of_journal(self, number: int) -> tuple[int, list[Values]]:
        """Read the newest segments of the journal to their end, as many as are needed for some rows.

        Returns:
            How many rows of the run come before these segments, and the last of their rows.
        """
        found: tuple[int, list[Values]] = (0, [])
        for segment in reversed(segments_of(self._journal)):
            reader = JournalReader(self._journal, Position(segment, 0, 0))
            if reader.position.segment != segment:  # it is just being made, or has just been removed
                reader.close()
                continue
            first = reader.position.rows
            rows: deque[Values] = deque(maxlen=number)
            while records := reader.read(_AT_ONCE):
                rows.extend(filter(self._is_wanted, _rows_in(records)))
            self.close()
            self._reader, self._count = reader, reader.position.rows
            found = first, list(rows)
            if len(rows) == number:
                break
        return found

    def _new_of_journal(self) -> Iterator[list[Values]]:
        for _ in range(_ATTEMPTS):  # again for a journal that has begun anew
            self._reader = reader = self._reader or self._enter()
            if reader is None:
                return
            while records := reader.read(_AT_ONCE):
                rows = _rows_in(records)
                first = reader.position.rows - len(rows)
                if first > self._seen:
                    if min(segments_of(self._journal), default=0) < reader.position.segment:
                        break  # of another journal than before, whose first segments have the rows between
                    # segments were removed unread: the file has their rows
                    yield from self._wanted(rows_from(self._directory, self._seen, first))
                yield from self._wanted(rows)
                self._count = reader.position.rows
            if not records and reader.is_current():
                return
            self.close()

    def _enter(self) -> JournalReader | None:
        """Go into the journal behind what was seen; None where there is none."""
        if not segments_of(self._journal):
            return None
        reader = JournalReader(self._journal, Position(0, 0, self._seen))
        if reader.position.segment:
            return reader
        reader.close()
        return None

    def _tell(self, error: OSError) -> None:
        """Warn once of a journal of another user, or of another version of rla: the file is what there is."""
        if not self._told:
            self._told = True
            warn_quietly(f"the journal '{self._journal}' cannot be read ({error}); rows that only it has are missing")

    # ---- counting ----------------------------------------------------------------------------------------------------

    def _stamp_of_file(self) -> object:
        """Return what changes with the file; None where there is none."""
        try:
            found = os.stat(self._directory / PROGRESS_FILE)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    @property
    def _seen(self) -> int:
        """How many rows of the run were looked at; those of a file are counted when it is asked for."""
        if self._count is None:
            self._count = count_rows_within(self._directory, self._size)
        return self._count

    def _is_wanted(self, row: Values) -> bool:
        return bool(row) and (not self._keys or not self._keys.isdisjoint(row))

    def _wanted(self, rows: Iterable[Values]) -> Iterator[list[Values]]:
        """Yield rows in batches, those that are wanted, and count all of them."""
        remaining = iter(rows)
        while batch := list(itertools.islice(remaining, _AT_ONCE)):
            self._count = self._seen + len(batch)
            if wanted := list(filter(self._is_wanted, batch)):
                yield wanted


def _rows_in(records: Iterable[Record]) -> list[Values]:
    return [
        {key: value for key, value in record.items_for("csv").items() if value is not None}
        for record in records
        if isinstance(record, Row)
    ]
