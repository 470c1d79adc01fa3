"""Scores of different tasks on one scale, by a fixed table.

Scales that come from the compared runs themselves (their least and greatest score) are not offered: a curve would then
change when another is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rla.errors import QueryError, did_you_mean
from rla.plot.statistics.series import Curve

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Table", "normalize_curve", "normalize_scores"]

Table: TypeAlias = Mapping[str, tuple[float, float]]
"""Task → the scores that become 0 and 1, for example those of a random and of an expert policy."""


def normalize_scores(scores: Mapping[str, ArrayLike], table: Table) -> dict[str, NDArray[np.float64]]:
    """Return ``(score - zero) / (one - zero)`` for the scores of each task.

    Args:
        scores: task → scores, any shape.
        table: task → (the score that becomes 0, the score that becomes 1).

    Raises:
        QueryError: the table lacks a task, or has two equal scores for it.
    """
    return {task: _scaled(np.asarray(values, np.float64), task, table) for task, values in scores.items()}


def normalize_curve(curve: Curve, table: Table) -> Curve:
    """Return a curve with scores that are normalised by its task, as `normalize_scores` does."""
    return replace(curve, y=_scaled(curve.y, curve.task, table))


def _scaled(values: NDArray[np.float64], task: str, table: Table) -> NDArray[np.float64]:
    if not isinstance(table, Mapping):
        raise QueryError(f"A table of reference scores is a dict of tasks, with two numbers each; got {table!r}.")
    if task not in table:
        raise QueryError(f"The table of reference scores has no task '{task}'.{did_you_mean(task, table)}")
    try:
        zero, one = map(float, table[task])
    except (TypeError, ValueError) as error:
        raise QueryError(f"The reference scores of '{task}' are {table[task]!r}; expected two numbers.") from error
    if not np.isfinite(one - zero) or one == zero:
        raise QueryError(f"The reference scores of '{task}' are {zero} and {one}; expected two that differ.")
    return (values - zero) / (one - zero)
