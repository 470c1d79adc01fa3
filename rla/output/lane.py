"""The lane of an output: how far it is, and how it catches up when it is behind the others."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from rla.output.base import Output
from rla.output.journal import Position
from rla.output.journal_reader import JournalReader
from rla.output.records import Record

__all__ = ["Lane", "Report"]

Report = Callable[[str], object]
"""Called with a sentence when something begins to fail."""

_T = TypeVar("_T")

_RETRIED: Final = frozenset(("write", "settle"))


class Lane:
    """One output and how far it is. Whatever the output raises or answers, the other outputs go on.

    Args:
        output: the output.
        position: where it is now.
        report: called when the output begins to fail.
        disk_refuses: says whether people know already that the disk takes nothing.

    Attributes:
        behind: where it goes on once it has taken what is pending, while it is behind the others; else None.
        pending: records that it has been offered and did not take.
        safe: where a replay would have to start, and the size of the file there.
        lost: rows that it will never get.
    """

    def __init__(
        self, output: Output, position: Position, report: Report, disk_refuses: Callable[[], bool] = lambda: False
    ) -> None:
        self.output = output
        self.report = report
        self._disk_refuses = disk_refuses
        self.behind: Position | None = None
        self.pending: Sequence[Record] = ()
        self.lost = 0
        self._failing: dict[str, bool] = {}  # by method, and whether that was told
        self._settled = False
        self._told_of_count = False
        self._reader: JournalReader | None = None
        self.safe = (position, 0)
        self.passed(position)

    @property
    def failing(self) -> bool:
        """Whether it does not take what it is offered."""
        return not _RETRIED.isdisjoint(self._failing)

    def passed(self, position: Position) -> None:
        """Take note that it has everything before a position; where its size is not known, the earlier place stays."""
        if (size := self._call("size", self.output.size, None)) is not None:
            self.safe = (position, size)

    def offer(self, records: Sequence[Record]) -> bool:
        """Hand records to the output; False when it did not take all of them."""
        if records and self.output.kinds.isdisjoint(map(type, records)) and not self.failing:
            self.pending = ()
            return True
        was_failing, told = "write" in self._failing, self._failing.get("write", False)
        taken = self._call("write", lambda: self._write(records), None)
        if "write" in self._failing:
            self.pending = records
            return False
        if was_failing and not records:  # nothing was tried
            self._failing["write"] = told
        while self.output.notices:
            self.report(self.output.notices.pop(0))
        self.pending = records[self._believed(taken, len(records)) :]
        return not self.pending

    def _write(self, records: Sequence[Record]) -> Any:
        taken = self.output.write(records)
        if records and taken == 0 and self._settled:
            raise RuntimeError("it was told to wait no longer, and took nothing")
        self._settled = self._settled and not records
        return taken

    def _believed(self, taken: Any, offered: int) -> int:
        """Return how many records count as taken; an output that counts wrongly would be given them for ever."""
        if type(taken) is int and 0 <= taken <= offered:
            return taken
        if not self._told_of_count:
            self._told_of_count = True
            self.report(
                f"the output '{self.output.name}' returned {taken!r} from `write`; expected a number from 0 to "
                f"{offered}. What it was given counts as taken."
            )
        return offered

    def expect(self, keys: Sequence[str]) -> None:
        """Tell the output of keys to come."""
        self._call("expect", lambda: self.output.expect(keys), None)

    def settle(self) -> None:
        """Let the output stop waiting."""
        self._settled = True
        self._call("settle", self.output.settle, None)

    def sync(self) -> None:
        """Bring what the output has taken to the disk; a file system that cannot sync keeps it in the kernel."""
        self._call("sync", lambda: _without_disk_errors(self.output.sync), None)

    def skip(self, rows: int) -> None:
        """Give rows up: the output failed for too long."""
        self.report(f"the output '{self.output.name}' kept failing; it lost {rows} rows")
        self.lost += rows
        self._call("skip", lambda: self.output.skip(rows), None)

    def close(self) -> None:
        """Close the output; what it raises then changes nothing any more."""
        with contextlib.suppress(Exception):
            self.output.close()

    def _call(self, method: str, call: Callable[[], _T], instead: _T) -> _T:
        """Call a method of the output; what it raises is told once, until the method succeeds again."""
        try:
            result = call()
        except Exception as error:  # an output may be anybody's code, and must not stop the others
            self._tell(method, error)
            return instead
        self._failing.pop(method, None)
        return result

    def _tell(self, method: str, error: Exception) -> None:
        """Say once that a method fails. A disk that refuses is told of by the journal, unless it is this file alone."""
        together = _RETRIED if method in _RETRIED else (method,)
        told = any(self._failing.get(each) for each in together)
        first = method not in self._failing
        if not told and not (isinstance(error, OSError) and method in _RETRIED and (first or self._disk_refuses())):
            told = True
            how = "and is tried again" if method in _RETRIED else f"in `{method}`"
            self.report(f"the output '{self.output.name}' failed {how}: {type(error).__name__}: {error}")
        self._failing[method] = told

    def catch_up(self, others: Position, slice_records: int, folder: Path) -> bool:
        """Take a slice while it is behind; True when it got on and there may be more.

        Args:
            others: where the other outputs are.
            slice_records: how many records at once.
            folder: the journal.
        """
        assert self.behind is not None
        if self.pending and not self.offer(self.pending):
            return False
        self.passed(self.behind)
        if self.behind == others:
            self.rejoin()
            return False
        try:
            if self._reader is None:
                self._reader = JournalReader(folder, self.behind)
            records = self._reader.read(slice_records, others)
        except OSError:  # too many open files, say: the next time may do
            return False
        self.behind = self._reader.position
        return self.offer(records) and bool(records)

    def rejoin(self) -> None:
        """Go on with the others."""
        if self._reader is not None:
            self._reader.close()
        self.behind, self._reader, self.pending = None, None, ()


def _without_disk_errors(sync: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        sync()
