"""The lane of an output: how far it is, and how it catches up when it is behind the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rla.output.base import Output
from rla.output.journal import Position
from rla.output.journal_reader import JournalReader
from rla.output.records import Record

__all__ = ["Lane", "Report"]

Report = Callable[[str], None]
"""Called with a sentence when something begins to fail."""


class Lane:
    """One output and how far it is.

    Args:
        output: the output.
        position: where it is now.

    Attributes:
        behind: where it goes on once it has taken what is pending, while it is behind the others; else None.
        pending: records that it has been offered and did not take.
        safe: where a replay would have to start, and the size of the file there.
        lost: rows that it will never get.
    """

    def __init__(self, output: Output, position: Position) -> None:
        self.output = output
        self.behind: Position | None = None
        self.pending: Sequence[Record] = ()
        self.safe = (position, output.size())
        self.failing = False
        self.lost = 0
        self._reader: JournalReader | None = None

    def offer(self, records: Sequence[Record], report: Report) -> bool:
        """Hand records to the output; False when it did not take all of them."""
        try:
            taken = self.output.write(records)
        except Exception as error:  # an output may be anybody's code, and must not stop the others
            self.pending = records
            self._failed(error, report)
            return False
        if records:
            self.failing = False
        while self.output.notices:
            report(self.output.notices.pop(0))
        self.pending = records[taken:]
        return not self.pending

    def settle(self, report: Report) -> None:
        """Let the output stop waiting."""
        try:
            self.output.settle()
        except Exception as error:  # as above
            self._failed(error, report)

    def _failed(self, error: Exception, report: Report) -> None:
        if not self.failing:
            report(f"the output '{self.output.name}' failed and is tried again: {type(error).__name__}: {error}")
        self.failing = True

    def catch_up(self, others: Position, slice_records: int, folder: Path, report: Report) -> bool:
        """Take a slice while it is behind; True when it got on and there may be more.

        Args:
            others: where the other outputs are.
            slice_records: how many records at once.
            folder: the journal.
            report: called when the output begins to fail.
        """
        assert self.behind is not None
        if self.pending and not self.offer(self.pending, report):
            return False
        self.safe = (self.behind, self.output.size())
        if self.behind == others:
            self.rejoin()
            return False
        if self._reader is None:
            self._reader = JournalReader(folder, self.behind)
        records = self._reader.read(slice_records)
        self.behind = self._reader.position
        return self.offer(records, report) and bool(records)

    def rejoin(self) -> None:
        """Go on with the others."""
        if self._reader is not None:
            self._reader.close()
        self.behind, self._reader, self.pending = None, None, ()
