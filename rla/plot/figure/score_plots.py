"""Figures of scores: intervals in rows, and performance profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from rla.plot.caption import SHORT_NAMES
from rla.plot.figure.layout import ONE_COLUMN, TWO_COLUMNS, Entries, Grid, axes_of, figure_with, finish
from rla.plot.figure.palette import COLORS, styles_of
from rla.plot.figure.text import TEXT, label_of, plain, wrapped
from rla.plot.figure.ticks import ShortNumbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rla.plot.drawable import Drawable
    from rla.plot.figure.look import Look
    from rla.plot.score_plots.differences import Differences
    from rla.plot.score_plots.improvement_probabilities import ImprovementProbabilities
    from rla.plot.score_plots.interval_estimates import IntervalEstimates
    from rla.plot.score_plots.performance_profiles import PerformanceProfiles

__all__ = ["draw_differences", "draw_improvements", "draw_intervals", "draw_profiles"]

PROFILE_BAND: Final = 0.15
"""Opacity of the bands of profiles, as in rliable."""

_Row = tuple[str, float, float, float, str]
"""Label, value, low, high, colour."""


def draw_intervals(found: IntervalEstimates, axes: Any, look: Look) -> Figure:
    """Draw a row for each arm, a column for each estimator."""
    arms = list(found.intervals)
    estimators = list(found.intervals[arms[0]])
    styles = styles_of(arms, look.colors)
    grid = _grid_of_rows(len(arms), len(estimators))
    figure, places = _figure(axes, grid, look, estimators)
    for place, (each, name) in enumerate(zip(places, estimators, strict=True)):
        rows = []
        for arm in arms:
            interval = found.intervals[arm][name]
            numbers = (float(interval.value), float(interval.low), float(interval.high))
            rows.append((label_of(arm, look.labels), *numbers, styles[arm].color))
        _bars(each, rows, named=place == 0 or axes is not None)
        each.set_title(SHORT_NAMES.get(name, name), fontsize=TEXT, pad=3)
        each.set_xlabel(wrapped(_score_name(found), 0.8 * grid.width / grid.columns, TEXT), fontsize=TEXT, labelpad=2)
    return _finished(figure, axes, grid, look, found)


def draw_improvements(found: ImprovementProbabilities, axes: Any, look: Look) -> Figure:
    """Draw a row for each pair of arms."""
    rows = [
        (f"{label_of(arm, look.labels)} > {label_of(other, look.labels)}", *_numbers(each), COLORS[0])
        for (arm, other), each in found.pairs.items()
    ]
    grid = _grid_of_rows(len(rows), 1)
    figure, (place,) = _figure(axes, grid, look, ["all pairs"])
    _dots(place, rows, middle=0.5)
    low = min([0.5, *(row[2] for row in rows if np.isfinite(row[2])), *(row[1] for row in rows)])
    place.set_xlim(0 if low < 0.45 else 0.4, 1.01)
    place.set_xlabel("P(A > B)", fontsize=TEXT, labelpad=2)
    return _finished(figure, axes, grid, look, found)


def draw_differences(found: Differences, axes: Any, look: Look) -> Figure:
    """Draw a row for each task."""
    rows = [(plain(task), each.value, each.low, each.high, COLORS[0]) for task, each in found.rows.items()]
    grid = _grid_of_rows(len(rows), 1)
    figure, (place,) = _figure(axes, grid, look, ["all tasks"])
    _dots(place, rows, middle=0.0)
    arm, other = (label_of(each, look.labels) for each in (found.arm, found.other))
    estimator = next(iter(found.rows.values())).way.estimator
    name = f"{arm} − {other}: {_score_name(found)} ({SHORT_NAMES.get(estimator, estimator)})"
    place.set_xlabel(wrapped(name, grid.width * 0.7, TEXT), fontsize=TEXT, labelpad=2)
    return _finished(figure, axes, grid, look, found)


def draw_profiles(found: PerformanceProfiles, axes: Any, look: Look) -> Figure:
    """Draw a line with a band for each arm."""
    from matplotlib.lines import Line2D
    from matplotlib.ticker import MaxNLocator

    styles = styles_of(list(found.profiles), look.colors)
    grid = Grid(1, 1, ONE_COLUMN + (1.2 if look.legend == "right" else 0), 2.1)
    figure, (place,) = _figure(axes, grid, look, ["the profiles"])
    entries = Entries()
    for arm, profile in found.profiles.items():
        style, label, share = styles[arm], label_of(arm, look.labels), profile.share
        place.fill_between(
            profile.thresholds, share.low, share.high, color=style.color, alpha=PROFILE_BAND, linewidth=0, step="post"
        )
        place.plot(
            *(profile.thresholds, share.value),
            **cast("Any", {"color": style.color, "linestyle": style.line, "linewidth": 1.5, "drawstyle": "steps-post"}),
            label=label,
        )
        entries.add(Line2D([], [], color=style.color, linestyle=style.line, linewidth=1.5), label)
    place.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    place.xaxis.set_major_formatter(ShortNumbers())
    place.set_ylim(-0.02, 1.02)
    place.margins(x=0.01)
    if look.xlim is not None:
        place.set_xlim(*look.xlim)
    place.set_xlabel(f"{_score_name(found)} τ", fontsize=TEXT, labelpad=2)
    place.set_ylabel("share of runs above τ", fontsize=TEXT, labelpad=3)
    return _finished(figure, axes, grid, look, found, entries=entries)


def _numbers(interval: Any) -> tuple[float, float, float]:
    return float(interval.value), float(interval.low), float(interval.high)


def _score_name(found: Any) -> str:
    return f"{'normalised ' if found.scored.normalized else ''}{plain(found.scored.metric)}"


def _grid_of_rows(rows: int, columns: int) -> Grid:
    high = 0.26 if rows <= 6 else 0.2 if rows <= 15 else 0.14
    return Grid(1, columns, TWO_COLUMNS if columns > 1 else ONE_COLUMN, rows * high + 0.6)


def _figure(axes: Any, grid: Grid, look: Look, panels: Sequence[str]) -> tuple[Figure, list[Axes]]:
    if axes is None:
        return figure_with(grid, look, [grid.columns])
    given = axes_of(axes, len(panels), ", ".join(panels))
    return cast("Figure", given[0].get_figure()), given


def _finished(
    figure: Figure, axes: Any, grid: Grid, look: Look, found: Drawable, entries: Entries | None = None
) -> Figure:
    if axes is None:
        text = look.caption if isinstance(look.caption, str) else plain(found.caption)
        finish(figure, grid, look, entries or Entries(), text if look.caption else "")
    return figure


def _bars(axes: Axes, rows: Sequence[_Row], named: bool) -> None:
    """Draw intervals as bars, the estimate as a line across, the first row at the top."""
    axes.use_sticky_edges = False
    for place, (_, value, low, high, color) in enumerate(rows):
        if np.isfinite(low):
            axes.barh(place, high - low, left=low, height=0.6, color=color, alpha=0.6, linewidth=0)
        axes.plot([value, value], [place - 0.38, place + 0.38], color="black", linewidth=1.3, solid_capstyle="butt")
    _rows(axes, [row[0] if named else "" for row in rows])


def _dots(axes: Axes, rows: Sequence[_Row], middle: float) -> None:
    """Draw intervals as whiskers of dots, with a line where nothing is better."""
    axes.axvline(middle, color="0.35", linestyle="--", linewidth=0.9, zorder=1.4)
    for place, (_, value, low, high, color) in enumerate(rows):
        axes.plot([low, high], [place, place], color=color, linewidth=2.2, alpha=0.6, solid_capstyle="butt")
        axes.plot([value], [place], "o", color=color, markersize=4.5)
    _rows(axes, [row[0] for row in rows])


def _rows(axes: Axes, labels: Sequence[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.margins(x=0.06)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(ShortNumbers())
