"""One panel of learning curves on axes: bands, lines, runs, and marks where a run has ended before its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.plot.figure.layout import dress
from rla.plot.figure.text import SMALL
from rla.plot.panels import Panel, RunLine
from rla.plot.run_notes import ENDED_WELL
from rla.plot.statistics.aggregate import Band, aggregate_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from rla.plot.figure.palette import Style

__all__ = ["MANY", "MARK", "RUNNING", "Plan", "draw_counts", "draw_panel", "ended_early", "mark_of"]

MANY: Final = 10
"""With more arms, bands and runs would hide each other; only lines are drawn unless more is asked for."""

RUNNING: Final = "running"

BAND: Final = 0.2
"""Opacity of bands, as in rliable."""

MARK: Final[Any] = {"linestyle": "none", "markersize": 4.5, "markeredgewidth": 1.2, "markerfacecolor": "white"}

_THIN, _RUN = 0.7, 0.6


@dataclass(frozen=True)
class Plan:
    """What is drawn of all panels of a figure, and how.

    Args:
        styles: arm → its colour and line style.
        labels: arm → its legend.
        bands: whether bands are drawn, where there are any.
        runs: whether each run is drawn; None where its arm has no band.
        marked_runs: whether runs that ended early are drawn too.
        raw: whether the lines are drawn pale too as they were before smoothing.
        line_width: of the arms, in points.
    """

    styles: Mapping[str, Style]
    labels: Mapping[str, str]
    bands: bool
    runs: bool | None
    marked_runs: bool
    raw: bool
    line_width: float = 1.5


def ended_early(panel: Panel, arm: str) -> bool:
    """Return whether a run of an arm has not ended as it should; it still runs, or it died, failed or was stopped."""
    return any(member.experiment.status not in ENDED_WELL for member in panel.members[arm])


def mark_of(status: str) -> str:
    """Return the mark at the end of a run: a circle if it still runs, a cross if it died or was stopped."""
    return "o" if status == RUNNING else "x"


def draw_panel(axes: Axes, panel: Panel, plan: Plan) -> None:
    """Draw the arms of a panel; titles, limits and scales are left as they are."""
    raw = _before_smoothing(panel) if plan.raw and panel.settings.smooth is not None else {}
    for arm, band in panel.bands.items():
        color = plan.styles[arm].color
        if arm in raw:
            axes.plot(raw[arm].x, raw[arm].centre, color=color, alpha=BAND, linewidth=1.0, zorder=1.6, label="_raw")
        if plan.bands and band.has_band:
            axes.fill_between(band.x, band.low, band.high, color=color, alpha=BAND, linewidth=0, zorder=1.5)
        _draw_runs(axes, panel, arm, plan)
        _draw_estimate(axes, band, arm, plan)


def _before_smoothing(panel: Panel) -> dict[str, Band]:
    how = panel.settings
    return aggregate_curves(
        panel.curves, estimator=how.estimator, band="none", x_range=how.x_range, grid=how.grid, align=how.align
    )


def _draw_estimate(axes: Axes, band: Band, arm: str, plan: Plan) -> None:
    """Draw the line of an arm, thin where runs are missing."""
    style, label = plan.styles[arm], plan.labels[arm]
    whole = np.where(band.n == len(band.runs), band.centre, np.nan)
    how: dict[str, Any] = {"color": style.color, "zorder": 2.5, "dash_capstyle": "butt"}
    if np.isnan(whole).any() and len(band.x):
        axes.plot(band.x, band.centre, linewidth=_THIN, linestyle=style.line, label="_thin", **how)
    marker = "." if _has_lone_points(band.centre) else ""
    legend = f" {label}" if label.startswith("_") else label  # matplotlib would leave it out
    axes.plot(band.x, whole, linewidth=plan.line_width, linestyle=style.line, marker=marker, label=legend, **how)


def _has_lone_points(values: NDArray[np.float64]) -> bool:
    there = np.concatenate([[False], np.isfinite(values), [False]])
    return bool((there[1:-1] & ~there[:-2] & ~there[2:]).any())


def _draw_runs(axes: Axes, panel: Panel, arm: str, plan: Plan) -> None:
    """Draw runs as thin lines where this is planned, and mark those that ended early."""
    all_runs = not panel.bands[arm].has_band if plan.runs is None else plan.runs
    if not all_runs and not ended_early(panel, arm):
        return
    color = plan.styles[arm].color
    for line in panel.run_lines(arm):
        marked = line.status not in ENDED_WELL
        if (all_runs or (marked and plan.marked_runs)) and len(line.x):
            axes.plot(line.x, line.y, color=color, linewidth=_RUN, alpha=0.5, zorder=2.2, label="_run")
        if marked:
            _mark(axes, line, color)


def _mark(axes: Axes, line: RunLine, color: str) -> None:
    if len(line.x):
        marker = mark_of(line.status)
        axes.plot(line.x[-1:], line.y[-1:], marker, color=color, label="_mark", zorder=3.5, clip_on=False, **MARK)


def draw_counts(axes: Axes, panel: Panel, plan: Plan) -> None:
    """Draw a strip above a panel that tells how many runs there are at each x, if that changes."""
    bands = {arm: band for arm, band in panel.bands.items() if len(band.x)}
    if panel.settings.x_range != "union" or all((band.n == len(band.runs)).all() for band in bands.values()):
        return
    strip = axes.inset_axes((0, 1.04, 1, 0.14), sharex=axes)
    for arm, band in bands.items():
        style = plan.styles[arm]
        strip.plot(band.x, band.n, color=style.color, linestyle=style.line, linewidth=0.9, label="_n")
    most = max(len(band.runs) for band in bands.values())
    strip.set(ylim=(0, most * 1.15), yticks=[0, most])
    strip.set_ylabel("n", fontsize=SMALL, rotation=0, ha="right", va="center", labelpad=2)
    dress(strip)
    strip.tick_params(labelsize=SMALL - 1, labelbottom=False, bottom=False)
