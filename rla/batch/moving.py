"""Moving a tree of an experiment from one base to another: a rename, or between disks a copy that is compared."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rla import files
from rla.batch.record import TRASH
from rla.copying import copy_tree, same_content
from rla.database.archive import objects_path_text
from rla.database.trees import ExperimentPlace
from rla.names import ARCHIVE, LOG, TREES

__all__ = [
    "IN_ORDER",
    "OUT_ORDER",
    "Move",
    "Mover",
    "UnsettledError",
    "is_there",
    "moves_of",
    "parts_of",
    "settled",
    "trees_there",
]

OUT_ORDER = (LOG, *(tree for tree in TREES if tree != LOG))
"""Trees of an experiment that leaves: without its log it is nobody's experiment."""
IN_ORDER = OUT_ORDER[::-1]
"""Trees of an experiment that comes: it appears when all of it is there."""


def parts_of(place: ExperimentPlace, tree: str) -> list[str]:
    """Return the paths that an experiment can have in a tree: a folder, or the files of the archive tree.

    They are moved in this order; where the last one is, the tree is.
    """
    path = place.path_text(tree)
    return [objects_path_text(path), path] if tree == ARCHIVE else [path]


def is_there(place: ExperimentPlace, tree: str) -> bool:
    """Say whether an experiment is in a tree."""
    return any(map(os.path.lexists, parts_of(place, tree)))


def trees_there(place: ExperimentPlace) -> list[str]:
    """Return the trees that an experiment is in."""
    return [tree for tree in TREES if is_there(place, tree)]


class UnsettledError(OSError):
    """An experiment is half here and half there: a step failed, and the way back, too. It is for `recover` now."""


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """Take a step back; one that fails leaves things unsettled."""
    try:
        yield
    except OSError as error:
        raise UnsettledError(*error.args) from error


@dataclass(frozen=True)
class Move:
    """One path that goes from one place to another.

    Attributes:
        tree: the tree of the experiment that it is of.
        old, new: the path, before and after.
        old_top, new_top: the folder that is this tree there.
    """

    tree: str
    old: str
    new: str
    old_top: str
    new_top: str

    @property
    def back(self) -> Move:
        """The same the other way round."""
        return Move(self.tree, self.new, self.old, self.new_top, self.old_top)


def moves_of(source: ExperimentPlace, target: ExperimentPlace, trees: Iterable[str]) -> list[Move]:
    """Return what has to be moved so that trees of an experiment come from one place to another."""
    return [
        Move(tree, old, new, f"{source.data_root}/{tree}", f"{target.data_root}/{tree}")
        for tree in trees
        for old, new in zip(parts_of(source, tree), parts_of(target, tree), strict=True)
    ]


@dataclass
class Mover:
    """Moves files and folders of experiments.

    Args:
        aside: name of the folder beside the tasks of a tree for what is on its way.
        is_finishing: whether an earlier attempt may have ended in the middle.
        of_copies: whether it moves copies, which somebody's protection against writing is not about.
    """

    aside: str
    is_finishing: bool = False
    of_copies: bool = False

    def __post_init__(self) -> None:
        self._made: set[str] = set()
        self._straight: set[str] = set()

    def carry_out(self, move: Move) -> bool:
        """Move a file or folder, and say whether it was there.

        Raises:
            FileExistsError: its new place is taken.
            OSError: it cannot be moved, and is where it was.
            UnsettledError: nor can what was done of it be taken back.
        """
        old, new = move.old, move.new
        if os.path.lexists(new):
            if not os.path.lexists(old):
                return False
            if not (self.is_finishing and same_content(old, new)):
                raise FileExistsError(errno.EEXIST, "something of that name is there already", new)
            self._remove(move)
            return True
        folder = os.path.dirname(new)
        if (source := os.path.dirname(old)) not in self._straight:
            self._check_way(source, move.old_top)
        try:
            if folder not in self._made:
                if not os.path.lexists(old):
                    return False
                self._check_way(folder, move.new_top)
                files.make_directories(folder)
                self._made.add(folder)
            self._rename(old, new)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EXDEV) and not os.path.lexists(old):
                return False  # a system may name either reason first
            if error.errno != errno.EXDEV:
                raise
            self._carry(move)
        return True

    def _rename(self, old: str, new: str) -> None:
        try:
            files.rename(old, new)
        except PermissionError:
            if not self.of_copies:
                raise
            files.rename_closed(old, new)

    def _check_way(self, folder: str, tree: str) -> None:
        """Refuse a way that a symbolic link turns; a whole tree may lie elsewhere, but what is in the trash lies there.

        Raises:
            OSError: it leads elsewhere.
        """
        trash = os.path.dirname(os.path.dirname(tree))
        top = trash if f"/{trash}".endswith(f"/{TRASH}") else tree
        if os.path.realpath(folder) != os.path.realpath(top) + folder[len(top) :]:
            raise OSError(errno.ELOOP, f"a symbolic link leads elsewhere: '{os.path.realpath(folder)}'", folder)
        self._straight.add(folder)

    def _carry(self, move: Move) -> None:
        """Copy to another disk, and remove; the new name appears when all of it is there."""
        folder = f"{move.new_top}/{self.aside}/coming"
        copy = f"{folder}/copy"
        files.make_directories(folder)
        try:
            files.remove_tree(copy)
            copy_tree(move.old, copy)
            files.rename(copy, move.new)
            try:
                files.fsync_directory(os.path.dirname(move.new))
                self._remove(move)
            except OSError:  # it may be read there, and not be changed
                with settled():
                    files.rename(move.new, copy)
                raise
        finally:
            with contextlib.suppress(OSError):  # the end of the operation tries again
                files.remove_tree(folder)

    def _remove(self, move: Move) -> None:
        """Remove what has been copied: its name goes first, so that no reader sees a part of it.

        What cannot be removed then is left to the end of the operation.
        """
        folder = f"{move.old_top}/{self.aside}/leaving"
        files.make_directories(folder)
        taken = set(os.listdir(folder))
        files.rename(move.old, f"{folder}/{next(number for number in itertools.count() if str(number) not in taken)}")
        with contextlib.suppress(OSError):
            files.remove_tree(folder)
