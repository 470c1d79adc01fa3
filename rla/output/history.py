"""Which rows belong to the history of a run that was resumed, and which were left behind.

A run that goes on from an earlier step leaves a future behind: those rows stay in its files, and are no part of its
history. Of the segments that lead to where the run stands, it has

- of the last one that recorded anything: all rows;
- of one before it: rows up to the step that it was gone on from, and below the first step that a later segment
  recorded; a checkpoint may have been saved before the row of its step was dumped, and that row comes again;
- rows without a time step: all.

A resume after which nothing was recorded changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rla.output.records import Value
from rla.output.resumes import Resume

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_steps", "left_behind", "segments_in"]


def left_behind(
    steps: NDArray[np.float64], resumes: Sequence[Resume], starts: Sequence[int], last: int = 0
) -> NDArray[np.bool_]:
    """Say which rows of a run were left behind.

    Args:
        steps: shape (rows,), time steps in the order in which they were recorded; NaN where there is none.
        resumes: of the run.
        starts: for each of them, how many of these rows came before.
        last: a segment that is known to have recorded something, if only elsewhere.

    Returns:
        Shape (rows,).
    """
    bounds = segments_in(len(steps), starts)
    with_rows = [number for number in range(len(bounds) - 1) if bounds[number] < bounds[number + 1]]
    segment = max([last, *with_rows[-1:]])
    left = np.ones(len(steps), np.bool_)
    largest = first = np.inf
    while True:
        rows = slice(bounds[segment], bounds[segment + 1])
        mine = steps[rows]
        left[rows] = (mine > largest) | (mine >= first)
        if not segment:
            return left
        largest = min(largest, resumes[segment - 1].step)
        known = mine[~np.isnan(mine)]
        first = min(first, known[0]) if len(known) else first
        segment = resumes[segment - 1].after


def segments_in(rows: int, starts: Sequence[int]) -> list[int]:
    """Return where the segments of a run begin among its rows, and behind the last of them where the rows end."""
    return [0, *(min(start, rows) for start in starts), rows]


def as_steps(values: Sequence[Value] | NDArray[Any]) -> NDArray[np.float64]:
    """Return time steps as numbers; NaN for what is none."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "if":
        return values.astype(np.float64, copy=False)
    return np.array([_as_float(value) for value in values], np.float64)


def _as_float(value: Any) -> float:
    try:
        return float(value) if type(value) in (int, float) else np.nan
    except OverflowError:  # an integer of hundreds of digits
        return np.inf if value > 0 else -np.inf
