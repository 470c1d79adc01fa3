"""Runs that did not get far: told by the rows that they recorded, and by nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rla.batch.plan import Plan, Refusal
from rla.database.trees import ExperimentPlace
from rla.names import LOG, TIME_STEP
from rla.output.columns import read_columns
from rla.output.last_row import last_row
from rla.query.search import Experiments

__all__ = ["largest_step", "only_short_runs"]


def largest_step(log_dir: Path) -> tuple[int | float, str | None]:
    """Return the largest time step of a run's rows; 0 when it has none.

    Those of its journal count, and those that it left behind when it was resumed: they were work, too.

    Args:
        log_dir: its folder in the log tree.

    Returns:
        The time step, and why a larger one may be missing; None when it is the largest.
    """
    found = read_columns(log_dir, [TIME_STEP], with_abandoned=True)
    column = found.values.get(TIME_STEP)
    values = [] if column is None else column.tolist()
    numbers = [value for value in values if isinstance(value, (int, float)) and value == value]  # NaN is no time step
    if found.problem is None and not numbers and last_row(log_dir):
        return 0, f"its rows have no '{TIME_STEP}'"
    return max(numbers, default=0), found.problem


def only_short_runs(
    plan: Plan,
    chosen: Experiments,
    bound: float,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Plan:
    """Return a plan for those runs alone whose largest time step is below a bound.

    Runs of which that cannot be told are refused: without a folder in the log tree, without time steps, or with files
    that cannot be read. The plan comes first and its runs are looked at then, so that a run that ends in between is
    judged by all of its rows.

    Args:
        plan: the plan for all of them.
        chosen: the experiments that it was made for.
        bound: in time steps.
        progress: is told how many runs were looked at, and how many there are.
    """
    long = {each.name for each in chosen if each.step is not None and each.step >= bound}
    items, refused = [], [each for each in plan.refused if each.name not in long]
    for number, item in enumerate(plan.items, start=1):
        if item.name not in long:  # a last row at the bound says enough; one before it may follow a step back in time
            step, problem = _judged(item.place)
            if step < bound and problem is not None:
                refused.append(Refusal(item.name, f"whether it is short cannot be told: {problem}"))
            elif step < bound:
                items.append(replace(item, step=step or item.step))
        progress(number, len(plan.items))
    return replace(plan, items=items, refused=refused)


def _judged(place: ExperimentPlace) -> tuple[int | float, str | None]:
    log_dir = place.path(LOG)
    if not os.path.isdir(log_dir):
        return 0, f"it has no folder in '{LOG}'"
    return largest_step(log_dir)
