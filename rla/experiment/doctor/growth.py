"""How fast a data root grows: what the experiments of the last days have written, measured or estimated."""

from __future__ import annotations

import os
import random
import stat
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rla.database.trees import ExperimentPlace
from rla.experiment.doctor.subject import Deadline, Subject
from rla.names import TREES

__all__ = ["DAYS", "MOST_MEASURED", "Growth", "measure_growth"]

DAYS: Final = 7
MOST_MEASURED: Final = 200
"""Of more experiments, so many are measured, chosen at random; the others are taken to be like them."""

_BLOCK: Final = 512
"""The unit of ``st_blocks`` (POSIX leaves it open; Linux and macOS have this one)."""

_DAY_SECONDS: Final = 86400.0


@dataclass(frozen=True)
class Growth:
    """What the experiments of the last days have written.

    Attributes:
        experiments: how many there are.
        measured: how many of them were looked at.
        days: the time they took.
        bytes_per_day: by device (``st_dev``).
        files_per_day: files and folders, by device.
        is_whole: whether each that was looked at was looked at to its end.
    """

    experiments: int
    measured: int
    days: float
    bytes_per_day: dict[int, float]
    files_per_day: dict[int, float]
    is_whole: bool = True


def measure_growth(subject: Subject, deadline: Deadline) -> Growth:
    """Measure what the experiments of the last seven days occupy.

    A file with several names, such as one of the code store, counts in equal parts for each of them.

    Args:
        subject: what is examined.
        deadline: when to stop; what is known until then is taken for the rest. One experiment is always begun.
    """
    places = list(subject.experiments_of_days(DAYS))
    sizes: defaultdict[int, float] = defaultdict(float)
    files: defaultdict[int, float] = defaultdict(float)
    measured, is_whole = 0, True
    for place in random.Random(0).sample(places, min(len(places), MOST_MEASURED)):
        if measured and deadline.is_over():
            break
        measured += 1
        for status in _entries(place):
            sizes[status.st_dev] += status.st_blocks * _BLOCK / _names(status)
            files[status.st_dev] += 1 / _names(status)
            if deadline.is_over():
                is_whole = False
                break
    days = _days(subject)
    scale = len(places) / measured / days if measured else 0.0
    bytes_per_day = {device: size * scale for device, size in sizes.items()}
    files_per_day = {device: number * scale for device, number in files.items()}
    return Growth(len(places), measured, days, bytes_per_day, files_per_day, is_whole)


def _days(subject: Subject) -> float:
    """Return how many days the last seven have been: today is not over, and the data root may be younger."""
    first = max(min(subject.days, default=""), subject.day_before(DAYS - 1))
    try:
        return max(1.0, (subject.now - datetime.strptime(first, "%Y/%m/%d").timestamp()) / _DAY_SECONDS)
    except (ValueError, OverflowError, OSError):  # digits that are no date
        return float(DAYS)


def _names(status: os.stat_result) -> int:
    """Return how many names a file has; the links of a folder are its own subfolders."""
    return 1 if stat.S_ISDIR(status.st_mode) else max(1, status.st_nlink)


def _entries(place: ExperimentPlace) -> Iterator[os.stat_result]:
    """Walk all that belongs to an experiment, in each tree. Symbolic links are not followed."""
    for tree in TREES:
        path = os.fspath(place.path(tree))
        try:
            status = os.stat(path)
        except OSError:
            continue
        yield status
        yield from _below(path)


def _below(folder: str) -> Iterator[os.stat_result]:
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    yield status
        except OSError:  # it has gone, is of another user, or a file
            continue
