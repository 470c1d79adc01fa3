"""One experiment as the index has it: all that its files say, read in one go and without running anything."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from rla.database.archive import objects_path_text
from rla.database.bounded_values import reason
from rla.database.index_name import IndexName, parse_index_name
from rla.database.record import ExperimentRecord, StoredParameters
from rla.database.run_card import RUNNING, RunCard, load_run_card, observed_status
from rla.database.trees import ExperimentPlace
from rla.names import ARCHIVE, CODE, LOG, PROGRESS_FILE, RUN_CARD_FILE, TREES

__all__ = ["UNREADABLE", "IndexEntry", "ReadRows", "Rows", "read_entry", "stamp_of"]

UNREADABLE: Final = "unreadable"
"""The status of an experiment with a file that is there and cannot be read."""

UNKNOWN: Final = "unknown"

_STAMPED: Final = (RUN_CARD_FILE, PROGRESS_FILE)
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


ReadRows = Callable[[str, "tuple[Mapping[str, Any], Any] | None"], Rows]
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
        files: how many files it has in each of them.
        last_sign: when it last wrote something, seconds since 1970; None when nobody knows.
        stamp: changes when its card or rows do.
        unfinished: whether it must be looked at again.
        index: what its index name says; None where that is none.
    """

    place: ExperimentPlace
    status: str
    problem: str | None = None
    card: RunCard | None = None
    parameters: StoredParameters = field(default_factory=lambda: StoredParameters({}))
    last: Mapping[str, Any] = field(default_factory=dict)
    rows_state: Any = None
    sizes: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    last_sign: float | None = None
    stamp: str = ""
    unfinished: bool = False
    index: IndexName | None = None


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
    log_dir = place.path_text(LOG)
    problems: list[str] = []
    in_log: dict[str, os.stat_result] = {}
    found = {
        tree: content
        for tree in TREES
        if (content := _content_in(place, tree, problems, in_log if tree == LOG else None)) is not None
    }
    # as the files were before they are read: what changes while it is read is read again
    stamp, last_sign = _stamp(in_log) if in_log else stamp_of(log_dir)
    if not found and not problems:
        return None
    sizes = {tree: size for tree, (size, _) in found.items()}
    counts = {tree: count for tree, (_, count) in found.items()}
    index = parse_index_name(place.index_name)
    if index is None:
        problems.insert(0, f"'{place.index_name}' is no index name")
        return IndexEntry(place, UNREADABLE, "; ".join(problems), sizes=sizes, files=counts, stamp=stamp)
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
        counts,
        last_sign,
        stamp,
        card.status == RUNNING if card and not problems else young,
        index,
    )


def stamp_of(log_dir: str) -> tuple[str, float | None]:
    """Return what changes with the card and the rows of a run, and when they last did, in seconds since 1970."""
    found = {}
    for name in _STAMPED:
        with contextlib.suppress(OSError):
            found[name] = os.stat(f"{log_dir}/{name}")
    return _stamp(found)


def _stamp(found: Mapping[str, os.stat_result]) -> tuple[str, float | None]:
    """Return the same from what the system says of the files."""
    files = [found.get(name) for name in _STAMPED]
    parts = [f"{file.st_mtime_ns},{file.st_size},{file.st_ino}" if file else "" for file in files]
    return ";".join(parts), max((file.st_mtime for file in files if file), default=None)


def _card_in(log_dir: str, problems: list[str]) -> RunCard | None:
    try:
        return load_run_card(log_dir)
    except (OSError, ValueError) as error:
        path = f"{log_dir}/{RUN_CARD_FILE}"
        if os.path.lexists(path):
            problems.append(f"'{path}' cannot be read: {reason(error)}")
        return None


def _content_in(
    place: ExperimentPlace, tree: str, problems: list[str], found: dict[str, os.stat_result] | None = None
) -> tuple[int, int] | None:
    """Return how many bytes and files an experiment has in a tree; None when it is not there.

    Args:
        place: where it lies.
        tree: where to look.
        problems: gets what is wrong.
        found: gets what the system says of its files that are stamped.
    """
    path = place.path_text(tree)
    if tree == ARCHIVE:
        try:
            size = os.stat(path).st_size
        except OSError:
            return None
        with contextlib.suppress(OSError):  # most have none
            return size + os.stat(objects_path_text(path)).st_size, 2
        return size, 1
    try:
        size, count, folders = _content_of_folder(path, tree == CODE, found)
    except OSError as error:
        if not os.path.lexists(path):  # also where the tree itself is no folder, or closed to this user
            return None
        gone = isinstance(error, FileNotFoundError)
        problems.append(f"'{path}' " + ("leads nowhere" if gone else f"cannot be read: {error.strerror}"))
        return 0, 0
    if folders and os.path.islink(path):  # whatever it leads to, the whole disk perhaps, is not gone through
        return size, count
    while folders:
        with contextlib.suppress(OSError):  # it vanished, or belongs to somebody else
            more, files_inside, inside = _content_of_folder(folders.pop(), tree == CODE)
            size += more
            count += files_inside
            folders += inside
    return size, count


def _content_of_folder(
    folder: str, shared: bool, found: dict[str, os.stat_result] | None = None
) -> tuple[int, int, list[str]]:
    """Return the bytes of the files in a folder, how many these are, and the folders in it.

    Args:
        folder: where to look.
        shared: leave out the bytes of files with several names: they belong to the code store.
        found: gets what the system says of its files that are stamped.

    Raises:
        OSError: the folder cannot be read.
    """
    size = count = 0
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                status = entry.stat(follow_symlinks=False)
                if found is not None and entry.name in _STAMPED:
                    found[entry.name] = os.stat(entry.path) if entry.is_symlink() else status
            except OSError:  # it vanished meanwhile
                continue
            count += 1
            if not (shared and status.st_nlink > 1):
                size += status.st_size
    return size, count, folders
