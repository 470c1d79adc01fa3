"""Putting in order what a killed process left: every experiment is whole in one place afterwards.

An experiment that was on its way arrives. What was not begun is left as it was, and can be asked for again: nobody is
surprised by an operation of yesterday.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import replace

from rla.batch.moving import UnsettledError, parts_of, trees_there
from rla.batch.operation import Operation
from rla.batch.operations import Operations
from rla.batch.record import DELETION, OUT, PLACED, STAGED, UNDER_WAY, Entry
from rla.batch.stepping import Steps
from rla.copying import same_content
from rla.database.bounded_values import reason
from rla.database.trees import ExperimentPlace, check_data_root
from rla.errors import BatchError, warn_quietly
from rla.machine import host_name, process_start

__all__ = ["is_at_work", "put_in_order", "recover", "unfinished"]


def unfinished(data_root: str | os.PathLike[str]) -> list[Operation]:
    """Return the operations that did not come to their end, also those that are under way now."""
    return [each for each in Operations(check_data_root(data_root)).all() if each.state == UNDER_WAY]


def recover(data_root: str | os.PathLike[str]) -> list[Operation]:
    """Put in order what killed operations left, and return these; those of other users may be theirs to finish.

    Raises:
        BatchError: an operation is under way.
        DataRootError: there is no such data root, or it cannot be written to.
        OSError: an experiment that was on its way cannot be moved.
    """
    operations = Operations(check_data_root(data_root))
    if not unfinished(data_root) and not operations.leftovers():
        return []
    with operations.locked():
        return put_in_order(operations)


def put_in_order(operations: Operations) -> list[Operation]:
    """Do what `recover` does; the caller holds the lock."""
    found = [operation for operation in operations.all() if operation.state == UNDER_WAY]
    finished = []
    for operation in found:
        _check_it_is_dead(operation)
        try:
            finish(operations, operation)
        except PermissionError as error:  # of another user, who is not to hold up all others
            owner = f"{operation.user} on {operation.host}"
            warn_quietly(f"'{operation.id}' of {owner} is not finished, and not by you: {reason(error)}")
        else:
            finished.append(operation)
    operations.sweep()
    return finished


def finish(operations: Operations, operation: Operation) -> list[Entry]:
    """Let the experiment that is on its way arrive, end the operation there, and return what it has moved."""
    steps = Steps(operations, operation, is_finishing=True)
    said = {number: (word, trees) for word, number, trees in operations.noted(operation)}  # the last word counts
    moved: list[Entry] = []
    for number, entry in enumerate(operation.entries):
        word, trees = said.get(number, ("", entry.trees))
        is_begun = word in (STAGED, OUT, PLACED) if operation.is_copy else _is_begun(operation, entry)
        if is_begun and word != PLACED and not _arrives(steps, number, trees, word == OUT):
            trees = [] if operation.restores else trees_there(entry.place(operation.trash))
        if is_begun and trees:
            there = trees_there(entry.place(operation.trash)) if operation.kind == DELETION else trees
            moved.append(replace(entry, trees=tuple(there)))
    operations.close(operation, moved)
    return moved


def _arrives(steps: Steps, number: int, trees: Iterable[str], is_out: bool) -> bool:
    """Let an experiment arrive; False when something else has come into its place, or its way, since."""
    try:
        steps.exchange(number, trees, is_out)
    except OSError as error:
        if isinstance(error, UnsettledError) or error.errno not in (errno.EEXIST, errno.ELOOP):
            raise
        name = steps.operation.entries[number].full_name
        warn_quietly(f"'{name}' is half in the trash, and stays so: {reason(error)} ('{error.filename}')")
        return False
    return True


def _is_begun(operation: Operation, entry: Entry) -> bool:
    """Say whether anything of an experiment has been moved by an operation that brings no copies."""
    if not operation.restores:
        return bool(trees_there(entry.place(operation.trash)))
    home, trash = entry.place(operation.home_base), entry.place(operation.undone_trash)
    return any(_has_come(home, trash, tree) for tree in entry.trees)


def _has_come(home: ExperimentPlace, trash: ExperimentPlace, tree: str) -> bool:
    """Say whether something of a tree came back from the trash; what was in its place before is something else."""
    for back, left in reversed(list(zip(parts_of(home, tree), parts_of(trash, tree), strict=True))):
        if os.path.lexists(back):
            return not os.path.lexists(left) or same_content(back, left)
    return False


def is_at_work(operation: Operation) -> bool:
    """Say whether the process of an operation lives; of one on another host nobody knows."""
    if operation.host != host_name():
        return False
    start = process_start(operation.pid)
    return start is not None and start <= operation.started


def _check_it_is_dead(operation: Operation) -> None:
    """Refuse to interfere with a process that lives: some network file systems have no locks.

    Raises:
        BatchError: it lives.
    """
    if operation.pid != os.getpid() and is_at_work(operation):
        where = operation.data_root
        raise BatchError(f"Another operation is under way in '{where}': {operation.kind}, process {operation.pid}.")
