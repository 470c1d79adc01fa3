"""A figure that a notebook shows when it is the last value of a cell, whether or not pyplot was imported."""

from __future__ import annotations

from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rla.output.media.figures import render

__all__ = ["ShownFigure", "new_figure", "notebook_png"]

_DPI = 200
_PIXELS_PER_INCH = 130
"""On the screen a figure is a little larger than on paper."""


class ShownFigure(Figure):
    """A figure of matplotlib with a picture for notebooks; pyplot does not know it, so it needs no closing."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        return notebook_png(self)


def new_figure(size: tuple[float, float]) -> ShownFigure:
    """Return an empty figure; width and height are in inches."""
    figure = ShownFigure(size)
    FigureCanvasAgg(figure)
    return figure


def notebook_png(figure: Figure) -> tuple[bytes, dict[str, Any]]:
    """Return a figure as PNG, with how large a notebook shows it."""
    width, height = (round(side * _PIXELS_PER_INCH) for side in figure.get_size_inches())
    return render(figure, "png", dpi=_DPI, bbox_inches=None), {"width": width, "height": height}
