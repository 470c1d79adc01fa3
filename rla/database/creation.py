"""A new experiment's place, taken exclusively: never two in one folder, never one record date twice on a node."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.database.index_name import format_index_name, record_date_of
from rla.database.trees import ExperimentPlace
from rla.errors import DataRootError
from rla.names import ARCHIVE, LOG, TREES

__all__ = ["create_experiment", "not_writable"]

_ATTEMPTS: Final = 10_000


def create_experiment(
    data_root: Path, task: str, node: str, tracked: Mapping[str, Any], now: datetime
) -> tuple[str, ExperimentPlace]:
    """Make the folders of a new experiment in all seven trees.

    The place is claimed by its record date and node, before the parameters are appended to the name. When it is
    taken, by whatever parameters, the next free microsecond is used.

    Args:
        data_root: the database folder, made when missing.
        task: a checked name of a task table.
        node: address of this machine.
        tracked: tracked hyper-parameters, for the index name.
        now: the moment that names the experiment.

    Returns:
        The record date and the place.

    Raises:
        DataRootError: the folders cannot be made.
    """
    try:
        for offset in range(_ATTEMPTS):
            record_date = record_date_of(now + timedelta(microseconds=offset))
            day, _, time = record_date.rpartition("/")
            claim = data_root / LOG / task / day / f"{time}_{node}_"
            files.make_directories(claim.parent)
            if _claim(claim, f"{time}_{node}_", f"{time} {node} "):
                place = ExperimentPlace(data_root, task, day, format_index_name(time, node, tracked))
                files.rename(claim, place.path(LOG))
                try:
                    _make_folders(place)
                except OSError:
                    _remove_folders(place)
                    raise
                return record_date, place
    except OSError as error:
        raise not_writable(data_root, error.strerror or str(error)) from error
    raise not_writable(data_root, f"{_ATTEMPTS} record dates in a row are taken")


def not_writable(data_root: Path, problem: str) -> DataRootError:
    """Return the error for a data root that no experiment can be made in."""
    return DataRootError(str(data_root), problem, "Give configure(data_root=…) a folder that you may write to.")


def _claim(claim: Path, *prefixes: str) -> bool:
    """Take the place of a record date; False when another experiment has or had it."""
    try:
        files.create_directory(claim)
    except FileExistsError:
        return False
    # Whoever claimed it before has renamed the claim to its full name, so it must show up here.
    with os.scandir(claim.parent) as entries:
        taken = any(entry.name.startswith(prefixes) and entry.name != claim.name for entry in entries)
    if taken:
        files.remove_directory(claim)
    return not taken


def _remove_folders(place: ExperimentPlace) -> None:
    for tree in TREES:
        if tree != ARCHIVE:
            with contextlib.suppress(OSError):  # its parent may be what could not be made
                files.remove_directory(place.path(tree))


def _make_folders(place: ExperimentPlace) -> None:
    for tree in TREES:
        path = place.path(tree)
        files.make_directories(path.parent if tree == ARCHIVE else path)
