"""Where the time goes: named timers that know their share of all that is timed.

Timers only count. Who wants to hear of it hands in a listener: the logger does, and writes the figures as records.

    with time_tracker("rollout"):
        collect()
    time_tracker.log()
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType

__all__ = ["SingleTimeTracker", "TimeTracker", "time_record", "time_record_end", "time_tracker"]

Listener = Callable[[str, float, Sequence[str] | None], None]
"""Called with a key, its value, and the formats that shall not get it."""

PREFIX = "time_used/"


class SingleTimeTracker:
    """The calls and the seconds of one named piece of work; a context manager that may be nested.

    Args:
        name: what is timed.
    """

    def __init__(self, name: str = "untitled") -> None:
        self.name = name
        self.calls = 0
        self.seconds = 0.0
        self._started: list[float] = []

    def __enter__(self) -> SingleTimeTracker:
        self._started.append(time.perf_counter())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        elapsed = time.perf_counter() - self._started.pop()
        self.calls += 1
        if not self._started:  # a nested use of the same timer lies inside the outer one's time
            self.seconds += elapsed

    @property
    def seconds_per_call(self) -> float:
        """The mean duration of a call in seconds; 0 before the first."""
        return self.seconds / self.calls if self.calls else 0.0


class TimeTracker:
    """A set of named timers; calling it with a name gives that timer as a context manager."""

    def __init__(self) -> None:
        self.trackers: dict[str, SingleTimeTracker] = {}
        self.started = time.perf_counter()
        self.listener: Listener | None = None

    def __call__(self, name: str = "untitled") -> SingleTimeTracker:
        return self.add(name)

    def add(self, name: str = "untitled") -> SingleTimeTracker:
        """Return the timer of that name, made on first use."""
        tracker = self.trackers.get(name)
        if tracker is None:
            tracker = self.trackers[name] = SingleTimeTracker(name)
        return tracker

    def clear(self) -> None:
        """Forget all timers and start the total time again."""
        self.trackers.clear()
        self.started = time.perf_counter()

    def statistic_entry(self, name: str) -> dict[str, float]:
        """Return the four figures of one timer, by their record keys.

        Keys are ``time_used/total calls/<name>``, ``…/total time cost/<name>`` (s), ``…/time cost per call/<name>``
        (s) and ``…/time cost percentage/<name>`` (share of the time since the timers were cleared, 0 to 1).
        """
        tracker = self.add(name)
        total = max(time.perf_counter() - self.started, 1e-12)
        return {
            f"{PREFIX}total calls/{name}": float(tracker.calls),
            f"{PREFIX}total time cost/{name}": tracker.seconds,
            f"{PREFIX}time cost per call/{name}": tracker.seconds_per_call,
            f"{PREFIX}time cost percentage/{name}": tracker.seconds / total,
        }

    def get_info(self) -> dict[str, float]:
        """Return the figures of all timers in one dict."""
        figures: dict[str, float] = {}
        for name in list(self.trackers):
            figures.update(self.statistic_entry(name))
        return figures

    def log(self, exclude_lst: Sequence[str] | None = ("csv",)) -> None:
        """Hand all figures to the listener, as records that the formats of ``exclude_lst`` leave out."""
        if self.listener is not None:
            for key, value in self.get_info().items():
                self.listener(key, value, exclude_lst)


time_tracker = TimeTracker()
"""The timers of this process."""

running: dict[str, float] = {}
"""Start of each `time_record` that has not ended, by name (seconds of the performance counter)."""


def time_record(name: str) -> None:
    """Start to time ``name``; `time_record_end` ends it.

    Raises:
        ValueError: ``name`` is being timed already.
    """
    if name in running:
        raise ValueError(f"'{name}' is being timed already: call time_record_end('{name}') first.")
    running[name] = time.perf_counter()


def time_record_end(name: str) -> float:
    """End the timing of ``name``, record it as ``time_used/<name>`` and return the seconds.

    Raises:
        ValueError: ``name`` is not being timed.
    """
    if name not in running:
        raise ValueError(f"'{name}' is not being timed: call time_record('{name}') first.")
    seconds = time.perf_counter() - running.pop(name)
    if time_tracker.listener is not None:
        time_tracker.listener(PREFIX + name, seconds, None)
    return seconds


def reset() -> None:
    """Forget all timers of the process, as at the start of an experiment."""
    time_tracker.clear()
    running.clear()
