"""Rows made of single scalars, for interfaces that know no dump: all scalars of one time step become one row."""

from __future__ import annotations

import os
import threading
import time

from rla.clock import time_step_holder
from rla.output.logger import Logger

__all__ = ["ScalarRows"]


class ScalarRows:
    """Collects the scalars of one time step, from any thread, and dumps them as a row when another step begins.

    A key that comes a second time begins another row of the same step, so that no value is lost. What is left is
    dumped before the recording of the logger ends. The time step of the process is that of the newest row.

    Args:
        logger: where the rows go.
        seconds: a row is dumped at the latest when it has been open for about so long.
    """

    def __init__(self, logger: Logger, seconds: float) -> None:
        self._logger = logger
        self._seconds = max(float(seconds), 0.1)
        self._failure: BaseException | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._mutex = threading.RLock()  # reentrant: a callback of the user's, or a signal handler, may come back here
        self._values: dict[str, int | float] = {}
        self._step: int | float = 0
        self._began = 0.0
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def add(self, key: str, value: int | float, step: int | float) -> None:
        """Set a value at a time step.

        Raises:
            BaseException: what the user's callback raises when a row is dumped.
        """
        if self._pid != os.getpid():  # a forked child: the row and the threads are the parent's
            self._begin_anew()
        with self._mutex:
            if self._values and (step != self._step or key in self._values):
                self.dump()
            if not self._values:
                self._begin(step)
            self._values[key] = value
        self._raise_what_failed()

    def _begin(self, step: int | float) -> None:
        self._step = step
        self._began = time.monotonic()
        self._logger.clock.set_time(step)
        time_step_holder.set_time(step)
        self._logger.before_close.add(self.dump)
        if self._thread is None:
            self._thread = threading.Thread(target=self._dump_what_stays_open, name="rla-scalar-rows", daemon=True)
            self._thread.start()

    def dump(self) -> None:
        """Dump the row, if there is one.

        Raises:
            BaseException: as by `add`.
        """
        if self._pid != os.getpid():
            self._begin_anew()
        with self._mutex:
            self._logger.before_close.discard(self.dump)
            values, self._values = self._values, {}
            if values:
                clock, now = self._logger.clock, self._logger.now()
                self._logger.dump_row(values, self._step)
                if now != self._step:  # somebody else has gone on in time
                    clock.set_time(now)
        self._raise_what_failed()

    def close(self) -> None:
        """Dump the row, and let the thread end."""
        try:
            self.dump()
        finally:
            self._closed.set()
            self._thread, self._closed = None, threading.Event()

    def _dump_what_stays_open(self) -> None:
        """Dump a row to which nothing was added for long, as in a loop whose steps take hours; then end."""
        closed = self._closed
        while not closed.wait(self._seconds / 2):
            with self._mutex:
                if not self._values:
                    self._thread = None
                    return
                if time.monotonic() - self._began < self._seconds / 2:
                    continue
                try:
                    self.dump()
                except BaseException as error:  # of the user's callback: it is for the training's thread to see
                    self._failure = error

    def _raise_what_failed(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
