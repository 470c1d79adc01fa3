"""Where the parts of a figure stand: panels in a grid, one legend, and the line of text under all; none over another.

A legend and a caption make the figure higher, not the panels smaller, unless the user has said how large it shall be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rla.errors import QueryError
from rla.plot.figure.shown import new_figure
from rla.plot.figure.text import CAPTION, SMALL, width_of, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    from rla.plot.figure.look import Look

__all__ = ["Entries", "Grid", "axes_of", "dress", "figure_with", "finish", "panel_size"]

ONE_COLUMN: Final = 3.4
"""Inches: a column of a paper of two."""

TWO_COLUMNS: Final = 7.0
"""Inches: the text of a page."""

_EDGE: Final = 0.04
"""Inches between the parts, and around them."""

_HANDLE: Final = 0.45
"""Inches: the line beside a text of the legend, with the gaps around both."""

_LINE_SPACING: Final = 1.15

_PANEL_HEIGHTS: Final = {1: 2.1, 2: 2.1, 3: 1.75, 4: 1.5}
"""Number of columns → inches of a row."""

_LEAST_PANEL: Final = 0.7
"""Inches; panels of a size that the user has said are never lower than this."""


@dataclass
class Entries:
    """The legend of a figure: lines and marks, and what is said of them."""

    handles: list[Any] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def add(self, handle: Any, label: str) -> None:
        """Add a line or a mark."""
        if label not in self.labels:
            self.handles.append(handle)
            self.labels.append(label)


@dataclass(frozen=True)
class Grid:
    """The grid of a figure's panels.

    Args:
        rows: how many.
        columns: how many.
        width: of the figure, in inches.
        height: of all rows, in inches.
    """

    rows: int
    columns: int
    width: float
    height: float

    @classmethod
    def of(cls, groups: Sequence[int], wide: bool = False, legend: str = "below") -> Grid:
        """Return the grid of groups of panels, each of which begins a row: metrics, with a panel for each task.

        Args:
            groups: how many panels each has.
            wide: whether a single panel is as wide as several, to leave room for a long legend.
            legend: where that is.
        """
        most = max(groups)
        columns = most if most <= 4 else 4 if most % 4 == 0 or most > 9 else 3 if most % 3 == 0 else math.ceil(most / 2)
        columns = min(columns, 3 if legend == "right" else 4)
        rows = sum(math.ceil(group / columns) for group in groups)
        width = TWO_COLUMNS if wide or columns > 1 else ONE_COLUMN + (1.2 if legend == "right" else 0)
        return cls(rows, columns, width, rows * (2.6 if wide and columns == 1 else _PANEL_HEIGHTS[columns]))


def figure_with(grid: Grid, look: Look, groups: Sequence[int]) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes for all panels; `finish` gives it its height."""
    figure = new_figure(look.size or (grid.width, grid.height))
    spec = figure.add_gridspec(grid.rows, grid.columns)
    axes, row = [], 0
    for group in groups:
        for place in range(group):
            axes.append(figure.add_subplot(spec[row + place // grid.columns, place % grid.columns]))
        row += math.ceil(group / grid.columns)
    for each in axes:
        dress(each)
    return figure, axes


def axes_of(given: Any, expected: int, what: str) -> list[Axes]:
    """Return axes that the user has given, one or several, as a list.

    Raises:
        QueryError: they are not as many as there are panels.
    """
    found = [given] if hasattr(given, "plot") else list(given.flat if hasattr(given, "flat") else given)
    if len(found) != expected:
        raise QueryError(f"There are {expected} panels ({what}) for {len(found)} axes; pass as many axes as panels.")
    return found


def dress(axes: Axes) -> None:
    """Give axes of a figure of ours their look: light lines, nothing at the right and at the top."""
    axes.spines[["top", "right"]].set_visible(False)
    for spine in axes.spines.values():
        spine.set_linewidth(0.6)
    axes.tick_params(labelsize=SMALL, width=0.6, length=2.5, pad=2)
    axes.grid(True, color="0.9", linewidth=0.5)
    axes.set_axisbelow(True)


def finish(figure: Figure, grid: Grid, look: Look, entries: Entries, caption: str) -> None:
    """Put legend and caption where nothing else is, and give the figure its height.

    Args:
        figure: with its panels drawn.
        grid: of the panels.
        look: how it shall look.
        entries: of the legend.
        caption: the line under the figure; empty for none.
    """
    width = look.size[0] if look.size else grid.width
    legend = _legend(figure, look.legend, entries, width)
    text = _caption(figure, caption, width)
    legend_wide, legend_high = _extent(legend)
    below = look.legend == "below" and legend is not None
    under = sum(high + _EDGE for high in (_extent(text)[1], legend_high if below else 0.0) if high)
    panels = grid.height if below else max(grid.height, legend_high)
    height = look.size[1] if look.size else panels + under
    _check_height(height - under, grid, look)
    figure.set_size_inches(width, height)
    right = 0.0 if below or legend is None else legend_wide + 2 * _EDGE
    room = (0, under / height, 1 - right / width, 1 - under / height)
    figure.set_layout_engine("constrained", rect=room, w_pad=_EDGE, h_pad=_EDGE)
    if text is not None:
        text.set_position((_EDGE / width, _EDGE / height))
    if below and legend is not None:
        legend.set_bbox_to_anchor((0.5, (under - legend_high) / height))
    elif legend is not None:
        legend.set_bbox_to_anchor((1 - _EDGE / width, 0.5 + room[1] / 2))


def _extent(artist: Legend | Text | None) -> tuple[float, float]:
    """Return width and height in inches."""
    if artist is None:
        return 0.0, 0.0
    figure: Any = artist.get_figure()
    box = artist.get_window_extent(figure.canvas.get_renderer())
    return box.width / figure.dpi, box.height / figure.dpi


def _caption(figure: Figure, caption: str, width: float) -> Text | None:
    if not caption:
        return None
    whole = caption.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}").replace(" %", "\N{NO-BREAK SPACE}%")
    lines = wrapped(whole, 0.97 * width - 2 * _EDGE, CAPTION)
    text: Text = figure.text(0, 0, lines, fontsize=CAPTION, color="0.35")
    text.set(va="bottom", ha="left", linespacing=_LINE_SPACING)
    return text


def panel_size(grid: Grid, look: Look, labels: Sequence[str]) -> tuple[float, float]:
    """Return about how wide and high a panel with its texts is, in inches; the texts are broken into lines by that.

    Args:
        grid: of the panels.
        look: how the figure shall look.
        labels: of the legend.
    """
    width, height = look.size or (grid.width, grid.height)
    beside = max(width_of(label, SMALL) for label in labels) + _HANDLE if look.legend == "right" and labels else 0.0
    return max(width - beside, 1.0) / grid.columns, height / grid.rows


def _check_height(height: float, grid: Grid, look: Look) -> None:
    if look.size and height < _LEAST_PANEL * grid.rows:
        raise QueryError(
            f"size={look.size} leaves {max(height, 0):.1f} inches for {grid.rows} rows of panels, beside legend and "
            "caption. Give a greater height, legend='right', or caption=False."
        )


def _legend(figure: Figure, place: str, entries: Entries, width: float) -> Legend | None:
    if place == "none" or not entries.handles:
        return None
    columns = 1
    if place == "below":
        widest = max(width_of(label, SMALL) for label in entries.labels) + _HANDLE
        most = max(1, int((width - 2 * _EDGE) / widest))
        rows = math.ceil(len(entries.labels) / most)
        columns = math.ceil(len(entries.labels) / rows)  # as few columns as the same rows need
    legend = figure.legend(
        entries.handles,
        ["."] * len(entries.labels),  # matplotlib would leave out what begins with an underscore
        loc="lower center" if place == "below" else "center right",
        ncols=columns,
        fontsize=SMALL,
        frameon=False,
        borderaxespad=0,
        borderpad=0.1,
        handlelength=2.2,
        handletextpad=0.5,
        columnspacing=1.2,
        labelspacing=0.35,
        numpoints=1,
    )
    for text, label in zip(legend.get_texts(), entries.labels, strict=True):
        text.set_text(label)
    return legend
