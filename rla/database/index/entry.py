"""One experiment as the index has it: all that its files say, read in one go and without running anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from rla.database.bounded_values import reason
from rla.database.index.sizes import problem_of
from rla.database.index_name import IndexName, parse_index_name
from rla.database.record import ExperimentRecord, StoredParameters
from rla.database.run_card import RUNNING, RunCard, load_run_card, observed_status
from rla.database.trees import ExperimentPlace
from rla.names import ARCHIVE, JOURNAL_FOLDER, LOG, PROGRESS_FILE, RUN_CARD_FILE, SEGMENTS_FILE, TREES

__all__ = ["UNREADABLE", "IndexEntry", "ReadRows", "Rows", "read_entry", "stamp_of"]

UNREADABLE: Final = "unreadable"
"""The status of an experiment with a file that is there and cannot be read."""

UNKNOWN: Final = "unknown"

_STAMPED: Final = (RUN_CARD_FILE, PROGRESS_FILE, SEGMENTS_FILE)
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
        trees: where it is.
        status: as a reader sees it, or ``unreadable``.
        problem: what cannot be read, and why; None when all can.
        card: its run card; None for experiments of older tools.
        parameters: its hyper-parameters.
        last: the newest value of each recorded key.
        rows_state: how far its rows were read.
        last_sign: when it last wrote something, seconds since 1970; None when nobody knows.
        stamp: changes when its card or rows do.
        unfinished: whether it must be looked at again.
        index: what its index name says; None where that is none.
    """

    place: ExperimentPlace
    trees: list[str]
    status: str
    problem: str | None = None
    card: RunCard | None = None
    parameters: StoredParameters = field(default_factory=lambda: StoredParameters({}))
    last: Mapping[str, Any] = field(default_factory=dict)
    rows_state: Any = None
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
    trees = [tree for tree in TREES if _is_in(tree, place, problems)]
    if not trees:
        return None
    stamp, last_sign = stamp_of(log_dir)  # before anything is read: what changes meanwhile is read again
    index = parse_index_name(place.index_name)
    if index is None:
        problems.insert(0, f"'{place.index_name}' is no index name")
        return IndexEntry(place, trees, UNREADABLE, "; ".join(problems), stamp=stamp)
    card = _card_in(log_dir, problems)
    record = ExperimentRecord(place, LOG, f"{place.day}/{index.time}", index.node, index.parameters)
    parameters = record.stored_parameters(card)
    rows = read_rows(log_dir, before)
    problems += parameters.problems + ([rows.problem] if rows.problem else [])
    status = UNREADABLE if problems else observed_status(card, log_dir, now) if card else UNKNOWN
    young = last_sign is not None and now - last_sign < _YOUNG_SECONDS
    # one that had ended has a journal again while it is gone on with, before its card says so
    goes_on = card is not None and (card.status == RUNNING or os.path.lexists(f"{log_dir}/{JOURNAL_FOLDER}"))
    return IndexEntry(
        place,
        trees,
        status,
        "; ".join(problems) or None,
        card,
        parameters,
        rows.values,
        None if rows.problem else rows.state,  # what is wrong must be found again the next time
        last_sign,
        stamp,
        goes_on if card and not problems else young,
        index,
    )


def stamp_of(log_dir: str) -> tuple[str, float | None]:
    """Return what changes with the card and the rows of a run, and when they last did, in seconds since 1970."""
    files = [_status_of(f"{log_dir}/{name}") for name in _STAMPED]
    parts = [f"{file.st_mtime_ns},{file.st_size},{file.st_ino}" if file else "" for file in files]
    return ";".join(parts).rstrip(";"), max((file.st_mtime for file in files if file), default=None)


def _status_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _is_in(tree: str, place: ExperimentPlace, problems: list[str]) -> bool:
    """Say whether an experiment is in a tree; adds what is wrong with its folder there to ``problems``."""
    path = place.path_text(tree)
    if tree == ARCHIVE:
        return os.path.exists(path)
    if os.access(f"{path}/", os.R_OK):
        return True
    if not os.path.lexists(path):  # also where the tree itself is no folder, or closed to this user
        return False
    if problem := problem_of(path):
        problems.append(f"'{path}' {problem}")
    return True


def _card_in(log_dir: str, problems: list[str]) -> RunCard | None:
    try:
        return load_run_card(log_dir)
    except (OSError, ValueError) as error:
        path = f"{log_dir}/{RUN_CARD_FILE}"
        if os.path.lexists(path):
            problems.append(f"'{path}' cannot be read: {reason(error)}")
        return None
