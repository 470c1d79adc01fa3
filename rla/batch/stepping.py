"""The steps of an operation for one experiment: what is in its place goes out, what belongs there comes in.

| operation | goes out, into its trash | comes in |
| --- | --- | --- |
| delete | the experiment | |
| archive, migrate | an earlier copy | the new copy, when it is whole |
| undo of a deletion | | the experiment, from the trash of the deletion |
| undo of a copy | the copy | the earlier copy, from the trash of the operation that replaced it |
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable

from rla.batch.moving import IN_ORDER, OUT_ORDER, Move, Mover, UnsettledError, moves_of, settled
from rla.batch.operation import Operation
from rla.batch.operations import Operations
from rla.batch.record import DELETION, DROPPED, OUT, PLACED, STAGED, UNDO, Entry
from rla.database.trees import ExperimentPlace
from rla.names import TREES

__all__ = ["Stage", "Steps", "staging_place"]

Stage = Callable[[Entry, ExperimentPlace], list[str]]
"""Makes a copy of an experiment at a place, and returns the trees that it has."""


def staging_place(operation: Operation, entry: Entry) -> ExperimentPlace:
    """Return where a copy is made: beside the tasks of each tree, on the disk that it will lie on."""
    return ExperimentPlace(operation.home_base, operation.moving, entry.day, entry.name)


class Steps:
    """Does an operation to one experiment after the other.

    Args:
        operations: where the journal is kept.
        operation: the operation.
        stage: makes the copies of operations that bring some in.
        is_finishing: whether an earlier process ended in the middle of a step.
    """

    def __init__(
        self, operations: Operations, operation: Operation, stage: Stage | None = None, is_finishing: bool = False
    ) -> None:
        self.operations = operations
        self.operation = operation
        self._stage = stage
        self._mover = Mover(operation.moving, is_finishing, operation.kind != DELETION and not operation.restores)
        self._takes_out = not operation.restores

    def do(self, number: int) -> list[str]:
        """Do it to an experiment, and return its trees that were moved.

        Args:
            number: its position among the entries.

        Raises:
            OSError: it cannot be done, and everything is as it was.
            UnsettledError: nor can what was done be taken back.
        """
        entry = self.operation.entries[number]
        if self._stage is None:
            return self.exchange(number, entry.trees)
        trees = self._stage(entry, staging_place(self.operation, entry))
        try:
            self._note(STAGED, number, trees)
            self.exchange(number, trees)
        except UnsettledError:
            raise
        except OSError:
            with settled():
                self._note(DROPPED, number)
            raise
        with contextlib.suppress(OSError):  # where nothing is staged any more, recovery knows as much
            self._note(PLACED, number, trees)
        return trees

    def exchange(self, number: int, trees: Iterable[str], is_out: bool = False) -> list[str]:
        """Let the trees of an experiment go out and come in, and return those that did.

        Args:
            number: its position among the entries.
            trees: the trees.
            is_out: whether an earlier process took out all that was to go.

        Raises:
            OSError: one of them cannot be moved; the others are where they were.
            UnsettledError: nor can those be moved back.
        """
        home, out, coming = self._places(self.operation.entries[number])
        trees = list(trees)
        leaving = [tree for tree in OUT_ORDER if tree in trees] if self._takes_out and not is_out else []
        arriving = [tree for tree in IN_ORDER if tree in trees]
        gone: list[Move] = []
        come: list[Move] = []
        try:
            self._move_all(moves_of(home, out, leaving), gone)
            if coming is not None:
                if leaving:
                    self._note(OUT, number, trees)
                self._move_all(moves_of(coming, home, arriving), come)
        except UnsettledError:
            raise
        except OSError:
            with settled():
                self._move_all([move.back for move in reversed(come)], [])
                if leaving and coming is not None:
                    self._note(STAGED, number, trees)
                self._move_all([move.back for move in reversed(gone)], [])
            raise
        moved = {move.tree for move in (*gone, *come)}
        return [tree for tree in TREES if tree in moved]

    def _move_all(self, moves: Iterable[Move], done: list[Move]) -> None:
        """Move one after the other, and note those that were there."""
        for move in moves:
            if self._mover.carry_out(move):
                done.append(move)

    def _note(self, word: str, number: int, trees: Iterable[str] = ()) -> None:
        self.operations.note(self.operation, word, number, trees)

    def _places(self, entry: Entry) -> tuple[ExperimentPlace, ExperimentPlace, ExperimentPlace | None]:
        operation = self.operation
        home, out = entry.place(operation.home_base), entry.place(operation.trash)
        if operation.is_copy:
            return home, out, staging_place(operation, entry)
        if operation.kind == UNDO:
            return home, out, entry.place(operation.undone_trash)
        return home, out, None
