"""Legends that cover no curve, and the line under a figure that says what it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rla.compat.easy_plot.drawing import DrawnPanel
from rla.compat.easy_plot.options import PlotOptions
from rla.plot.statistics.bootstrap import METHODS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["caption_of", "draw_legends"]

LINE_POINTS: Final = 1.6
"""The height of an entry of a legend, in sizes of its letters."""

MARGIN_INCHES: Final = 0.15

ESTIMATES: Final = {
    "mean": "mean",
    "median": "median",
    "iqm": "interquartile mean",
    "fractional_iqm": "interquartile mean (fractional)",
    "optimality_gap": "optimality gap",
}

SPREADS: Final = {
    "sem": "± standard error",
    "std": "± standard deviation",
    "minmax": "least to greatest run",
    "tolerance": "tolerance interval",
    "none": "no band",
}


def draw_legends(figure: Figure, axes: Sequence[Axes], drawn: Sequence[DrawnPanel], options: PlotOptions) -> list[Any]:
    """Draw one legend beside the figure where all axes would have the same, else one for each of them.

    For legends outside of axes the figure becomes wider: the axes keep their size.
    """
    filled = [(each, of_axes) for each, of_axes in zip(drawn, axes, strict=False) if each.labels]
    if not filled:
        return []
    rows, columns = _grid_of(axes[0])
    width, height = figure.get_size_inches()
    points = 14.0 if options.pretty else 10.0
    looks: dict[str, Any] = {"frameon": not (options.pretty and options.legend_outside), "fontsize": points}
    one_for_all = options.legend_outside and all(each.labels == filled[0][0].labels for each, _ in filled)
    most = height / (1 if one_for_all else rows) / (points / 72 * LINE_POINTS)  # entries that fit below each other
    legends = []
    for each, of_axes in filled[:1] if one_for_all else filled:
        labels = [f" {label}" if label.startswith("_") else label for label in each.labels]  # those are passed over
        looks["ncols"] = max(options.legend_ncol, math.ceil(len(labels) / most))
        if one_for_all and len(filled) > 1:
            legends.append(figure.legend(each.handles, labels, loc="outside right upper", **looks))
        elif options.legend_outside:
            place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.02, 1.0), "borderaxespad": 0.0}
            legends.append(of_axes.legend(each.handles, labels, **place, **looks))
        else:
            legends.append(of_axes.legend(each.handles, labels, loc="best", framealpha=0.7, **looks))
    if options.legend_outside:
        widest = max(legend.get_window_extent().width for legend in legends) / figure.dpi + MARGIN_INCHES
        figure.set_size_inches(width + widest * (1 if one_for_all else columns), height)
    return legends


def _grid_of(axes: Axes) -> tuple[int, int]:
    place = axes.get_subplotspec()
    return (1, 1) if place is None else (place.get_gridspec().nrows, place.get_gridspec().ncols)


def caption_of(drawn: Sequence[DrawnPanel], options: PlotOptions) -> str:
    """Return in one line what the figure shows: estimate, runs, band, smoothing, x."""
    bands = [band for each in drawn for band in each.bands.values()]
    numbers = [len(band.runs) for band in bands] or [0]
    runs = f"{min(numbers)}" if min(numbers) == max(numbers) else f"{min(numbers)}–{max(numbers)}"  # noqa: RUF001
    way, level = options.way, f"{options.level * 100:g} %"
    shown = SPREADS.get(way.band, f"{level} interval (t)")
    if way.band in METHODS:
        shown = f"{level} bootstrap interval (B = {way.n_boot:,})"
    if way.band != "none" and not all(band.has_band for band in bands):
        few = "no band, too few runs" if not any(band.has_band for band in bands) else f"{shown}, none for few runs"
        shown = few
    parts = [f"{ESTIMATES[way.estimator]} of n = {runs} run{'s' * (max(numbers) != 1)}", shown]
    if options.resample:
        parts.append(f"exponential average on {options.resample} points")
    if (smoothing := options.smoothing) is not None:
        window = f"{smoothing.amount:g}{' ' + smoothing.unit if smoothing.kind == 'trailing' else ''}"
        parts.append(f"smoothed: {smoothing.kind}, {window}")
    aligned = sorted({band.alignment for band in bands} - {"exact"})
    if aligned and not options.resample:
        parts.append(f"x: {' and '.join(aligned)}, {options.range_of_x}")
    return "; ".join(parts)
