"""The whole figure: its axes, their labels, one legend or several, and the line that says what is shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from rla.compat.easy_plot.drawing import DrawnPanel, draw_panel, looks_of, plain
from rla.compat.easy_plot.groups import Panel
from rla.compat.easy_plot.legends import caption_of, draw_legends
from rla.compat.easy_plot.options import PlotOptions
from rla.errors import QueryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Plotted", "draw_figure", "show_plt"]

PANEL_INCHES: Final = (6.4, 4.8)
NOT_INTERACTIVE: Final = frozenset({"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"})
"""Backends that have no window to show; pyplot warns when it is asked for one."""

POWERS: Final = (-4, 5)
"""Tick labels of other powers of ten share one factor, beside the axis."""

PRETTY_SIZES: Final = {"label": 18, "tick": 14, "title": 18}


class Plotted(NamedTuple):
    """What `plot_results` returns.

    Args:
        figure: the figure of pyplot.
        axes: its axes, an array of shape (rows, columns).
        legends: the legends that were drawn.
        texts: the titles, and the line under the figure.
        g2lf: panel → group and kind of shade (``"lr=0.1-se"``) → ``[artist, …]`` and the arrays that it shows.
        score_results: legend and kind of shade (``"lr=0.1 (3)-err"``) → the final values; and for each of several
            panels a dict of its own, by its name.
    """

    figure: Figure
    axes: Any
    legends: list[Any]
    texts: list[Any]
    g2lf: dict[str, dict[str, list[Any]]]
    score_results: dict[str, Any]


def draw_figure(panels: Sequence[Panel], options: PlotOptions) -> tuple[Plotted, list[DrawnPanel]]:
    """Draw panels with pyplot, so that a notebook shows them; its style and backend stay as they are.

    Raises:
        QueryError: labels, titles or legends are not as many as what they stand at.
    """
    import matplotlib.pyplot as plt

    groups = list(dict.fromkeys(group for panel in panels for group in panel.groups))
    looks, names = looks_of(groups, options), _names_of(groups, options)
    rows, columns = _shape(panels, options.tiling)
    size = options.figsize or (columns * PANEL_INCHES[0], rows * PANEL_INCHES[1])
    figure, grid = plt.subplots(rows, columns, squeeze=False, figsize=size, layout="constrained")
    drawn = []
    for axes, panel in zip(grid.ravel(), panels, strict=False):
        drawn.append(draw_panel(axes, panel, looks, names, options))
        _finish(axes, drawn[-1], options)
    for axes in grid.ravel()[len(panels) :]:
        axes.set_visible(False)
    texts = _label(figure, list(grid.ravel()), panels, options)
    legends = [] if options.skip_legend else draw_legends(figure, list(grid.ravel()), drawn, options)
    if options.has_own_band:
        texts.append(figure.supxlabel(caption_of(drawn, options), fontsize=8, color="0.35"))
    g2lf = {panel.key: each.artists for panel, each in zip(panels, drawn, strict=True)}
    scores: dict[str, Any] = {}
    for panel, each in zip(panels, drawn, strict=True):
        scores.update(each.scores)
        if len(panels) > 1:
            scores[panel.key] = each.scores
    return Plotted(figure, grid, legends, texts, g2lf, scores), drawn


def show_plt() -> None:
    """Show the figures of pyplot: below the cell of a notebook, or in a window; nothing where there is no window."""
    import matplotlib.pyplot as plt

    if plt.get_backend().lower() not in NOT_INTERACTIVE:
        plt.show()


def _names_of(groups: Sequence[str], options: PlotOptions) -> dict[str, str]:
    """Return the name that a legend shows of each group."""
    given = options.regs2legends
    if given is None:
        return {group: plain(group) for group in groups}
    if isinstance(given, Mapping):
        return {group: str(given[group]) if group in given else plain(group) for group in groups}
    if isinstance(given, str) or len(given) != len(groups):
        raise QueryError(
            f"regs2legends has a name for each of {len(groups)} curves ({', '.join(groups)}), or is a dict of them; "
            f"got {given!r}."
        )
    return dict(zip(groups, map(str, given), strict=True))


def _shape(panels: Sequence[Panel], tiling: str | None) -> tuple[int, int]:
    """Return rows and columns of axes; several metrics of several tasks have a column for each metric."""
    number, titles = len(panels), len({panel.title for panel in panels})
    if tiling == "vertical":
        return number, 1
    if tiling == "horizontal":
        return 1, number
    whole = 1 < titles < number and number % titles == 0
    columns = number // titles if whole else math.ceil(math.sqrt(number))
    return math.ceil(number / columns), columns


def _finish(axes: Axes, drawn: DrawnPanel, options: PlotOptions) -> None:
    """Draw bound lines, and set scales and limits."""
    from matplotlib.ticker import ScalarFormatter

    for given in options.bound_line or ():
        complete: list[Any] = [*given, *[0.0, "0.4", "--", None][len(given) :]]
        y, color, style, label = complete
        line = axes.axhline(y, color=color, linestyle=style, linewidth=1.5, zorder=1.9)
        if label:
            drawn.handles.append(line)
            drawn.labels.append(str(label))
    if options.log:
        scales = "y" if options.log is True else str(options.log)
        axes.set(**{f"{axis}scale": "log" for axis in scales})
    for axis in (axes.xaxis, axes.yaxis):
        if isinstance(formatter := axis.get_major_formatter(), ScalarFormatter):
            formatter.set_powerlimits(POWERS)
            formatter.set_useMathText(True)
    axes.grid(alpha=0.3, linewidth=0.6)
    axes.set_axisbelow(True)
    if options.pretty:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=PRETTY_SIZES["tick"])
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_offset_text().set_fontsize(PRETTY_SIZES["tick"])
    axes.margins(x=0.02)
    if options.rescale_idx is not None:
        _rescale(axes, drawn, options.rescale_idx)
    if options.xlim is not None:
        axes.set_xlim(options.xlim)
    if options.ylim is not None:
        axes.set_ylim(options.ylim)


def _rescale(axes: Axes, drawn: DrawnPanel, begin: int) -> None:
    """Let the y axis hold what curves do from one of their points on."""
    values = [run for band in drawn.bands.values() for run in band.values[:, begin:]]
    found = np.concatenate(values) if values else np.empty(0)
    found = found[np.isfinite(found)]
    if len(found):
        margin = 0.05 * (found.max() - found.min()) or 1.0
        axes.set_ylim(found.min() - margin, found.max() + margin)


def _label(figure: Figure, all_axes: Sequence[Axes], panels: Sequence[Panel], options: PlotOptions) -> list[Any]:
    """Label the axes, and return the titles."""
    sizes = PRETTY_SIZES if options.pretty else {}
    metrics = list(dict.fromkeys(metric for panel in panels for metric in panel.metrics))
    if not isinstance(options.ylabel, (str, type(None))) and len(options.ylabel) not in (len(panels), len(metrics)):
        raise QueryError(f"ylabel is a text or a list of {len(panels)}, one for each panel; got {options.ylabel!r}.")
    titles = options.title
    if not isinstance(titles, (str, type(None))) and len(titles) != len(panels):
        raise QueryError(f"title is a text or a list of {len(panels)}, one for each panel; got {titles!r}.")
    texts = []
    for number, (axes, panel) in enumerate(zip(all_axes, panels, strict=False)):
        ylabel = plain(panel.metrics[0]) if len(panel.metrics) == 1 else ""
        if isinstance(options.ylabel, str):
            ylabel = options.ylabel
        elif options.ylabel is not None:
            by_metric = len(options.ylabel) != len(panels) and bool(panel.metrics)
            ylabel = options.ylabel[metrics.index(panel.metrics[0]) if by_metric else number]
        axes.set_ylabel(ylabel, fontsize=sizes.get("label"))
        axes.set_xlabel(options.xlabel or "", fontsize=sizes.get("label"))
        title = plain(panel.title)
        if titles is not None and (not isinstance(titles, str) or len(panels) == 1):
            title = titles if isinstance(titles, str) else titles[number]
        if title:
            texts.append(axes.set_title(title, fontsize=sizes.get("title")))
    if isinstance(titles, str) and len(panels) > 1:
        texts.append(figure.suptitle(titles, fontsize=sizes.get("title")))
    return texts
