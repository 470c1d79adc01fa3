"""Files that travel together in one run of rsync."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

from rla.errors import SyncError
from rla.sync.openssh.output import Finished, Item
from rla.sync.openssh.rsync_runs import DONE, SOME_FAILED, Run, mentions, reason
from rla.sync.transport import PART_FOLDER, Fetching, Sending, Told

__all__ = ["APPEND", "TIMES", "Travelled", "Traveller", "Way", "is_near", "run_of", "way", "windows"]

APPEND: Final = "--append"
TIMES: Final = "--times"

_FILES_AT_ONCE: Final = 1000
_BYTES_AT_ONCE: Final = 16 << 20
"""So much is handed to one rsync, which sorts it as it likes: a larger file is sent alone, in its turn."""

_SAME_TIME: Final = 1.0

Job = TypeVar("Job", Sending, Fetching)


class Way(NamedTuple):
    """How files travel that travel together.

    Attributes:
        base: the folder here that their paths are below.
        options: of rsync.
        staged: whether that folder was made for this transfer.
    """

    base: str
    options: tuple[str, ...]
    staged: bool = False


@dataclass(frozen=True)
class Traveller:
    """A file on its way.

    Attributes:
        job: what was asked for.
        path: what rsync calls it.
        start: so many bytes are there, and the rest is appended.
        before: the status of the file here before it travelled.
    """

    job: Any
    path: str
    start: int = 0
    before: os.stat_result | None = None


def way(base: str, job: Sending | Fetching, *options: str, appends: bool = False, staged: bool = False) -> Way:
    """Return the way of a file; what is left of whole ones that are stopped waits in a folder of its own."""
    times = () if job.modified is None else (TIMES,)
    return Way(base or "/", (APPEND if appends else f"--partial-dir={PART_FOLDER}", *times, *options), staged)


def windows(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """Yield what is handed to rsync at once: not too much, and nothing twice."""
    window: list[Job] = []
    size = 0
    paths: set[str] = set()
    for each in jobs:
        if window and (len(window) >= _FILES_AT_ONCE or size + each.size > _BYTES_AT_ONCE or each.path in paths):
            yield window
            window, size, paths = [], 0, set()
        window.append(each)
        size += each.size
        paths.add(each.path)
    if window:
        yield window


def run_of(group: Mapping[str, Traveller], how: Way, told: Told, until: float | None) -> Run:
    """Return how a run is listened to, so that progress is told: that of a file alone while it travels."""
    passed = dict.fromkeys(group, 0)

    def count(path: str, position: int) -> None:
        if position > passed[path]:
            told(group[path].job.path, position - passed[path])
            passed[path] = position

    def item(item: Item) -> None:
        if item.travelled and item.path in group:
            count(item.path, _moved(item, group[item.path]))

    progress: Callable[[int], object] | None = None
    if len(group) == 1 and APPEND not in how.options:
        alone = next(iter(group))

        def progress(position: int) -> None:
            count(alone, position)

    return Run(until, progress, item)


class Travelled:
    """What became of files that travelled together.

    Args:
        finished: how the run ended.
        group: the files, by what rsync calls them.

    Attributes:
        claimed: those that rsync says to have passed on; they need not have arrived.
        arrived: those that are there for sure.
    """

    def __init__(self, finished: Finished, group: Mapping[str, Traveller]) -> None:
        self._finished = finished
        self._group = group
        self.claimed = {each.path: each for each in finished.items if each.travelled and each.path in group}
        self.arrived: set[str] = set()
        if finished.code == DONE:
            self.arrived = set(self.claimed)
        elif finished.code in SOME_FAILED:  # it came to its end, and told of each that failed
            self.arrived = {path for path in self.claimed if not any(mentions(line, path) for line in finished.errors)}

    @property
    def broke_off(self) -> bool:
        """Whether it did not come to its end, so that nobody knows what arrived."""
        return self._finished.code not in (DONE, *SOME_FAILED)

    def moved(self, path: str) -> int:
        """Return how many bytes of content of a file travelled."""
        return _moved(self.claimed[path], self._group[path]) if path in self.claimed else 0

    def problem(self, path: str) -> SyncError | None:
        """Return why a file did not arrive; None where only the time was up."""
        if self._finished.code is None:
            return None
        return SyncError(f"'{self._group[path].job.path}' did not travel: {reason(self._finished, path)}.")


def is_near(one: float | None, other: float) -> bool:
    """Say whether two times of modification are the same, as far as they are told."""
    return one is not None and abs(one - other) <= _SAME_TIME


def _moved(item: Item, traveller: Traveller) -> int:
    """Return how many bytes of content travelled; rsync counts what it says about them, too."""
    return min(int(item.last), item.size - traveller.start)
