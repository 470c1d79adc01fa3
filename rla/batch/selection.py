"""Which experiments a batch operation is asked to act on: nothing is taken that was not named."""

from __future__ import annotations

import os

from rla.database.index.refresh import Progress
from rla.database.patterns import REGULAR_EXPRESSION
from rla.errors import QueryError
from rla.query.search import Experiments, experiments

__all__ = ["check_pattern", "choose"]


def check_pattern(pattern: object) -> str:
    """Return a pattern that says which experiments are meant.

    Raises:
        QueryError: it is empty, and so would stand for all.
    """
    if not isinstance(pattern, str):
        raise QueryError(f"A pattern is a text such as '2026/11/*'; got {pattern!r}.")
    text = pattern.removeprefix(REGULAR_EXPRESSION) if pattern.startswith(REGULAR_EXPRESSION) else pattern.strip("./ ")
    if not text.strip():
        raise QueryError(f"The pattern {pattern!r} names no experiment. If you mean all of the task, write '*'.")
    return pattern


def choose(
    data_root: str | os.PathLike[str],
    task: str | None = None,
    pattern: str | None = None,
    where: str | None = None,
    fresh: bool = False,
    progress: Progress = lambda done, total: None,
) -> Experiments:
    """Return the experiments that an operation is asked to act on.

    Args:
        data_root: the database folder.
        task: the task table; all when None.
        pattern: a glob under the task (``2026/11/*``), or ``re:`` and a regular expression.
        where: a condition; see `docs/expressions.md`.
        fresh: read every experiment anew.
        progress: is told how many experiments were read, and how many there are to read.

    Raises:
        DataRootError: there is no such data root.
        QueryError: nothing says which experiments are meant, or it cannot be understood.
    """
    if pattern is None and where is None:
        raise QueryError("Which experiments? Give a pattern such as '2026/11/*' or a condition such as 'steps < 5000'.")
    if pattern is not None:
        check_pattern(pattern)
    if where is not None and not where.strip():
        raise QueryError("The condition is empty. If you mean all of a task, give the pattern '*'.")
    return experiments(data_root, task, where, pattern=pattern, fresh=fresh, progress=progress)
