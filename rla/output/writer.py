"""The writer: a thread that reads the journal back and hands its records to the outputs.

It works in small slices with rests, because whatever holds the interpreter here is missing in the training step.
Nobody else hands over: `flush` and `close` ask the thread and wait. An output that fails is told of once, keeps its
place, and is tried again; the others go on.
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
from rla.output.journal import Position, discard_segments
from rla.output.journal_keys import keys_ahead, keys_for
from rla.output.journal_reader import JournalReader
from rla.output.journal_writer import JournalWriter
from rla.output.lane import Lane, Report
from rla.output.records import Row
from rla.output.waiting import wait_while_it_gets_on

__all__ = ["FLUSH_SECONDS", "Writer"]

FLUSH_SECONDS: Final = 1.0
"""The outputs lag behind the journal by about so much."""

SYNC_SECONDS: Final = 5.0
"""Rows older than this survive a power cut."""

SLICE_RECORDS: Final = 16
REST_FACTOR: Final = 10.0
LARGE_SLICE_RECORDS: Final = 1024

LARGEST_LAG_SEGMENTS: Final = 16
"""When the journal has grown by so many segments, the writer rests the less the farther it is behind, down to not at
all at twice as many; and an output that keeps failing loses its oldest rows. So the journal stays bounded."""

CLOSE_SECONDS: Final = 30.0
"""Whoever waits for the writer gives up when it has not got on for so long; then the journal stays for
`rla fsck --repair`."""


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
        self._lanes = [Lane(output, start, report, lambda: journal.failing is not None) for output in outputs]
        self._commit = Commit(journal.folder)
        self._commit.write({lane.output.name: lane.safe for lane in self._lanes})
        self._wake = threading.Event()
        self._hurry = threading.Event()  # somebody waits
        self._closing = False
        self._complete = False
        self._slices = 0
        self._asked = 0  # flushes asked for and done, by number
        self._done = 0
        self._flushed = threading.Condition()
        self._told = False
        self._next_sync = time.monotonic() + SYNC_SECONDS
        self._thread = threading.Thread(target=self._run, name="rla-writer", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Do not wait for the next second: something is there to be written."""
        self._wake.set()

    @property
    def lost_rows(self) -> int:
        """How many rows the output that failed longest will never get."""
        return max((lane.lost for lane in self._lanes), default=0)

    def flush(self) -> bool:
        """Wait until all that was recorded until now is written; not longer than a disk that hangs is waited for.

        Returns:
            Whether the thread did it; what it could not write waits in the journal.
        """
        if threading.current_thread() is self._thread:
            return True
        with self._flushed:
            self._asked += 1
            number = self._asked
            self._hurry.set()
            self._wake.set()
            self._wait(lambda: self._done >= number or not self._thread.is_alive(), self._flushed.wait)
            return self._done >= number

    def close(self, patiently: bool = True) -> bool:
        """Write out everything, end the thread and close the outputs.

        Args:
            patiently: wait for a disk that hangs, as `flush` does.

        Returns:
            Whether every output has taken every record, so that the journal is of no more use.
        """
        self._closing = True
        self._hurry.set()
        self._wake.set()
        if patiently:
            self._wait(lambda: not self._thread.is_alive(), self._thread.join)
        return self._complete and not self._thread.is_alive()

    def _wait(self, done: Callable[[], bool], wait: Callable[[float], object]) -> None:
        wait_while_it_gets_on(done, wait, self._left, CLOSE_SECONDS)

    def _left(self) -> tuple[int, int]:
        return self._journal.position.rows - self._reader.position.rows, self._slices

    # ---- in the thread -------------------------------------------------------

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(FLUSH_SECONDS / 2)
            self._wake.clear()
            asked = self._asked
            try:
                self._pass(everything=asked > self._done)
                self._told = False
            except Exception as error:  # the thread must outlive whatever happens in a pass; the rows stay journaled
                if not self._told:
                    self._report(f"writing the records was put off: {type(error).__name__}: {error}")
                self._told = True
            with self._flushed:
                self._done = max(self._done, asked)
                if self._done == self._asked:
                    self._hurry.clear()
                self._flushed.notify_all()
        try:
            self._finish()
        except Exception as error:  # the journal stays, and says all that was recorded
            self._report(f"writing the last records failed: {type(error).__name__}: {error}")

    def _pass(self, everything: bool) -> None:
        self._tick()
        self._journal.retry()
        if everything:
            self._write_everything()
        elif self._work(SLICE_RECORDS, self._rest_factor(), time.monotonic() + FLUSH_SECONDS):
            self.wake()
        if time.monotonic() >= self._next_sync:
            self._sync()

    def _rest_factor(self) -> float:
        behind = self._journal.segment - self._reader.position.segment - LARGEST_LAG_SEGMENTS
        return REST_FACTOR * min(1.0, max(0.0, 1 - behind / LARGEST_LAG_SEGMENTS))

    def _write_everything(self) -> None:
        """Hand over all that the journal has now; what comes meanwhile can wait."""
        end = self._journal.position
        with contextlib.suppress(OSError):  # then room for new keys is made bit by bit
            ahead = keys_ahead(self._journal.folder, min(lane.safe[0] for lane in self._lanes))
            for lane in self._lanes:
                lane.expect(keys_for(lane.output.name, ahead))
        self._settle()
        self._work(LARGE_SLICE_RECORDS, 0.0, end=self._reader.position)  # who is behind comes first: all go on together
        self._work(LARGE_SLICE_RECORDS, 0.0, end=end)
        self._settle()
        while any(lane.behind and not lane.failing for lane in self._lanes):
            self._work(LARGE_SLICE_RECORDS, 0.0, end=end)
            self._settle()

    def _settle(self) -> None:
        for lane in self._lanes:
            lane.settle()

    def _work(self, slice_records: int, rest: float, until: float = math.inf, end: Position | None = None) -> bool:
        """Hand over slices, resting after each.

        Args:
            slice_records: how many records at once.
            rest: so many times a slice's time on the processor is rested after it.
            until: when to stop (s of the monotonic clock); somebody who waits for a flush stops it earlier.
            end: where to stop; at the end of the journal when None.

        Returns:
            Whether it stopped before the end.
        """
        more = True
        while more and time.monotonic() < until:
            busy = time.thread_time()
            more = self._hand_over_slice(slice_records, read=end is None or self._reader.position < end)
            if rest and more:
                if self._asked > self._done or self._closing:
                    break
                self._hurry.wait(min(rest * (time.thread_time() - busy), FLUSH_SECONDS))
        return more

    def _hand_over_slice(self, slice_records: int, read: bool) -> bool:
        """Hand over a slice; True when there may be more.

        Args:
            slice_records: how many records.
            read: whether to go on in the journal; otherwise only those that are behind catch up.
        """
        self._slices += 1
        records = self._reader.read(slice_records) if read else []
        more = bool(records)
        for lane in self._lanes:
            if lane.behind is not None:
                more |= lane.catch_up(self._reader.position, slice_records, self._journal.folder)
                self._bound_lag(lane)
            elif lane.offer(records):
                lane.passed(self._reader.position)
            else:
                lane.behind = self._reader.position
        return more

    def _bound_lag(self, lane: Lane) -> None:
        """Give up the oldest rows of an output that keeps failing; one that only waits is told to go on."""
        if lane.behind is None or self._reader.position.segment - lane.safe[0].segment <= LARGEST_LAG_SEGMENTS:
            return
        if not lane.failing:
            lane.settle()
            return
        pending = sum(isinstance(each, Row) for each in lane.pending)
        lost = self._reader.position.rows - lane.behind.rows + pending
        lane.skip(lost)
        lane.rejoin()
        lane.passed(self._reader.position)

    def _sync(self) -> None:
        """Bring outputs, commit and journal to the disk, in the order that a power cut cannot turn against us."""
        self._next_sync = time.monotonic() + SYNC_SECONDS
        for lane in self._lanes:
            lane.sync()
        committed = 0
        with contextlib.suppress(OSError):  # the older commit still holds, with the segments that it needs
            self._commit.write({lane.output.name: lane.safe for lane in self._lanes})
            self._commit.sync()
            committed = min((lane.safe[0].segment for lane in self._lanes), default=0)
        self._journal.sync()
        with contextlib.suppress(OSError):  # the next time
            discard_segments(self._journal.folder, committed)

    def _finish(self) -> None:
        self._journal.retry()
        self._write_everything()
        self._sync()
        caught_up = self._journal.is_read_by(self._reader.position)
        self._complete = caught_up and not any(lane.behind or lane.failing for lane in self._lanes)
        for lane in self._lanes:
            lane.close()
        self._reader.close()
        self._commit.close()
