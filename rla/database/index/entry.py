"""One experiment as the index has it: all that its files say, read in one go and without running anything."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from rla.database.bounded_values import reason
from rla.database.index_name import parse_index_name
from rla.database.record import ExperimentRecord, StoredParameters
from rla.database.run_card import RUNNING, RunCard, load_run_card, observed_status
from rla.database.trees import ExperimentPlace
from rla.names import ARCHIVE, CODE, LOG, PROGRESS_FILE, RUN_CARD_FILE, TREES

__all__ = ["UNREADABLE", "IndexEntry", "ReadRows", "Rows", "read_entry", "stamp_of"]

UNREADABLE: Final = "unreadable"
"""The status of an experiment with a file that is there and cannot be read."""

UNKNOWN: Final = "unknown"

_YOUNG_SECONDS: Final = 2 * 24 * 3600.0
"""What has no run card, or cannot be read, may still be written when its rows are not older than this."""


class Rows(Protocol):
    """What is known of the rows of a run."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The newest value of each key."""

    @property
    def problem(self) -> str | None:
        """Why they cannot be read."""

    @property
    def state(self) -> Any:
        """How far they were read, as plain data."""


ReadRows = Callable[[Path, "tuple[Mapping[str, Any], Any] | None"], Rows]
"""Reads the rows of a log folder; is handed values and state of the last time, to go on from there."""


@dataclass
class IndexEntry:
    """What is known of one experiment.

    Attributes:
        place: where it lies.
        status: as a reader sees it, or ``unreadable``.
        problem: what cannot be read, and why; None when all can.
        card: its run card; None for experiments of older tools.
        parameters: its hyper-parameters.
        last: the newest value of each recorded key.
        rows_state: how far its rows were read.
        sizes: bytes that it takes in each tree where it is; what other experiments share is not counted.
        last_sign: when it last wrote something, seconds since 1970; None when nobody knows.
        stamp: changes when its card or rows do.
        unfinished: whether it must be looked at again.
    """

    place: ExperimentPlace
    status: str
    problem: str | None = None
    card: RunCard | None = None
    parameters: StoredParameters = field(default_factory=lambda: StoredParameters({}))
    last: Mapping[str, Any] = field(default_factory=dict)
    rows_state: Any = None
    sizes: dict[str, int] = field(default_factory=dict)
    last_sign: float | None = None
    stamp: str = ""
    unfinished: bool = False


def read_entry(
    place: ExperimentPlace, read_rows: ReadRows, now: float, before: tuple[Mapping[str, Any], Any] | None = None
) -> IndexEntry | None:
    """Read all that the index keeps of an experiment; None when it is in no tree any more.

    Args:
        place: where it lies.
        read_rows: reads the newest values of its rows.
        now: seconds since 1970.
        before: values and state of its rows as they were read the last time.
    """
    log_dir = place.path(LOG)
    stamp, last_sign = stamp_of(place.path_text(LOG))  # first: what changes while it is read is read again
    problems: list[str] = []
    sizes = {tree: size for tree in TREES if (size := _size_in(place, tree, problems)) is not None}
    if not sizes and not problems:
        return None
    index = parse_index_name(place.index_name)
    if index is None:
        problems.insert(0, f"'{place.index_name}' is no index name")
        return IndexEntry(place, UNREADABLE, "; ".join(problems), sizes=sizes, stamp=stamp)
    card = _card_in(log_dir, problems)
    record = ExperimentRecord(place, LOG, f"{place.day}/{index.time}", index.node, index.parameters)
    parameters = record.stored_parameters(card)
    rows = read_rows(log_dir, before)
    problems += parameters.problems + ([rows.problem] if rows.problem else [])
    status = UNREADABLE if problems else observed_status(card, log_dir, now) if card else UNKNOWN
    young = last_sign is not None and now - last_sign < _YOUNG_SECONDS
    return IndexEntry(
        place,
        status,
        "; ".join(problems) or None,
        card,
        parameters,
        rows.values,
        None if rows.problem else rows.state,  # what is wrong must be found again the next time
        sizes,
        last_sign,
        stamp,
        unfinished=card.status == RUNNING if card and not problems else young,
    )


def stamp_of(log_dir: str) -> tuple[str, float | None]:
    """Return what changes with the card and the rows of a run, and when they last did, in seconds since 1970."""
    parts, newest = [], None
    for name in (RUN_CARD_FILE, PROGRESS_FILE):
        try:
            found = os.stat(f"{log_dir}/{name}")
        except OSError:
            parts.append("")
            continue
        parts.append(f"{found.st_mtime_ns},{found.st_size},{found.st_ino}")
        newest = max(newest or 0.0, found.st_mtime)
    return ";".join(parts), newest


def _card_in(log_dir: Path, problems: list[str]) -> RunCard | None:
    try:
        return load_run_card(log_dir)
    except (OSError, ValueError) as error:
        path = log_dir / RUN_CARD_FILE
        if os.path.lexists(path):
            problems.append(f"'{path}' cannot be read: {reason(error)}")
        return None


def _size_in(place: ExperimentPlace, tree: str, problems: list[str]) -> int | None:
    """Return how many bytes an experiment takes in a tree; None when it is not there."""
    path = place.path_text(tree)
    if tree == ARCHIVE:
        with contextlib.suppress(OSError):
            return os.stat(path).st_size
        return None
    try:
        total, folders = _size_in_folder(path, shared=tree == CODE)
    except OSError as error:
        if not os.path.lexists(path):  # also where the tree itself is no folder, or closed to this user
            return None
        gone = isinstance(error, FileNotFoundError)
        problems.append(f"'{path}' " + ("leads nowhere" if gone else f"cannot be read: {error.strerror}"))
        return 0
    if folders and os.path.islink(path):  # whatever it leads to, the whole disk perhaps, is not gone through
        return total
    while folders:
        with contextlib.suppress(OSError):  # it vanished, or belongs to somebody else
            size, inside = _size_in_folder(folders.pop(), shared=tree == CODE)
            total += size
            folders += inside
    return total


def _size_in_folder(folder: str, shared: bool) -> tuple[int, list[str]]:
    """Return the bytes of the files in a folder, and the folders in it.

    Args:
        folder: where to look.
        shared: leave out files with several names: they belong to the code store.

    Raises:
        OSError: the folder cannot be read.
    """
    total = 0
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                found = entry.stat(follow_symlinks=False)
            except OSError:  # it vanished meanwhile
                continue
            if not (shared and found.st_nlink > 1):
                total += found.st_size
    return total, folders
