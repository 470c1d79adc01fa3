"""Learning curves as a figure of panels with one legend, and the line under it that says what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from rla.plot.caption import SHORT_NAMES, caption_of, number_range
from rla.plot.figure.layout import Entries, Grid, axes_of, figure_with, finish, panel_size
from rla.plot.figure.look import Look
from rla.plot.figure.palette import COLORS, LINE_STYLES, styles_of
from rla.plot.figure.panel import MANY, MARK, Plan, draw_counts, draw_panel, mark_of
from rla.plot.figure.text import TEXT, label_of, plain, wrapped
from rla.plot.figure.ticks import ShortNumbers
from rla.plot.panels import Curves, Panel
from rla.plot.reading import x_label
from rla.plot.run_notes import ENDED_WELL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_curves"]

_BOUND_STYLES: Final = ("--", ":", "-.")
_BOUND_COLOR: Final = "0.35"
_TICK_INCHES: Final = 0.3
"""A number at the axis of x takes so much."""


def draw_curves(curves: Curves, axes: Any, look: Look) -> Figure:
    """Draw learning curves; `Curves.draw` describes the arguments."""
    plan = _plan(curves, look)
    if axes is not None:
        names = ", ".join(filter(None, (f"{panel.metric} {panel.task}".strip() for panel in curves.panels)))
        given = axes_of(axes, len(curves.panels), names)
        for each, panel in zip(given, curves.panels, strict=True):
            _draw(each, panel, plan, look)
            each.set(title=plain(panel.task), xlabel=plain(x_label(curves.settings.x)), ylabel=_y_label(panel))
        of_user: Any = given[0].get_figure()
        return cast("Figure", of_user)
    groups = [sum(panel.metric == metric for panel in curves.panels) for metric in _metrics(curves)]
    grid = Grid.of(groups, wide=len(curves.arms) > MANY, legend=look.legend)
    figure, places = figure_with(grid, look, groups)
    for each, panel in zip(places, curves.panels, strict=True):
        _draw(each, panel, plan, look)
        _limit_x(each, look)
        draw_counts(each, panel, plan)
    entries = _entries(curves, plan, look)
    _name_axes(places, curves, grid, panel_size(grid, look, entries.labels))
    text = look.caption if isinstance(look.caption, str) else plain(caption_of(curves, _remarks(curves, plan, look)))
    finish(figure, grid, look, entries, text if look.caption else "")
    return figure


def _plan(curves: Curves, look: Look) -> Plan:
    few = len(curves.arms) <= MANY
    asked = curves.settings.show_runs
    return Plan(
        styles=styles_of(curves.arms, look.colors),
        labels={arm: _legend(curves, arm, look) for arm in curves.arms},
        bands=few if look.bands is None else look.bands,
        runs=asked if isinstance(asked, bool) else None if few else False,
        marked_runs=asked is not False and few,
        raw=look.raw and few,
        line_width=1.5 if few else 1.0,
    )


def _legend(curves: Curves, arm: str, look: Look) -> str:
    label = label_of(arm, look.labels)
    if not curves.settings.show_n:
        return label
    return f"{label} (n={number_range(len(panel.bands[arm].runs) for panel in curves.panels if arm in panel.bands)})"


def _draw(axes: Axes, panel: Panel, plan: Plan, look: Look) -> None:
    from matplotlib.ticker import MaxNLocator

    for place, (y, label, *how) in enumerate(look.bounds_of(panel.task, panel.metric)):
        axes.axhline(y, label=label, zorder=1.4, linewidth=0.9, **_bound_style(place, how))
    draw_panel(axes, panel, plan)
    if not any(len(band.x) for band in panel.bands.values()):
        axes.text(0.5, 0.5, "no values", transform=axes.transAxes, ha="center", va="center", fontsize=TEXT, color="0.5")
    wide = axes.bbox.width / axes.figure.dpi
    ticks: Any = {"x": {"nbins": int(min(max(wide / _TICK_INCHES, 3), 6)), "steps": [1, 2, 5, 10]}}
    ticks["y"] = {"nbins": 6, "steps": [1, 2, 2.5, 5, 10]}
    for name in ("x", "y"):
        if look.log in (name, "both"):
            getattr(axes, f"set_{name}scale")("log")
        else:
            axis = getattr(axes, f"{name}axis")
            axis.set_major_locator(MaxNLocator(**ticks[name]))
            axis.set_major_formatter(ShortNumbers())
    if look.xlim is not None:
        axes.set_xlim(*look.xlim)
    if look.ylim is not None:
        axes.set_ylim(*look.ylim)


def _limit_x(axes: Axes, look: Look) -> None:
    """Let x begin at 0, unless the curves begin far from there; a logarithmic one where the first of them begins."""
    if look.xlim is not None:
        return
    axes.margins(x=0.01)
    low, high = axes.get_xlim()
    if look.log in ("x", "both"):
        axes.set_xlim(axes.dataLim.minposx, high)
    elif axes.dataLim.x0 >= 0 and low < 0.15 * high:
        axes.set_xlim(0, high)


def _bound_style(place: int, how: Sequence[Any]) -> dict[str, Any]:
    defaults = [_BOUND_COLOR, _BOUND_STYLES[place % len(_BOUND_STYLES)]]
    return dict(zip(("color", "linestyle"), [*how, *defaults[len(how) :]], strict=True))


def _name_axes(places: Sequence[Axes], curves: Curves, grid: Grid, size: tuple[float, float]) -> None:
    """Write each text once: the task above its column, the metric beside its row, x under the lowest panels."""
    width, height = size
    one_row_each = grid.rows == len(_metrics(curves))
    at: list[Any] = [each.get_subplotspec() for each in places]
    lowest = {where.colspan.start: where.rowspan.start for where in at}  # later panels are further down
    for axes, panel, where in zip(places, curves.panels, at, strict=True):
        row, column = where.rowspan.start, where.colspan.start
        if panel.task and (row == 0 or not one_row_each):
            axes.set_title(wrapped(plain(panel.task), 0.9 * width, TEXT), fontsize=TEXT, pad=3)
        if column == 0:
            axes.set_ylabel(wrapped(_y_label(panel), 0.85 * height, TEXT), fontsize=TEXT, labelpad=3)
        if row == lowest[column]:
            axes.set_xlabel(plain(x_label(curves.settings.x)), fontsize=TEXT, labelpad=2)


def _y_label(panel: Panel) -> str:
    name = plain(panel.metric)
    if panel.settings.normalize is not None:
        name = f"normalised {name}"
    if all(len(band.runs) < 2 for band in panel.bands.values()):
        return name  # the runs themselves
    return f"{name} ({SHORT_NAMES.get(panel.settings.estimator, panel.settings.estimator)})"


def _entries(curves: Curves, plan: Plan, look: Look) -> Entries:
    """Return the legend: arms, bound lines, and what marks mean."""
    from matplotlib.lines import Line2D

    entries = Entries()
    for arm in curves.arms:
        style = plan.styles[arm]
        entries.add(Line2D([], [], color=style.color, linestyle=style.line, linewidth=1.5), plan.labels[arm])
    for panel in curves.panels:
        for place, (_, label, *how) in enumerate(look.bounds_of(panel.task, panel.metric)):
            entries.add(Line2D([], [], linewidth=0.9, **_bound_style(place, how)), label)
    marked: dict[str, list[str]] = {}
    for status in sorted(set(_unfinished(curves))):
        marked.setdefault(mark_of(status), []).append(status)
    for mark, statuses in marked.items():
        entries.add(Line2D([], [], color="0.35", marker=mark, **MARK), " or ".join(statuses))
    return entries


def _unfinished(curves: Curves) -> Iterator[str]:
    for panel in curves.panels:
        for members in panel.members.values():
            yield from (each.experiment.status for each in members if each.experiment.status not in ENDED_WELL)


def _remarks(curves: Curves, plan: Plan, look: Look) -> Iterator[str]:
    """Yield what is only true of the drawing."""
    bands = [band for panel in curves.panels for band in panel.bands.values()]
    hidden = ["Bands"] if not plan.bands and look.bands is None and any(band.has_band for band in bands) else []
    if curves.settings.show_runs == "auto" and plan.runs is False and not all(band.has_band for band in bands):
        hidden.append("Runs")
    if hidden:
        yield f"{' and '.join(hidden).capitalize()} are not drawn: more than {MANY} arms."
    if len(curves.arms) > len(COLORS) * len(LINE_STYLES):
        yield f"Colours and line styles repeat after {len(COLORS) * len(LINE_STYLES)} arms."
    if plan.raw and curves.settings.smooth is not None:
        yield "Pale: the same without smoothing."
    if any(((band.n < len(band.runs)) & np.isfinite(band.centre)).any() for band in bands):
        yield "Thin lines: not all runs have a value there."
    if look.log in ("y", "both"):
        missing = sum(int((band.centre <= 0).sum()) for band in bands)
        if missing:
            yield f"{missing} points are 0 or less, which a log axis cannot show."


def _metrics(curves: Curves) -> list[str]:
    return list(dict.fromkeys(panel.metric for panel in curves.panels))
