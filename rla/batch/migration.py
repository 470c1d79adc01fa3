"""Migrating: copies of experiments in another task, or in another data root."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from rla.batch.duplication import existing_folder, without_current
from rla.batch.items import items_of
from rla.batch.plan import Item, Plan, Refusal
from rla.batch.record import MIGRATION
from rla.database.trees import check_data_root, check_task_name
from rla.errors import BatchError, DataRootError
from rla.names import INTERNAL, TREES
from rla.query.search import Experiments

__all__ = ["plan_migration"]

_ADVICE: Final = "Give the folder that the copies shall lie in."


def plan_migration(
    chosen: Experiments, target_task: str | None = None, target_root: str | os.PathLike[str] | None = None
) -> Plan:
    """Plan to copy experiments to another task, or to another data root.

    The run card and the archive of a copy name its new task; the code of copies in another data root is kept in the
    code store there. The experiments themselves stay as they are: delete them when the copies have been looked at.

    Args:
        chosen: the experiments, as `choose` returns them.
        target_task: the task that copies go to; their own by default.
        target_root: the data root that they go to, made when missing; their own by default.

    Raises:
        BatchError: the copies would lie where the experiments are.
        InvalidNameError: the task cannot be one.
        DataRootError: the data root cannot be one.
        QueryError: the experiments cannot be found.
    """
    task = None if target_task is None else check_task_name(target_task)
    source = chosen.data_root
    root = source if target_root is None else _target(target_root, source)
    items, refused = items_of(chosen)
    plan = Plan(MIGRATION, root, items, refused, source=source, target_task=task)
    if os.path.exists(root) and os.path.samefile(root, source):
        staying = [item for item in items if plan.entry_of(item).task == item.place.task]
        if staying and len(staying) == len(items):
            raise BatchError("The copies would lie where the experiments are. Name another task, or another data root.")
        plan = replace(
            plan, items=[item for item in items if item not in staying], refused=[*refused, *map(_stays, staying)]
        )
    return without_current(_without_same_name(plan))


def _stays(item: Item) -> Refusal:
    return Refusal(item.name, "it is there already")


def _without_same_name(plan: Plan) -> Plan:
    """Return a plan without experiments whose copies would lie in one place."""
    seen: set[str] = set()
    items, refused = [], list(plan.refused)
    for item in plan.items:
        name = plan.entry_of(item).full_name
        if name in seen:
            refused.append(Refusal(item.name, f"another of the experiments becomes '{name}', too"))
        else:
            items.append(item)
        seen.add(name)
    return replace(plan, items=items, refused=refused)


def _target(target_root: str | os.PathLike[str], source: Path) -> Path:
    """Return the path of the data root that copies go to; a missing one is made when the plan is applied.

    Raises:
        DataRootError: it cannot be one.
    """
    if not os.fspath(target_root):
        raise DataRootError("", "it has no name", _ADVICE)
    path = Path(os.path.expanduser(os.fsdecode(target_root)))
    real, real_source = os.path.realpath(path), os.path.realpath(source)
    for folder in (*TREES, INTERNAL):
        if f"{real}/".startswith(f"{real_source}/{folder}/"):
            raise DataRootError(str(path), f"it lies in '{folder}' of the data root of the experiments", _ADVICE)
    if os.path.lexists(path):
        return check_data_root(path)
    above = existing_folder(path)
    if not os.path.isdir(above) or not os.access(above, os.W_OK | os.X_OK):
        raise DataRootError(str(path), f"it cannot be made: '{above}' is no folder that you may write to", _ADVICE)
    return path
