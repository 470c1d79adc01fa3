"""Taking an operation back: what it took out comes in again, what it brought goes out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from rla.batch.moving import is_there, parts_of
from rla.batch.operation import Operation
from rla.batch.operations import Operations
from rla.batch.plan import Item, Plan, Refusal
from rla.batch.protection import Protection
from rla.batch.record import DELETION, DONE, UNDO, Entry
from rla.database.trees import check_data_root
from rla.errors import BatchError, did_you_mean

__all__ = ["Obstacles", "find_operation", "plan_undo", "undoable"]


def undoable(data_root: str | os.PathLike[str]) -> list[Operation]:
    """Return the operations that can be taken back, the oldest first."""
    every = Operations(check_data_root(data_root)).all()
    return [each for each in every if each.state == DONE and each.kind != UNDO]


def find_operation(data_root: str | os.PathLike[str], number: str | None = None) -> Operation:
    """Return an operation that can be taken back.

    Args:
        data_root: the database folder.
        number: its id, or a beginning that only one has; the last one by default.

    Raises:
        BatchError: there is none.
        DataRootError: there is no such data root.
    """
    known = undoable(data_root)
    if not known:
        raise BatchError(f"There is nothing to undo in '{data_root}'.")
    if number is None:
        return known[-1]
    found = [each for each in known if each.id.startswith(number)]
    if len(found) != 1:
        names = [each.id for each in known]
        problem = f"{len(found)} operations begin so" if found else "there is no such operation"
        listed = ", ".join(names[-5:])
        raise BatchError(
            f"'{number}' cannot be undone: {problem}.{did_you_mean(number, names)} The last ones: {listed}."
        )
    return found[0]


def plan_undo(operation: Operation, chosen: Callable[[str], bool] = lambda name: True) -> Plan:
    """Plan to take an operation back.

    Args:
        operation: the operation, as `find_operation` returns it.
        chosen: says of the name of an experiment whether it is to come back.
    """
    is_deletion = operation.kind == DELETION
    base = operation.trash if is_deletion else operation.home_base
    obstacles = Obstacles(operation)
    items: list[Item] = []
    refused: list[Refusal] = []
    for entry in operation.entries:
        if not chosen(entry.full_name):
            continue
        there = [tree for tree in entry.trees if is_there(entry.place(base), tree)]
        if not there:
            where = "in the trash" if is_deletion else "in its place"
            refused.append(Refusal(entry.full_name, f"it is not {where} any more"))
        elif (why := obstacles.reason(replace(entry, trees=tuple(there)))) is not None:
            refused.append(Refusal(entry.full_name, why))
        else:
            size = entry.size // len(there)
            trees = dict.fromkeys(there, size)
            trees[there[0]] += entry.size - sum(trees.values())
            items.append(Item(entry.place(base), trees))
    return Plan(UNDO, operation.data_root, items, refused, home=operation.home, undoes=operation.id)


class Obstacles:
    """Knows why an experiment cannot be taken back.

    Args:
        operation: the operation that is to be taken back.
    """

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._protection = Protection(operation.home_base, copies=True)
        self._replaced_by = {} if operation.kind == DELETION else _later_copies(operation)

    def reason(self, entry: Entry) -> str | None:
        """Return what is in the way of one of its experiments; None when nothing is."""
        place = entry.place(self._operation.home_base)
        if self._operation.kind != DELETION:
            if (later := self._replaced_by.get(entry.full_name)) is not None:
                return f"a newer copy has taken its place; undo '{later}' first"
            return self._protection.reason(place, entry.trees)
        for path in (path for tree in entry.trees for path in parts_of(place, tree)):
            if os.path.lexists(path):
                return f"its place is taken: '{path}' is there"
        return self._protection.elsewhere(place, entry.trees)


def _later_copies(operation: Operation) -> dict[str, str]:
    """Return the experiments that later operations have brought a copy of into the same place, with their ids."""
    later: dict[str, str] = {}
    for each in Operations(operation.data_root).all():
        if each.is_copy and each.home == operation.home and each.id > operation.id:
            later |= {entry.full_name: each.id for entry in each.entries}
    return later
