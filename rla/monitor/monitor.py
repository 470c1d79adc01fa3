"""The thread that samples the machine beside a training."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rla.monitor.gpus import find_gpus
from rla.monitor.host import Host
from rla.monitor.sources import Sources
from rla.monitor.visible_devices import VISIBLE_DEVICES_VARIABLE

__all__ = ["SystemMonitor"]

PREFIX: Final = "system/"

FIRST_PAUSE: Final = 1.0
"""Seconds to the second sample, the first that knows how busy the processor was; `every` where that is less."""

REST: Final = 10
"""A pause is at least so many times as long as the sample before it: where sampling is slow, since there are thousands
of processes or the training keeps the interpreter to itself, it is done less often."""


class SystemMonitor:
    """Samples this machine until it is stopped, beginning at once.

    What fails is told of once and tried again with the next sample; the rest goes on.

    Args:
        record: called with a key and a value, in the thread of this monitor.
        warn: called likewise with a sentence about what cannot be sampled.
        folder: the disk that it lies on counts.
        every: seconds between two samples.
    """

    def __init__(
        self, record: Callable[[str, float], object], warn: Callable[[str], object], folder: Path, every: float
    ) -> None:
        self.every = every
        self._pid = os.getpid()
        self._record = record
        self._warn = warn
        self._folder = folder
        self._told: set[str] = set()
        self._stopped = threading.Event()
        try:
            threading.Thread(target=self._run, name="rla-system-monitor", daemon=True).start()
        except RuntimeError as error:  # the system has no thread left, or the interpreter is about to end
            self._tell("the machine", error)

    @property
    def is_mine(self) -> bool:
        """Whether this process has started it, and not the one that this process was forked from."""
        return self._pid == os.getpid()

    def stop(self) -> None:
        """Record nothing from now on; nobody waits for a sample that is under way."""
        if self.is_mine:  # in a forked child there is no thread, and the event's lock may be held for ever
            self._stopped.set()

    def _run(self) -> None:
        with contextlib.ExitStack() as cleanup:
            try:
                sources = Host(self._folder).sources
            except Exception as error:  # of psutil; the cards may be there all the same
                self._tell("the machine", error)
                sources = []
            self._sample(sources)
            try:
                gpus = find_gpus(os.environ.get(VISIBLE_DEVICES_VARIABLE), cleanup)
            except Exception as error:  # of a foreign package and a driver
                self._tell("graphics cards", error)
                gpus = []
            self._sample(gpus)
            pause = min(self.every, FIRST_PAUSE)
            while not self._stopped.wait(pause):
                began = time.monotonic()
                self._sample(sources + gpus)
                took = time.monotonic() - began
                pause = max(self.every - took, REST * took)

    def _sample(self, sources: Sources) -> None:
        for name, source in sources:
            try:
                values = source()
                for key, value in values.items():
                    if self._stopped.is_set():  # asked each time: the values were meant for a run that has ended
                        return
                    self._record(PREFIX + key, value)
            except Exception as error:  # whatever it is: the others, and the training, go on
                self._tell(name, error)

    def _tell(self, name: str, error: Exception) -> None:
        if name not in self._told and not self._stopped.is_set():
            self._told.add(name)
            problem = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            self._warn(f"system metrics: {name} could not be sampled ({problem}); the rest goes on")
