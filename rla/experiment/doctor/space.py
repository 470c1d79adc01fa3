"""Free space and free inodes, and when they will be used up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rla.experiment.doctor.check import ERROR, NOTE, OK, WARNING, Check, amount, bytes_text, duration_text
from rla.experiment.doctor.file_system import is_read_only
from rla.experiment.doctor.growth import DAYS, Growth, measure_growth
from rla.experiment.doctor.subject import Deadline, Subject
from rla.mounts import mount_of
from rla.names import TREES

__all__ = ["Volume", "check_space", "judge_files", "judge_space"]

FULL_BYTES: Final = 256e6
FULL_FILES: Final = 1000
"""With less than that, a training cannot count on its next checkpoint."""

HALF: Final = 0.5
SCARCE: Final = 0.05
SCARCE_BYTES: Final = 20e9
SCARCE_FILES: Final = 200_000
"""Less than this share and also less than this amount is worth a warning."""

SOON_DAYS: Final = 14.0
NOTE_DAYS: Final = 45.0

_ADVICE: Final = "remove what is not needed any more, checkpoints of old experiments first, or move to a larger disk"
_QUOTAS: Final = frozenset(("usrquota", "grpquota", "prjquota", "uquota", "gquota", "pquota", "quota"))


@dataclass(frozen=True)
class Volume:
    """The state of one file system.

    Attributes:
        trees: the trees that lie there; empty for the one of the data root itself.
        free: free bytes, for users.
        total: all bytes; 0 where the system doesn't tell.
        free_files: free inodes.
        total_files: all inodes; 0 where there is no number of them, as on btrfs.
        has_quota: whether quotas are in force, as far as the mount options tell.
        bytes_per_day: growth.
        files_per_day: growth of files and folders.
    """

    trees: tuple[str, ...] = ()
    free: float = 0
    total: float = 0
    free_files: int = 0
    total_files: int = 0
    has_quota: bool = False
    bytes_per_day: float = 0
    files_per_day: float = 0

    @property
    def suffix(self) -> str:
        """What stands behind the name of a check: the trees, when they are not where the data root is."""
        return f" of {', '.join(self.trees)}" if self.trees else ""


def check_space(subject: Subject) -> Iterator[Check]:
    """Look at each file system that the data root lies on: free space, free inodes, and for how long they will do."""
    growth = measure_growth(subject, Deadline())
    volumes = list(_volumes(subject, growth))
    for volume in volumes:
        yield judge_space(volume)
        yield judge_files(volume)
    yield _growth(growth)


def _volumes(subject: Subject, growth: Growth) -> Iterator[Volume]:
    root = subject.nearest_folder
    places: dict[int, tuple[Path, list[str]]] = {root.stat().st_dev: (root, [])}
    for tree in TREES:
        path = subject.data_root / tree
        if path.is_dir():
            device = path.stat().st_dev
            places.setdefault(device, (path, []))[1].append(tree)
    for device, (path, trees) in places.items():
        state, mount = os.statvfs(path), mount_of(path)
        if is_read_only(state):  # nothing will be written there
            continue
        yield Volume(
            trees=tuple(trees) if path != root else (),
            free=state.f_bavail * state.f_frsize,
            total=state.f_blocks * state.f_frsize,
            free_files=state.f_favail,
            total_files=state.f_files,
            has_quota=mount is not None and bool(_QUOTAS.intersection(mount.options)),
            bytes_per_day=growth.bytes_per_day.get(device, 0.0),
            files_per_day=growth.files_per_day.get(device, 0.0),
        )


def judge_space(volume: Volume) -> Check:
    """Judge the free space of a file system, and say when it will be full as experiments go on."""
    name = f"free space{volume.suffix}"
    if volume.total <= 0:
        return Check(name, OK, "the file system doesn't tell how much is free")
    share = volume.free / volume.total
    days = volume.free / volume.bytes_per_day if volume.bytes_per_day > 0 else None
    facts = {"free": volume.free, "total": volume.total, "bytes_per_day": volume.bytes_per_day, "days_left": days}
    found = f"{bytes_text(volume.free)} of {bytes_text(volume.total)} ({share:.0%}) are free{_until('full', days)}"
    if volume.has_quota:
        found += "; a quota may leave you less"
    is_scarce = share < SCARCE and volume.free < SCARCE_BYTES
    return _judged(name, found, volume.free < FULL_BYTES, share, is_scarce, days, facts)


def judge_files(volume: Volume) -> Check:
    """Judge the free inodes of a file system: each file and each folder takes one."""
    name = f"free inodes{volume.suffix}"
    if volume.total_files <= 0:
        return Check(name, OK, "the file system has no fixed number of them")
    share = volume.free_files / volume.total_files
    days = volume.free_files / volume.files_per_day if volume.files_per_day > 0 else None
    facts = {
        "free": volume.free_files,
        "total": volume.total_files,
        "files_per_day": volume.files_per_day,
        "days_left": days,
    }
    found = f"{volume.free_files:,} of {volume.total_files:,} ({share:.0%}) are free{_until('used up', days)}"
    is_scarce = share < SCARCE and volume.free_files < SCARCE_FILES
    return _judged(name, found, volume.free_files < FULL_FILES, share, is_scarce, days, facts)


def _until(what: str, days: float | None) -> str:
    if days is None:
        return ""
    text = duration_text(days)
    return f"; enough for {text}" if text == "years" else f"; {what} in {text}"


def _judged(
    name: str,
    found: str,
    is_little: bool,
    share: float,
    is_scarce: bool,
    days: float | None,
    facts: dict[str, float | None],
) -> Check:
    """Judge what is left; where it is little because all of it is little, it is not used up yet."""
    left = float("inf") if days is None else days
    if (is_little and share < HALF) or left < 1:
        return Check(name, ERROR, found, _ADVICE, facts)
    if is_little or is_scarce or left < SOON_DAYS:
        return Check(name, WARNING, found, _ADVICE, facts)
    return Check(name, NOTE if left < NOTE_DAYS else OK, found, facts=facts)


def _growth(growth: Growth) -> Check:
    """Tell what the forecasts are made of."""
    if not growth.experiments:
        return Check("growth", OK, f"no experiments in the last {DAYS} days, so there is no forecast")
    size, number = sum(growth.bytes_per_day.values()), sum(growth.files_per_day.values())
    found = f"{amount(growth.experiments, 'experiment')} of the last {DAYS} days wrote {bytes_text(size)} a day"
    found += f" in {number:,.0f} files and folders"
    if growth.measured < growth.experiments:
        found += f", estimated from {growth.measured} of them"
    if not growth.is_whole:
        found += "; one of them is so large that it was not looked at to its end: it may be more"
    facts = {
        "experiments": growth.experiments,
        "measured": growth.measured,
        "days": growth.days,
        "bytes_per_day": size,
        "files_per_day": number,
    }
    return Check("growth", OK, found, facts=facts)
