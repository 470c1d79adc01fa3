"""Scores of runs as rows with the task of each: what all estimators and intervals work on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rla.errors import QueryError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Scores: TypeAlias = ArrayLike | Mapping[str, ArrayLike]

__all__ = ["Rows", "rows_of"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Scores of runs, a row for each run on a task.

    Args:
        values: shape (rows, points); one point for scores that are one number. NaN where a run has no value.
        tasks: shape (rows,), the number of each row's task, from 0.
    """

    values: NDArray[np.float64]
    tasks: NDArray[np.int64]

    @property
    def task_count(self) -> int:
        """How many tasks there are."""
        return int(self.tasks.max(initial=-1)) + 1

    def members(self) -> list[NDArray[np.int64]]:
        """Return the numbers of the rows of each task."""
        return [np.flatnonzero(self.tasks == task) for task in range(self.task_count)]

    def least_runs(self) -> int:
        """Return how many runs the task with the fewest has."""
        return min((len(rows) for rows in self.members()), default=0)

    def complete_parts(self) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_], Rows]]:
        """Yield parts without NaN: the points, which rows have values at them, and these in an order of their own.

        The order depends on the values alone, so that the order in which runs are given changes nothing.
        """
        there = ~np.isnan(self.values)
        patterns, which = np.unique(there, axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            points = np.flatnonzero(which.ravel() == number)
            values, tasks = self.values[pattern][:, points], self.tasks[pattern]
            order = np.lexsort((*values.T[::-1], tasks))
            yield points, pattern, Rows(np.ascontiguousarray(values[order]), tasks[order])


def rows_of(scores: Scores) -> tuple[Rows, bool]:
    """Return scores as rows, and whether each is one number (and not a curve).

    Args:
        scores: an array of shape (runs,), (runs, tasks) or (runs, tasks, points), as rliable takes it; or for each task
            an array of shape (runs,) or (runs, points), with as many runs as there are. NaN is a run that is missing.

    Raises:
        QueryError: the shape is none of these, or nothing is there.
    """
    if isinstance(scores, Mapping):
        arrays = [_array(array) for array in scores.values()]
        if len({array.shape[1:] for array in arrays}) > 1 or any(array.ndim not in (1, 2) for array in arrays):
            shapes = ", ".join(f"{task}: {array.shape}" for task, array in zip(scores, arrays, strict=True))
            raise QueryError(
                f"Scores of tasks have shapes {shapes}; expected (runs,) or (runs, points) with equal points."
            )
    else:
        array = _array(scores)
        if array.ndim not in (1, 2, 3):
            raise QueryError(
                f"Scores have shape {array.shape}; expected (runs,), (runs, tasks) or (runs, tasks, points), "
                "or a dict with an array for each task."
            )
        arrays = [array] if array.ndim == 1 else [array[:, task] for task in range(array.shape[1])]
    if not sum(len(array) for array in arrays):
        raise QueryError("There are no scores; expected those of one run or more.")
    # A task without runs stays a task: its only run is missing.
    arrays = [array if len(array) else np.full((1, *array.shape[1:]), np.nan) for array in arrays]
    single = arrays[0].ndim == 1
    values = np.concatenate([array[:, None] if single else array for array in arrays])
    if np.isinf(values).any():
        raise QueryError("Scores have infinite values; leave these runs out, or give them the worst score there is.")
    tasks = np.repeat(np.arange(len(arrays)), [len(array) for array in arrays])
    return Rows(values, tasks), single


def _array(values: ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise QueryError(f"Scores are no array of numbers: {error}.") from error
