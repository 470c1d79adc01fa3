"""Groups of curves → what is drawn of each: its mean (or another estimate), and how far its runs spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from rla.compat.easy_plot.moving_averages import symmetric_ema
from rla.compat.easy_plot.options import PlotOptions
from rla.plot.statistics.aggregate import Band, aggregate_curves
from rla.plot.statistics.interval import estimate
from rla.plot.statistics.normalize import normalize_curve
from rla.plot.statistics.series import Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ERROR", "OWN", "RANGE", "STD", "Shade", "averages_of", "shades_of"]

ERROR: Final = "err"
STD: Final = "std"
RANGE: Final = "range"
OWN: Final = "ci"
"""Kinds of shades, as keys of the final values end: standard error, standard deviation, range, and the band that was
asked for by `estimator` or `band`."""


@dataclass(frozen=True, eq=False)
class Shade:
    """What is shaded around a curve.

    Args:
        low: its lower edge, shape (points,).
        high: its upper edge.
        told: what callers are told of it: mean and width, or least and greatest, or centre, low and high.
    """

    low: Floats
    high: Floats
    told: tuple[Floats, ...]


def averages_of(groups: Mapping[str, Sequence[Curve]], options: PlotOptions) -> dict[str, Band]:
    """Return what is drawn of each group; groups do not see each other.

    Curves of different x are brought to one grid, as `rla.plot.aggregate_curves` does; with ``resample=n``, by
    symmetric exponential averages on a grid of n points.
    """
    normalize, align, curves = options.normalize, options.align, groups
    if options.resample:
        if options.normalize is not None:
            table, normalize = options.normalize, None
            groups = {name: [normalize_curve(each, table) for each in found] for name, found in groups.items()}
        curves = {name: _resampled(found, options) for name, found in groups.items()}
        align = "exact"
    return aggregate_curves(
        curves,
        estimator=options.way.estimator,
        band=options.way.band,
        level=options.level,
        n_boot=options.n_boot,
        min_seeds_for_band=options.min_seeds_for_band,
        x_range=options.range_of_x,
        grid=options.grid,
        align=align,
        smooth=options.smoothing,
        normalize=normalize,
    )


def _resampled(curves: Sequence[Curve], options: PlotOptions) -> list[Curve]:
    """Return curves averaged on one grid, each as far as it goes there."""
    filled = [curve for curve in curves if len(curve)]
    if not filled:
        return []
    cut = options.range_of_x == "intersection"
    firsts, lasts = [curve.x[0] for curve in filled], [curve.x[-1] for curve in filled]
    low, high = (max(firsts), min(lasts)) if cut else (min(firsts), max(lasts))
    grid = np.linspace(low, high, options.resample) if low < high else np.array([low])
    if low > high:  # they have no x in common, which is told of later
        return filled
    return [_on_grid(curve, grid, options.smooth_step) for curve in filled]


def _on_grid(curve: Curve, grid: Floats, decay_steps: float) -> Curve:
    """Return the averages of a curve at the grid points that it reaches."""
    inside = grid[(grid >= curve.x[0]) & (grid <= curve.x[-1])]
    if not len(inside):
        return replace(curve, x=inside, y=inside)
    _, y, _ = symmetric_ema(curve.x, curve.y, inside[0], inside[-1], len(inside), decay_steps)
    known = np.isfinite(y)  # far from all points none counts: there the line between the next two is drawn
    return replace(curve, x=inside, y=np.interp(inside, inside[known], y[known]))


def shades_of(band: Band, options: PlotOptions) -> dict[str, Shade]:
    """Return all shades of a group, by kind; NaN where they are not known, as the standard error of one run.

    The standard deviation is that of a sample (n - 1), and the standard error this over the root of n.
    """
    scores = {task: band.values[[each == task for each in band.tasks]] for task in sorted(set(band.tasks))}
    shades = {}
    for kind, name in ((ERROR, "sem"), (STD, "std")):
        found = estimate(scores, "mean", name)
        shades[kind] = Shade(found.low, found.high, (found.value, found.high - found.value))
    least, greatest = (reduce(band.values, axis=0, initial=np.nan) for reduce in (np.fmin.reduce, np.fmax.reduce))
    shades[RANGE] = Shade(least, greatest, (least, greatest))
    if options.has_own_band:
        shades[OWN] = Shade(band.low, band.high, (band.centre, band.low, band.high))
    return shades
