"""Copies of what an experiment has recorded: made aside, and moved into the folders of another one when whole."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final

from rla import files
from rla.checkpoint.listing import list_checkpoints
from rla.copying import copy_tree, turn_to, walk
from rla.database.record import ExperimentRecord
from rla.database.trees import ExperimentPlace
from rla.errors import ExperimentNotFoundError, QueryError
from rla.experiment.resume_point import ResumePoint, resume_point
from rla.names import (
    BACKUP_FILE,
    CHECKPOINT,
    EPISODES_FILE,
    JOURNAL_FOLDER,
    JSON_FILE,
    LOG,
    LOG_FILE,
    LONG_FILE,
    PARAMETER_FILE,
    PROGRESS_FILE,
    RESULTS,
    RUN_CARD_FILE,
    SEGMENTS_FILE,
    TMP_DATA,
    WARN_FILE,
)
from rla.output.fold import fold_journal
from rla.output.resumes import read_resumes

__all__ = ["ASIDE", "FORKED_TREES", "ForkCopies"]

FORKED_TREES: Final = (CHECKPOINT, TMP_DATA, RESULTS, LOG)
"""What is copied, in this order: a living run writes rows before the checkpoint of their step, so none is missing."""

ASIDE: Final = ".forking"
"""The folder in each tree of the new experiment where copies are made: on the disk that they will lie on."""

_ATTEMPTS: Final = 3

_OWN: Final = frozenset((RUN_CARD_FILE, f"{PARAMETER_FILE}.json", f"{PARAMETER_FILE}.yaml", JOURNAL_FOLDER))
_TEXTS: Final = (LOG_FILE, WARN_FILE, BACKUP_FILE)
_ROWS: Final = frozenset((PROGRESS_FILE, LONG_FILE, EPISODES_FILE, JSON_FILE, SEGMENTS_FILE))


class _Aside(ExperimentPlace):
    """The place of the copies of an experiment."""

    def path_text(self, tree: str) -> str:
        return f"{super().path_text(tree)}/{ASIDE}"


class ForkCopies:
    """Copies of an experiment; what was not moved in is removed at the end of the block.

    Args:
        source: what is copied.
        target: the place of the experiment that gets the copies.
    """

    def __init__(self, source: ExperimentRecord, target: ExperimentPlace) -> None:
        self.source = source
        self.target = target

    def __enter__(self) -> ForkCopies:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for tree in FORKED_TREES:
            with contextlib.suppress(OSError):  # `rla fsck --repair` removes what is left
                files.remove_tree(self.aside(tree))

    def aside(self, tree: str) -> str:
        """Return where the copy of a tree is made."""
        return f"{self.target.path_text(tree)}/{ASIDE}"

    def make(self) -> None:
        """Make the copies; what a killed run has left in its journal is written out in them.

        Raises:
            ExperimentNotFoundError: the experiment has none of these trees.
            OSError: something could not be read or written.
            QueryError: what it says of its resumes is damaged.
        """
        place = self.source.place
        there = [tree for tree in FORKED_TREES if os.path.isdir(place.path_text(tree))]
        if not there:
            raise ExperimentNotFoundError(f"'{self.source.name}' has none of the trees {', '.join(FORKED_TREES)}.")
        for _ in range(_ATTEMPTS):
            saved = list_checkpoints(place.path(CHECKPOINT))
            for tree in (CHECKPOINT, TMP_DATA):
                self._copy(tree)
            if list_checkpoints(place.path(CHECKPOINT)) == saved:  # no replay buffer went with an older state
                break
        for tree in (RESULTS, LOG):
            self._copy(tree)
        log_dir = self.target.path(LOG) / ASIDE
        if LOG in there:
            fold_journal(log_dir, keep_folder=True)
            _check_resumes(log_dir, self.source.name)

    def _copy(self, tree: str) -> None:
        source, aside = self.source.place.path_text(tree), self.aside(tree)
        files.remove_tree(aside)
        if not os.path.isdir(source):
            return
        files.make_directories(os.path.dirname(aside))
        turn = turn_to((self.source.place.path_text(each), self.target.path_text(each)) for each in FORKED_TREES)
        copy_tree(os.path.realpath(source), aside, turn=turn)
        for path, _, status in walk(aside):
            files.allow_writing(path, status)

    def point(self, at: str | int | float) -> ResumePoint:
        """Return where the copies are gone on from.

        Raises:
            QueryError: the run has not come as far, or has no such checkpoint.
        """
        return resume_point(replace(self.source, place=_Aside(**vars(self.target)), tree=LOG), at)

    def move_in(self) -> None:
        """Move the copies to where they belong; files of the new experiment stay, and its texts come after the others.

        Raises:
            OSError: something could not be moved.
        """
        for tree in FORKED_TREES:
            if os.path.isdir(self.aside(tree)):
                own = self.target.path_text(tree)
                kept = _OWN if tree == LOG else frozenset()
                if tree == LOG:
                    _put_texts_together(self.aside(tree), own)
                _move_in(self.aside(tree), own, kept, _ROWS if tree == LOG else frozenset())
                files.fsync_directory(own)


def _check_resumes(log_dir: Path, name: str) -> None:
    try:
        read_resumes(log_dir)
    except ValueError as error:
        raise QueryError(
            f"'{name}' cannot be forked: its {SEGMENTS_FILE} is damaged ({error}), so nobody knows which of its rows "
            "were left behind. Bring it back from a copy, or remove it: then all rows count."
        ) from error


def _put_texts_together(aside: str, own: str) -> None:
    """Write what the new experiment has said behind what the other one has said."""
    for name in _TEXTS:
        with contextlib.suppress(FileNotFoundError):
            said = files.read_regular(f"{own}/{name}", limit=1 << 40)
            before = files.open_append(f"{aside}/{name}")
            try:
                size = os.fstat(before).st_size
                is_torn = size > 0 and os.pread(before, 1, size - 1) != b"\n"
                files.append(before, b"\n" * is_torn + said)
                files.fsync(before)
            finally:
                os.close(before)
            files.rename(f"{aside}/{name}", f"{own}/{name}")


def _move_in(aside: str, own: str, kept: frozenset[str], replaced: frozenset[str]) -> None:
    """Move all from one folder to another that nothing of the other stands in the way of.

    Args:
        aside: the folder with the copies.
        own: the folder that gets them.
        kept: names at its top that are never moved in.
        replaced: names at its top that take the place of what is there.
    """
    for name in sorted(
        os.listdir(aside), key=lambda name: name == PROGRESS_FILE
    ):  # rows last, what explains them first
        source, target = f"{aside}/{name}", f"{own}/{name}"
        if name in kept:
            continue
        if name in replaced or not os.path.lexists(target):
            files.rename(source, target)
        elif all(os.path.isdir(path) and not os.path.islink(path) for path in (source, target)):
            _move_in(source, target, frozenset(), frozenset())
