"""Which experiments a command is about: the arguments of `rm`, `archive`, `migrate` and `plot`, and what they mean."""

from __future__ import annotations

import glob
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rla.cli.common import complete_run, complete_task, reading_progress
from rla.cli.listing import fresh_option
from rla.database.expression import parse
from rla.database.expression.tree import Comparison
from rla.database.index_name import parse_index_name
from rla.errors import ExpressionError, QueryError

if TYPE_CHECKING:
    from rla.query.search import Experiments

__all__ = ["choose_experiments", "choosing_options", "find_experiments"]


def choosing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument WHAT, and the options --regex, --task and --fresh."""
    text = "Those whose date and name match: a glob, or `re:` and a regular expression."
    function = fresh_option(function)
    function = click.option("--task", shell_complete=complete_task, help="Look into this task table only.")(function)
    function = click.option("--regex", metavar="PATTERN", help=text)(function)
    return click.argument("what", required=False, shell_complete=complete_run)(function)


def choose_experiments(
    data_root: Path, what: str | None, task: str | None, regex: str | None, fresh: bool
) -> Experiments:
    """Return the experiments that all of these mean.

    Args:
        data_root: the database folder.
        what: a condition, or any part of a name that only one experiment has.
        task: the task table; all when None.
        regex: a glob under the task, or ``re:`` and a regular expression.
        fresh: read every experiment anew.

    Raises:
        UsageError: nothing says which ones.
        QueryError: it cannot be understood, or no experiment has the name, or several have.
    """
    from rla.batch.selection import check_pattern, choose
    from rla.database.trees import check_data_root, check_task_name
    from rla.query.naming import find_run
    from rla.query.question import check_task_is_there

    if what is None and regex is None:
        every = " --regex '*' takes all of the task." if task else ""
        raise click.UsageError(f"Which experiments? Give a name, a condition ('steps < 5000') or --regex.{every}")
    if task is not None:
        check_task_is_there(check_data_root(data_root), check_task_name(task))
    with reading_progress() as progress:
        if what is not None and _is_name(what):
            place = find_run(data_root, what, task).place
            whole_name = f"{place.day}/{glob.escape(place.index_name)}"
            found = choose(data_root, place.task, whole_name, fresh=fresh, progress=progress)
            found = found if regex is None else found.matching(check_pattern(regex))
        else:
            found = choose(data_root, task, regex, what, fresh, progress)
        len(found)  # now, below the progress bar
    return found


def find_experiments(
    data_root: Path, what: str | None, task: str | None, fresh: bool, progress: Callable[[int, int], object]
) -> Experiments:
    """Return the experiments to look at; all when nothing says which.

    Args:
        data_root: the database folder.
        what: a glob under the task (a date folder stands for all below it), ``re:`` and a regular expression, a
            condition, or any part of a name that only one experiment has.
        task: the task table; all when None.
        fresh: read every experiment anew.
        progress: is told how many experiments were read into the index, and how many there are to read.

    Raises:
        QueryError: it cannot be understood, or no experiment has the name, or several have.
    """
    from rla.query.naming import find_run
    from rla.query.search import experiments

    if what is None:
        return experiments(data_root, task, fresh=fresh, progress=progress)
    if _is_pattern(what):
        return experiments(data_root, task, pattern=what, fresh=fresh, progress=progress)
    if not _is_name(what):
        return experiments(data_root, task, what, fresh=fresh, progress=progress)
    found = experiments(data_root, task, pattern=what, fresh=fresh, progress=progress)
    if len(found):
        return found
    place = find_run(data_root, what, task).place
    return experiments(data_root, place.task, pattern=f"{place.day}/{glob.escape(place.index_name)}")


def _is_pattern(what: str) -> bool:
    if what.startswith("re:"):
        return True
    try:
        parse(what)
    except ExpressionError:
        return any(sign in what for sign in "*?[")
    return False


def _is_name(what: str) -> bool:
    """Say whether a text is (a part of) the name of a run, not a condition."""
    if parse_index_name(what.rstrip("/").rpartition("/")[2]) is not None:
        return True
    try:
        root = parse(what).root
    except ExpressionError as error:
        if "*" in what and not set("<>=~") & set(what):
            raise QueryError(f"'{what}' is no condition. A pattern goes with --regex: --regex '{what}'.") from error
        return False
    return isinstance(root, Comparison) and not root.operator
