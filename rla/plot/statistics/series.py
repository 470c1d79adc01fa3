"""One run's curve: x and y, cleaned so that x rises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rla.errors import QueryError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Curve", "clean_curve"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A metric of one run, cleaned: x rises strictly, x and y are finite.

    Args:
        x: shape (points,), for example environment steps.
        y: shape (points,), in units of the metric.
        run: the id of the run; random draws are seeded with the ids of the runs that they draw from.
        task: what the run was trained on; runs are drawn within a task.
        finished: whether the run came to its end, so that its last value may be held.
        superseded: rows that were left out because the run went on from an earlier x and wrote them anew.
        infinite: rows that were left out because their value was infinite.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    run: str = ""
    task: str = ""
    finished: bool = True
    superseded: int = 0
    infinite: int = 0

    def __len__(self) -> int:
        return len(self.x)


def clean_curve(x: ArrayLike, y: ArrayLike, *, run: str = "", task: str = "", finished: bool = True) -> Curve:
    """Return the curve of rows in the order in which they were written.

    - Rows without x, and rows without y (empty cells, NaN), are left out, so a tail of NaN keeps the head.
    - Of rows with equal x, the latest counts.
    - Where x goes back (the run was resumed from a checkpoint), what was written before at or beyond that x belongs to
      a past that the run has left: the later rows win, also while they do not yet reach as far. A row without a value
      says so too.

    Args:
        x: shape (rows,).
        y: shape (rows,).
        run: the id of the run.
        task: what the run was trained on.
        finished: whether the run came to its end.

    Raises:
        QueryError: x and y are no lists of numbers of one length.
    """
    xs, ys = _numbers(x, "x"), _numbers(y, "y")
    if len(xs) != len(ys):
        raise QueryError(
            f"x and y of a curve have {len(xs)} and {len(ys)} values; expected as many of one as of other."
        )
    there = np.isfinite(xs)
    infinite = int(np.count_nonzero(np.isinf(ys) & there))
    xs, ys = xs[there], ys[there]
    has_value = np.isfinite(ys)
    later_rows = _least_of_later(xs)
    later_values = _least_of_later(np.where(has_value, xs, np.inf))
    kept = has_value & (xs < later_values) & (xs <= later_rows)
    superseded = int(np.count_nonzero(has_value & (xs > later_rows)))
    return Curve(xs[kept], ys[kept], run, task, finished, superseded, infinite)


def _numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return a list of numbers as an array; None is NaN."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise QueryError(f"{name} of a curve has values that are no numbers: {error}.") from error
    if numbers.ndim != 1:
        raise QueryError(f"{name} of a curve has shape {numbers.shape}; expected a list of numbers.")
    return numbers


def _least_of_later(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each value the least of those after it; infinity after the last."""
    least = np.full(len(values), np.inf)
    if len(values) > 1:
        least[:-1] = np.minimum.accumulate(values[:0:-1])[::-1]
    return least
