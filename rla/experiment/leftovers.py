"""What processes that died have left half made in the folders of an experiment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rla import files
from rla.database.record import ExperimentRecord
from rla.experiment.fork_copies import ASIDE, FORKED_TREES
from rla.names import ARCHIVE, CHECKPOINT, CODE, HYPERPARAMETER, LOG, PROGRESS_FILE, RESULTS, TREES
from rla.sync.transport import is_part

__all__ = ["Leftover", "leftovers_of"]

_PART_SECONDS: Final = 7 * 24 * 3600.0
"""A part of a file that has waited for so long for the rest is not on its way any more."""


@dataclass(frozen=True)
class Leftover:
    """Something that can go.

    Attributes:
        what: what it is, for people.
        paths: where it is.
        by_sync: whether another machine has left it here, while it sent the experiment.
    """

    what: str
    paths: list[Path]
    by_sync: bool = False


def leftovers_of(record: ExperimentRecord) -> Iterator[Leftover]:
    """Yield what processes that died have left of an experiment that does not run any more."""
    folders = [record.place.path(tree) for tree in (LOG, CODE, HYPERPARAMETER, CHECKPOINT)]
    # names of results may have slashes
    folders += [Path(folder) for folder, _, _ in os.walk(record.place.path(RESULTS))]
    found = [path for folder in folders for path in _written_aside(folder)]
    archive = record.place.path(ARCHIVE)
    start = files.aside_start(record.place.index_name)
    found += [path for path in _written_aside(archive.parent) if path.name.startswith(start)]
    copies = [path for tree in FORKED_TREES if os.path.lexists(path := record.place.path(tree) / ASIDE)]
    for leftover in (
        Leftover("half-written file(s)", found),
        Leftover("folder(s) of a fork that was cut off", copies),
        Leftover("part(s) of files that another machine never sent whole", list(_old_parts(record)), by_sync=True),
    ):
        if leftover.paths:
            yield leftover


def _written_aside(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if files.is_written_aside(name) or name == f".{PROGRESS_FILE}.wider"]


def _old_parts(record: ExperimentRecord) -> Iterator[Path]:
    for tree in TREES:
        for folder, _, names in os.walk(record.place.path(tree)):
            for path in (Path(folder, name) for name in names if is_part(name)):
                try:
                    if time.time() - path.lstat().st_mtime > _PART_SECONDS:
                        yield path
                except FileNotFoundError:  # its rest has come
                    continue
