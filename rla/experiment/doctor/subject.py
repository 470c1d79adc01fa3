"""What is examined: a data root, and where it comes from. What several checks look at is read once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from rla.database.newest import newest_experiments
from rla.database.run_card import RunCard, observed_status, read_run_card
from rla.database.trees import ExperimentPlace, date_folders, tasks_of
from rla.names import LOG

__all__ = ["Deadline", "ObservedRun", "Subject"]

RUN_DAYS: Final = 30
MOST_RUNS: Final = 2000
"""Cards that are read at most: a card is some 10 kB, and takes 0.2 ms."""

LONGEST_WALK_SECONDS: Final = 2.0


class Deadline:
    """Says when a walk has taken long enough.

    Args:
        seconds: how long it may take from now on.
    """

    def __init__(self, seconds: float = LONGEST_WALK_SECONDS) -> None:
        self._end = time.monotonic() + seconds

    def is_over(self) -> bool:
        """Say whether the time is over."""
        return time.monotonic() >= self._end


@dataclass(frozen=True)
class ObservedRun:
    """One of the newest runs.

    Attributes:
        place: where it lies.
        card: its run card, None where there is none that can be read.
        status: as a reader sees it.
    """

    place: ExperimentPlace
    card: RunCard | None
    status: str


class NewestRuns(NamedTuple):
    """Runs, the newest first, and whether these are all that were asked for."""

    runs: list[ObservedRun]
    is_all: bool


@dataclass
class Subject:
    """What is examined.

    Attributes:
        data_root: the database folder; it need not be there.
        origin: where its path comes from, for people.
        config_file: the configuration file of this place, if there is one.
        now: seconds since 1970.
    """

    data_root: Path
    origin: str = ""
    config_file: Path | None = None
    now: float = field(default_factory=time.time)

    @cached_property
    def nearest_folder(self) -> Path:
        """The data root, or the nearest folder above it that is there."""
        path = self.data_root.absolute()
        return next((folder for folder in (path, *path.parents) if folder.is_dir()), Path(path.anchor))

    @cached_property
    def tasks(self) -> list[str]:
        """The names of the task tables."""
        return tasks_of(self.data_root, LOG)

    @cached_property
    def days(self) -> list[str]:
        """The days that have a date folder, of each task, as ``%Y/%m/%d``; the newest of them, if there are very many.

        The list is in no particular order.
        """
        deadline = Deadline()
        found: list[str] = []
        for task in self.tasks:
            for day, _ in date_folders(self.data_root / LOG / task, newest_first=True):
                found.append(day)
                if deadline.is_over():
                    return found
        return found

    def day_before(self, days: int) -> str:
        """Return the day that was so many days before today; tomorrow is -1."""
        try:
            return (datetime.fromtimestamp(self.now) - timedelta(days=days)).strftime("%Y/%m/%d")
        except (OverflowError, ValueError, OSError):  # a clock that is set to no date
            return "0000/00/00"

    def experiments_of_days(self, days: int) -> Iterator[ExperimentPlace]:
        """Walk the experiments of today and so many days in all, the newest first; none of the future."""
        tomorrow = self.day_before(-1)  # it has begun in other time zones
        for place in newest_experiments(self.data_root, self.tasks, since=self.day_before(days - 1)):
            if place.day <= tomorrow:
                yield place

    @cached_property
    def newest_runs(self) -> NewestRuns:
        """The newest runs of the last 30 days, at most 2,000, and fewer where they cannot be read fast enough."""
        deadline = Deadline()
        runs: list[ObservedRun] = []
        for place in self.experiments_of_days(RUN_DAYS):
            if len(runs) == MOST_RUNS or (runs and deadline.is_over()):
                return NewestRuns(runs, is_all=False)
            folder = place.path(LOG)
            card = read_run_card(folder)
            runs.append(ObservedRun(place, card, observed_status(card, folder, self.now)))
        return NewestRuns(runs, is_all=True)
