"""Groups of runs → one curve with its band for each group: cleaned, smoothed, aligned, and aggregated last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from rla.plot.statistics.align import Aligned, align_curves, check_alignment, range_of
from rla.plot.statistics.bootstrap import METHODS
from rla.plot.statistics.interval import Way, estimate_rows
from rla.plot.statistics.normalize import Table, normalize_curve
from rla.plot.statistics.rows import Rows
from rla.plot.statistics.series import Curve
from rla.plot.statistics.smooth import Smoothing, smoothed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Band", "aggregate_curves"]

OPTIMISTIC: Final = 10
"""With fewer runs of a task than this, a bootstrap is too sure of itself (benchmark/coverage.py)."""

CUT_NOTED: Final = 0.9
"""It is noted when runs have less than this share of x in common."""


@dataclass(frozen=True, eq=False)
class Band:
    """What is drawn of a group of runs.

    Args:
        x: shape (points,).
        centre: shape (points,), the estimate.
        low: shape (points,), the lower edge of the band; NaN where there is none.
        high: shape (points,), the upper edge.
        n: shape (points,), how many runs have a value at x.
        values: shape (runs, points), the runs on the grid; NaN where one has no value.
        runs: the ids of these runs.
        tasks: the task of each of these runs.
        way: estimator, band, level, n_boot.
        alignment: ``"exact"``, ``"bin"``, ``"linear"`` or ``"hold"``.
        x_range: ``"intersection"``, ``"union"`` or ``"hold"``.
        smoothing: how each run was smoothed.
        share: of a tolerance band, shape (points,), the share of future runs that it covers.
        notes: what a reader of the figure should know, a sentence each.
    """

    x: NDArray[np.float64]
    centre: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]
    values: NDArray[np.float64]
    runs: tuple[str, ...]
    tasks: tuple[str, ...]
    way: Way
    alignment: str
    x_range: str = "intersection"
    smoothing: Smoothing | None = None
    share: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    @property
    def has_band(self) -> bool:
        """Whether there is a band anywhere; without, draw the runs."""
        return bool(np.isfinite(self.low).any())


def aggregate_curves(
    groups: Mapping[str, Sequence[Curve]],
    *,
    estimator: str = "iqm",
    band: str = "ci",
    level: float = 0.95,
    n_boot: int = 2000,
    min_seeds_for_band: int = 5,
    x_range: str = "intersection",
    grid: int = 200,
    align: str = "auto",
    smooth: Smoothing | None = None,
    normalize: Table | None = None,
) -> dict[str, Band]:
    """Return for each group what is drawn of it. Groups do not see each other: one more changes none of the others.

    Args:
        groups: name → curves of its runs. Runs of several tasks are pooled: the bootstrap draws within each task.
        estimator: as of `estimate`.
        band: as of `estimate`.
        level: the confidence.
        n_boot: how many draws.
        min_seeds_for_band: no band where fewer runs have values; for ``band="t"`` two are enough.
        x_range: as of `align_curves`.
        grid: as of `align_curves`.
        align: as of `align_curves`.
        smooth: how each run is smoothed, before all else but the normalisation.
        normalize: task → (the score that becomes 0, the score that becomes 1).

    Raises:
        QueryError: an argument is none of those that there are.
    """
    way = Way(estimator, band, level, n_boot)
    check_alignment(align, x_range, grid)
    min_runs = 2 if band == "t" else min_seeds_for_band
    bands = {}
    for name, curves in groups.items():
        filled = [curve for curve in curves if len(curve)]
        if normalize is not None:
            filled = [normalize_curve(curve, normalize) for curve in filled]
        aligned = align_curves(smoothed(filled, smooth), align=align, x_range=x_range, grid=grid)
        found = replace(_aggregate(filled, aligned, way, min_runs), smoothing=smooth, x_range=x_range)
        bands[name] = replace(found, notes=tuple(_notes(curves, filled, aligned, found, min_runs)))
    return bands


def _aggregate(filled: Sequence[Curve], aligned: Aligned, way: Way, min_runs: int) -> Band:
    tasks = sorted({curve.task for curve in filled})
    rows = Rows(aligned.y, np.array([tasks.index(curve.task) for curve in filled], np.int64))
    found = estimate_rows(rows, way, [curve.run for curve in filled], min_runs)
    return Band(
        *(aligned.x, found.value, found.low, found.high, aligned.n, aligned.y),
        runs=tuple(curve.run for curve in filled),
        tasks=tuple(curve.task for curve in filled),
        way=way,
        alignment=aligned.how,
        share=found.share,
    )


def _notes(curves: Sequence[Curve], filled: Sequence[Curve], aligned: Aligned, band: Band, min_runs: int) -> list[str]:
    notes = []
    if len(filled) < len(curves):
        notes.append(f"{len(curves) - len(filled)} of {len(curves)} runs have no values.")
    if filled and not len(aligned.x):
        notes.append("The runs have no x in common; x_range='union' shows them all.")
    elif filled:
        notes += _notes_on_range(filled, aligned, band.x_range)
    runs_of_tasks = Counter(band.tasks)
    least, of_a_task = min(runs_of_tasks.values(), default=0), " of a task" * (len(runs_of_tasks) > 1)
    if filled and band.way.band != "none" and len(filled) < min_runs:
        notes.append(f"{_count(len(filled), 'run')}: too few for a band, which takes {min_runs}.")
    elif band.way.band != "none" and least == 1:
        notes.append(f"1 run{of_a_task}: too few for a band, which takes 2.")
    elif band.way.band in METHODS and 1 < least < OPTIMISTIC:
        notes.append(f"With {least} runs{of_a_task} the interval is optimistic.")
    if aligned.filled:
        notes.append(f"{_count(aligned.filled, 'empty bin')} filled from the neighbours.")
    if superseded := sum(curve.superseded for curve in filled):
        notes.append(f"{_count(superseded, 'row')} left out: their runs went on from an earlier x.")
    if infinite := sum(curve.infinite for curve in curves):
        notes.append(f"{_count(infinite, 'infinite value')} left out.")
    return notes


def _notes_on_range(filled: Sequence[Curve], aligned: Aligned, x_range: str) -> list[str]:
    notes = []
    low, high = range_of(filled, x_range)
    first, last = range_of(filled, "union")
    if high - low < CUT_NOTED * (last - first):
        shortest, latest = min(filled, key=lambda curve: curve.x[-1]), max(filled, key=lambda curve: curve.x[0])
        why = f"run '{shortest.run}' ends first" if last - high >= low - first else f"run '{latest.run}' begins last"
        notes.append(f"Only x from {low:g} to {high:g} of {first:g} to {last:g} is shown, which all runs have: {why}.")
    if aligned.n.min() < len(filled):
        notes.append(f"n differs along x: {aligned.n.min()} to {aligned.n.max()} of {len(filled)} runs.")
    return notes


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
