"""Curves and shades on axes, and what callers are told of them."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.compat.easy_plot.averages import ERROR, OWN, RANGE, STD, Shade, averages_of, shades_of
from rla.compat.easy_plot.groups import Panel
from rla.compat.easy_plot.options import PlotOptions
from rla.errors import QueryError, RLAWarning
from rla.plot.statistics.aggregate import Band

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PRETTY_COLORS", "PRETTY_MARKERS", "DrawnPanel", "Look", "draw_panel", "looks_of", "plain"]

PRETTY_COLORS = ["orangered", "royalblue", "forestgreen", "orange", "deeppink", "deepskyblue"]
PRETTY_MARKERS = ["o", "v", "d", "P", "p"]

COLORS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Colours that people who are colour-blind tell apart (Okabe and Ito, 2008), the dark ones first."""

STYLES: Final = ("-", "--", "-.", ":")

OPACITIES: Final = {ERROR: 0.3, STD: 0.2, RANGE: 0.12, OWN: 0.2}
KEYS: Final = {ERROR: "-se", STD: "-ss", RANGE: "-sr", OWN: "-ci"}
"""What is put behind the name of a group in what plots return of its shades."""

MARKS: Final = 10
"""So many markers are on a curve."""

FEW: Final = 12
"""Lines of more curves are thinner."""


@dataclass(frozen=True)
class Look:
    """How one curve looks."""

    color: Any
    style: str = "-"
    marker: str = ""
    width: float = 1.8


@dataclass
class DrawnPanel:
    """What was drawn on one pair of axes.

    Args:
        artists: group and kind of shade (``"lr=0.1-se"``) → ``[artist, …]`` and what it shows.
        scores: legend and kind of shade (``"lr=0.1 (3)-err"``) → the final values.
        handles: the lines that a legend shows.
        labels: what stands beside them.
        bands: group → what was drawn of it.
    """

    artists: dict[str, list[Any]] = field(default_factory=dict)
    scores: dict[str, tuple[float, ...]] = field(default_factory=dict)
    handles: list[Any] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    bands: dict[str, Band] = field(default_factory=dict)


def plain(text: str) -> str:
    r"""Return a text that matplotlib shows as it is: ``$`` begins no formula."""
    return text.replace("$", r"\$")


def looks_of(groups: Sequence[str], options: PlotOptions) -> dict[str, Look]:
    """Return how the curves of groups look: a group looks the same on all axes.

    Raises:
        QueryError: a dict of colours lacks a group, or there are no colours or markers at all.
    """
    colors, styles = _colors(groups, options)
    markers = list(options.markers or PRETTY_MARKERS) if options.use_marker or options.markers else [""]
    return {
        group: Look(color, style, marker, 1.8 if len(groups) <= FEW else 1.2)
        for group, color, style, marker in zip(groups, colors, styles, itertools.cycle(markers), strict=False)
    }


def _colors(groups: Sequence[str], options: PlotOptions) -> tuple[list[Any], list[str]]:
    """Return a colour and a line style for each group; styles change when all colours are used."""
    if isinstance(options.colors, Mapping):
        missing = [group for group in groups if group not in options.colors]
        if missing:
            raise QueryError(f"colors has none for '{missing[0]}'; it has some for {', '.join(options.colors)}.")
        return [options.colors[group] for group in groups], ["-"] * len(groups)
    palette: list[Any] = list(options.colors or (PRETTY_COLORS if options.pretty else COLORS))
    if len(groups) > len(palette) * len(STYLES) and not options.colors:
        palette = _many_colors(-(-len(groups) // len(STYLES)))
    numbers = range(len(groups))
    styles = [STYLES[number // len(palette) % len(STYLES)] for number in numbers]
    return [palette[number % len(palette)] for number in numbers], styles


def _many_colors(number: int) -> list[Any]:
    import matplotlib

    return list(matplotlib.colormaps["turbo"](np.linspace(0.02, 0.95, number)))


def draw_panel(
    axes: Axes, panel: Panel, looks: Mapping[str, Look], legends: Mapping[str, str], options: PlotOptions
) -> DrawnPanel:
    """Draw the groups of a panel."""
    drawn = DrawnPanel(bands=averages_of(panel.groups, options))
    for group, band in drawn.bands.items():
        look, shades = looks[group], shades_of(band, options) if len(band.x) else {}
        if not len(band.x) and options.average_group:
            warnings.warn(f"'{legends[group]}': {' '.join(band.notes)}", RLAWarning, stacklevel=4)
        if options.average_group:
            handle = _draw_average(axes, group, band, shades, look, drawn, options)
        else:
            handle = _draw_runs_alone(axes, panel, group, look, options)
        number = f" ({len(band.runs)})" * options.show_number
        label = f"{legends[group]}{number}".strip()
        drawn.handles.append(handle)
        drawn.labels.append(label)
        for kind, shade in shades.items():
            drawn.scores[f"{label}-{kind}"] = tuple(float(values[-1]) for values in shade.told)
    return drawn


def _draw_average(
    axes: Axes,
    group: str,
    band: Band,
    shades: Mapping[str, Shade],
    look: Look,
    drawn: DrawnPanel,
    options: PlotOptions,
) -> Any:
    """Draw the curve of a group with its shades, and return its line."""
    if options.has_own_band:
        wanted = [OWN]
    else:
        asked = {RANGE: options.shaded_range, STD: options.shaded_std, ERROR: options.shaded_err}
        wanted = [kind for kind, is_wanted in asked.items() if is_wanted]
    for kind in wanted:
        if (shade := shades.get(kind)) is None:
            continue
        artist = axes.fill_between(
            band.x, shade.low, shade.high, color=look.color, alpha=OPACITIES[kind], linewidth=0, zorder=1.5
        )
        told = [shade.told[0], shade.told[1:]] if kind == OWN else list(shade.told)
        drawn.artists[group + KEYS[kind]] = [artist, *told]
    runs_instead = options.has_own_band and options.show_runs == "auto" and not band.has_band
    if options.show_runs is True or runs_instead:
        for values in band.values:
            axes.plot(band.x, values, look.style, color=look.color, linewidth=0.8, alpha=0.5, zorder=1.8)
    return _line(axes, band.x, band.centre, look, options, width=look.width)


def _draw_runs_alone(axes: Axes, panel: Panel, group: str, look: Look, options: PlotOptions) -> Any:
    """Draw each run of a group by itself, and return one of the lines."""
    line = None
    for curve in panel.groups[group]:
        alone = averages_of({group: [curve]}, options)[group]
        line = _line(axes, alone.x, alone.centre, look, options, width=1.0)
    return line


def _line(axes: Axes, x: Any, y: Any, look: Look, options: PlotOptions, width: float = 1.8) -> Any:
    every: dict[str, Any] = {"markevery": max(1, len(x) // MARKS), "markersize": 6} if look.marker else {}
    (line,) = axes.plot(
        x,
        y,
        look.style,
        color=look.color,
        marker=look.marker or None,
        linewidth=width * (1.4 if options.pretty else 1),
        solid_capstyle="round",
        **every,
    )
    return line
