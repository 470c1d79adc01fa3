"""What the tools of `log_tools` have in common: which experiments are meant, and plan, show, ask, act."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from numbers import Real
from typing import Final

from rla.batch.applying import apply
from rla.batch.plan import Plan
from rla.batch.selection import check_pattern, choose
from rla.compat.batch_screen import ask, counted, progress_bar, say, show_outcome, show_plan
from rla.database.patterns import compile_pattern
from rla.database.trees import check_data_root, check_task_name, tasks_of
from rla.errors import QueryError, did_you_mean, printable
from rla.names import TREES
from rla.query.search import Experiments

__all__ = ["BasicLogTool", "Filter", "Planner", "check_bound", "checked_trees"]

Planner = Callable[[Experiments], Plan]


class Filter:
    """Which of the experiments that a pattern names are deleted.

    Attributes:
        type: `ALL`, or `SMALL_TIMESTEP`: those whose largest time step is below the bound.
        timstep_bound: the bound; None for none.
    """

    ALL: Final = "all"
    SMALL_TIMESTEP: Final = "small_ts"

    type: str = ALL
    timstep_bound: float | None = None

    def config(self, type: str, timstep_bound: float | None) -> None:
        """Say which experiments are meant.

        Raises:
            QueryError: there is no such type, or the bound is no number.
        """
        if type not in (self.ALL, self.SMALL_TIMESTEP):
            known = (self.ALL, self.SMALL_TIMESTEP)
            hint = did_you_mean(type, known) if isinstance(type, str) else ""
            raise QueryError(f"A filter is of the type {' or '.join(map(repr, known))}; got {type!r}.{hint}")
        if timstep_bound is not None or type == self.SMALL_TIMESTEP:
            check_bound(timstep_bound)
        self.type, self.timstep_bound = type, timstep_bound


def check_bound(bound: object) -> float:
    """Return a bound of time steps that is a number.

    Raises:
        QueryError: it is none.
    """
    if isinstance(bound, bool) or not isinstance(bound, Real) or math.isnan(bound):
        raise QueryError(f"timstep_bound is a number of time steps, such as 1000; got {bound!r}.")
    return float(bound)


class BasicLogTool:
    """What all tools have in common.

    Args:
        optional_log_type: the tree, or the trees, that a tool acts on; all seven when None.

    Raises:
        QueryError: there is no such tree.
    """

    def __init__(self, optional_log_type: str | Iterable[str] | None = None) -> None:
        self.log_types = checked_trees(TREES if optional_log_type is None else optional_log_type)
        self.proj_root: str | os.PathLike[str] = ""
        self.task_table_name = ""
        self.regex = ""

    def is_valid_index(self, regex: str) -> bool:
        """Say whether a pattern names experiments of a task, and can lead nowhere else."""
        try:
            compile_pattern(check_pattern(regex))
        except QueryError:
            return False
        return True

    def _mean(self, proj_root: str | os.PathLike[str], task_table_name: str, regex: str) -> None:
        self.proj_root, self.task_table_name, self.regex = proj_root, task_table_name, regex

    def _chosen(self, regex: str | None = None) -> Experiments | None:
        """Return the experiments that are meant; None, and a message, when there are none.

        Raises:
            RLAError: data root, task or pattern cannot be one.
        """
        root = check_data_root(self.proj_root)
        task, pattern = check_task_name(self.task_table_name), self.regex if regex is None else regex
        with progress_bar("Reading experiments") as progress:
            chosen = choose(root, task, check_pattern(pattern), progress=progress)
            known = tasks_of(root)
            if task not in known:  # it is gone with its last experiment, too
                listed = ", ".join(known) or "none"
                say(printable(f"There is no task '{task}' in '{root}'.{did_you_mean(task, known)} Tasks: {listed}."))
                return None
            if not len(chosen):
                say(printable(f"No experiment of '{task}' matches '{pattern}'."))
                return None
        return chosen

    def _do(self, planner: Planner, skip_ask: bool) -> int:
        """Plan, show, ask, act; return the number of folders and files that were acted on."""
        chosen = self._chosen()
        if chosen is None:
            return 0
        plan = planner(chosen)
        show_plan(plan, self.task_table_name)
        if not plan.items:
            say("Nothing to do.")
            return 0
        if not skip_ask and not ask(f"\n{plan.kind.capitalize()} {counted(len(plan.items), 'experiment')}?"):
            say("Nothing was changed.")
            return 0
        with progress_bar(plan.kind.capitalize()) as progress:
            outcome = apply(plan, progress)
        show_outcome(outcome, plan, self.task_table_name)
        return outcome.places

    def _check_all_trees(self) -> None:
        if len(self.log_types) < len(TREES):
            raise QueryError("A copy has all trees of an experiment: leave optional_log_type away.")


def checked_trees(trees: str | Iterable[str]) -> list[str]:
    """Return the trees of these names.

    Raises:
        QueryError: there is none of that name.
    """
    asked = [trees] if isinstance(trees, str) else list(trees)
    for tree in asked:
        if tree not in TREES:
            raise QueryError(
                f"There is no tree {tree!r}.{did_you_mean(str(tree), TREES)} Those there are: {', '.join(TREES)}."
            )
    return [tree for tree in TREES if tree in asked]
