"""The writer: a thread that reads the journal back and hands its records to the outputs.

It works in small slices with rests, because whatever holds the interpreter here is missing in the training step.
An output that fails is told so once, keeps its place, and is tried again; the others go on.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from rla.output.base import Output
from rla.output.commit import Commit
from rla.output.journal import JournalWriter, Position, discard_segments
from rla.output.journal_reader import JournalReader
from rla.output.records import Record, Row

__all__ = ["FLUSH_SECONDS", "Writer"]

FLUSH_SECONDS: Final = 1.0
"""The outputs lag behind the journal by about so much."""

SYNC_SECONDS: Final = 5.0
"""Rows older than this survive a power cut."""

SLICE_RECORDS: Final = 16
REST_FACTOR: Final = 10.0
LARGE_SLICE_RECORDS: Final = 1024

LARGEST_LAG_SEGMENTS: Final = 16
"""An output that fails for so many segments of the journal loses the oldest, so that the journal stays bounded."""

CLOSE_SECONDS: Final = 30.0
"""The end of a run waits so long for a disk that hangs; then the journal stays for `rla fsck --repair`."""

Report = Callable[[str], None]


class _Lane:
    """One output and how far it is.

    Attributes:
        reader: its own reader while it is behind the others, else None.
        pending: records that it has been offered and did not take.
        safe: where a replay would have to start, and the size of the file there.
    """

    def __init__(self, output: Output, position: Position) -> None:
        self.output = output
        self.reader: JournalReader | None = None
        self.pending: Sequence[Record] = ()
        self.safe = (position, output.size())
        self.failing = False

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


class Writer:
    """Keeps the outputs up to date with a journal.

    Args:
        journal: where the records come from.
        outputs: where they go.
        start: the position that the outputs are at.
        report: called with a sentence when an output begins to fail.
        tick: called about every second, for whatever else must be done now and then.

    Raises:
        OSError: the first commit could not be written.
    """

    def __init__(
        self,
        journal: JournalWriter,
        outputs: Sequence[Output],
        start: Position,
        report: Report,
        tick: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._report = report
        self._tick = tick
        self._reader = JournalReader(journal.folder, start)
        self._lanes = [_Lane(output, start) for output in outputs]
        self._commit = Commit(journal.folder)
        self._working = threading.RLock()
        self._inside: int | None = None  # the thread that hands over right now
        self._flusher: int | None = None  # the thread that writes out everything right now
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._next_sync = time.monotonic() + SYNC_SECONDS
        self._commit.write({lane.output.name: lane.safe for lane in self._lanes})
        self._thread = threading.Thread(target=self._run, name="rla-writer", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Do not wait for the next second: something is there to be written."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(FLUSH_SECONDS)
            self._wake.clear()
            try:
                self._journal.retry()
                if self._work(SLICE_RECORDS, REST_FACTOR, time.monotonic() + FLUSH_SECONDS):
                    self.wake()
                self._tick()
                if time.monotonic() >= self._next_sync:
                    with self._working:
                        self._sync()
            except Exception as error:  # the thread must outlive whatever happens in a pass; the rows stay journaled
                self._report(f"writing the records was put off: {type(error).__name__}: {error}")

    def _work(self, slice_records: int, rest: float, until: float = math.inf) -> bool:
        """Hand over what is there, resting after each slice; True when time ran out before the end.

        Without an end in time, all that is there is handed over.
        """
        more = True
        while more and time.monotonic() < until and not (rest and self._stopped.is_set()):
            started = time.perf_counter()
            with self._working:
                self._inside = threading.get_ident()
                try:
                    more = self._hand_over_slice(slice_records)
                finally:
                    self._inside = None
            if rest and more:
                time.sleep(rest * (time.perf_counter() - started))
        return more

    def _hand_over_slice(self, slice_records: int) -> bool:
        records = self._reader.read(slice_records)
        more = bool(records)
        for lane in self._lanes:
            if lane.reader is None:
                if not lane.offer(records, self._report):
                    lane.reader = self._reader.clone()
            else:
                more |= self._catch_up(lane, slice_records)
            if lane.reader is None:
                lane.safe = (self._reader.position, lane.output.size())
        return more

    def _catch_up(self, lane: _Lane, slice_records: int) -> bool:
        """Hand a slice to an output that is behind; True when it got on and there may be more."""
        reader = lane.reader
        assert reader is not None
        if lane.pending and not lane.offer(lane.pending, self._report):
            self._bound_lag(lane, reader)
            return False
        lane.safe = (reader.position, lane.output.size())
        if reader.position == self._reader.position:
            reader.close()
            lane.reader = None
            return False
        return lane.offer(reader.read(slice_records), self._report)

    def _bound_lag(self, lane: _Lane, reader: JournalReader) -> None:
        if self._journal.segment - reader.position.segment <= LARGEST_LAG_SEGMENTS:
            return
        lost = self._reader.position.rows - reader.position.rows + sum(isinstance(each, Row) for each in lane.pending)
        self._report(f"the output '{lane.output.name}' kept failing; it lost {lost} rows")
        lane.output.skip(lost)
        reader.close()
        lane.reader, lane.pending = None, ()

    def flush(self) -> None:
        """Write out all that was recorded until now, in this thread."""
        if self._interrupted():
            return
        self._journal.retry()
        with self._working:
            self._flusher = threading.get_ident()
            try:
                self._work(LARGE_SLICE_RECORDS, 0.0)
                self._settle()
                while any(lane.reader and not lane.failing for lane in self._lanes):
                    self._work(LARGE_SLICE_RECORDS, 0.0)
                    self._settle()
            finally:
                self._flusher = None

    def _interrupted(self) -> bool:
        """Say whether this thread is handing over already, and a signal handler got it here again."""
        return threading.get_ident() in (self._inside, self._flusher)

    def _settle(self) -> None:
        for lane in self._lanes:
            lane.settle(self._report)

    def _sync(self) -> None:
        """Bring outputs, commit and journal to the disk, in the order that a power cut cannot turn against us."""
        self._next_sync = time.monotonic() + SYNC_SECONDS
        for lane in self._lanes:
            with contextlib.suppress(OSError):  # a file system that cannot sync still keeps its data in the kernel
                lane.output.sync()
        self._save()
        self._commit.sync()
        self._journal.sync()
        discard_segments(self._journal.folder, min((lane.safe[0].segment for lane in self._lanes), default=0))

    def _save(self) -> None:
        with contextlib.suppress(OSError):  # the older commit still holds, and only costs a longer replay
            self._commit.write({lane.output.name: lane.safe for lane in self._lanes})

    def close(self) -> bool:
        """Write out everything, end the thread and close the outputs.

        Returns:
            Whether every output has taken every record, so that the journal is of no more use.
        """
        self._stopped.set()
        self._wake.set()
        if self._interrupted():
            return False
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSE_SECONDS)
        if not self._working.acquire(timeout=CLOSE_SECONDS):
            return False
        try:
            self.flush()
            complete = self._journal.failing is None and not any(lane.reader or lane.failing for lane in self._lanes)
            self._sync()
            for lane in self._lanes:
                with contextlib.suppress(Exception):  # closing is the last thing that happens to it
                    lane.output.close()
            self._reader.close()
            self._commit.close()
            return complete
        finally:
            self._working.release()
