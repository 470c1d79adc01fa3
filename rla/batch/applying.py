"""Acting on a plan: one experiment after the other, each wholly or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from rla import files
from rla.batch.duplication import is_current, stage_copy
from rla.batch.moving import UnsettledError, parts_of
from rla.batch.operation import Operation
from rla.batch.operations import Operations
from rla.batch.plan import Item, Outcome, Plan, Refusal
from rla.batch.protection import Protection
from rla.batch.record import ARCHIVING, DELETION, MIGRATION, UNDO
from rla.batch.recovery import finish, put_in_order
from rla.batch.stepping import Stage, Steps, staging_place
from rla.batch.trash import empty_expired
from rla.batch.undo import Obstacles
from rla.database.bounded_values import reason
from rla.database.trees import ExperimentPlace
from rla.errors import DataRootError, RLAError
from rla.names import TREES

__all__ = ["Progress", "apply"]

Progress = Callable[[int, int], object]
"""Is told how many experiments are done, and how many there are."""

Allowed = Callable[[Item], str | None]
"""Says why an experiment must not be touched; None when it may be."""


def apply(plan: Plan, progress: Progress = lambda done, total: None, days: float | None = None) -> Outcome:
    """Do what a plan says; what cannot be done to one experiment does not hold up the others.

    Experiments that were pinned, or began to live, since the plan was made are left alone. Ctrl-C ends it after the
    experiment that is on its way; so does a disk that takes neither a step nor the step back.

    Args:
        plan: what to do.
        progress: is told how far it is.
        days: for how many days the trash keeps what it takes out, 0 for ever; None: as the configuration says.

    Raises:
        BatchError: another operation is under way.
        DataRootError: the data root cannot be written to. What was begun, the next operation brings to its end.
    """
    outcome = Outcome(plan.kind)
    if not plan.items:
        return outcome
    operations = Operations(plan.data_root)
    with operations.locked():
        with _writable(plan.data_root):
            put_in_order(operations)
        allowed, stage = _protection(plan, operations), _stage(plan)
        operation = operations.begin(
            plan.kind,
            [plan.entry_of(item) for item in plan.items],
            home=plan.home,
            source=None if plan.source is None else str(plan.source),
            undoes=plan.undoes,
            kept_days=days,
        )
        outcome.operation = operation.id
        _act(plan, allowed, Steps(operations, operation, stage), outcome, progress)
        if plan.kind == DELETION:
            outcome.freed = empty_expired(operations)
    if not outcome.done:
        outcome.operation = None
    return outcome


@contextlib.contextmanager
def _writable(data_root: Path) -> Iterator[None]:
    """Tell of a disk that refuses as of a data root that cannot be used."""
    try:
        yield
    except (RLAError, BrokenPipeError):  # the latter is of who shows the progress to nobody
        raise
    except OSError as error:
        advice = "What was begun, the next operation brings to its end."
        raise DataRootError(str(data_root), f"it cannot be written to ({reason(error)})", advice) from error


def _act(plan: Plan, allowed: Allowed, steps: Steps, outcome: Outcome, progress: Progress) -> None:
    operations, operation = steps.operations, steps.operation
    try:
        for number, (item, entry) in enumerate(zip(plan.items, operation.entries, strict=True)):
            if (why := allowed(item)) is not None:
                outcome.refused.append(Refusal(item.name, why))
            else:
                try:
                    if trees := steps.do(number):
                        outcome.done.append(replace(entry, trees=tuple(trees)))
                    else:
                        outcome.refused.append(Refusal(item.name, "it is not there any more"))
                except UnsettledError:
                    raise
                except OSError as error:
                    outcome.failed.append(Refusal(item.name, reason(error)))
                    _drop_staging(operation, staging_place(operation, entry))
            progress(number + 1, len(plan.items))
    except (KeyboardInterrupt, UnsettledError):
        outcome.interrupted = True
        with _writable(plan.data_root):
            outcome.done = finish(operations, operation)
    except BaseException:  # of who shows the progress, say
        finish(operations, operation)
        raise
    else:
        with _writable(plan.data_root):
            operations.close(operation, outcome.done)
    _remove_empty_days(operation)


def _stage(plan: Plan) -> Stage | None:
    return stage_copy(plan) if plan.kind in (ARCHIVING, MIGRATION) else None


def _protection(plan: Plan, operations: Operations) -> Allowed:
    """Return what says why an experiment must not be touched now, whatever it was when the plan was made."""
    home = plan.data_root / plan.home
    if plan.kind == DELETION:
        protection = Protection(plan.data_root)
        return lambda item: protection.reason(item.place, item.trees, item.status)
    if plan.kind == UNDO:
        obstacles = Obstacles(operations.find(plan.undoes or ""))
        return lambda item: obstacles.reason(plan.entry_of(item))
    target = Protection(home, pinned=plan.kind == MIGRATION, copies=True)
    return lambda item: _in_the_way_of_a_copy(item, plan.entry_of(item).place(home), target)


def _in_the_way_of_a_copy(item: Item, place: ExperimentPlace, protection: Protection) -> str | None:
    if is_current(item, place):
        return "its copy is up to date by now"
    return protection.reason(place, TREES)


def _drop_staging(operation: Operation, staging: ExperimentPlace) -> None:
    if operation.is_copy:
        for tree in TREES:
            for path in parts_of(staging, tree):
                with contextlib.suppress(OSError):  # the end of the operation tries again
                    files.remove_tree(path)


_KEPT_DAYS: Final = 2
"""Empty date folders of so many days stay: a run that starts makes its place in them."""


def _remove_empty_days(operation: Operation) -> None:
    """Remove the date folders, and tasks, that have become empty."""
    newest = date.today() - timedelta(days=_KEPT_DAYS)
    if operation.kind not in (DELETION, UNDO):
        return
    for task, day in {(entry.task, entry.day) for entry in operation.entries}:
        if day < f"{newest:%Y/%m/%d}":
            for tree in TREES:
                folder = f"{operation.home_base}/{tree}/{task}/{day}"
                for _ in range(day.count("/") + task.count("/") + 2):
                    files.remove_directory(folder)
                    folder = os.path.dirname(folder)
