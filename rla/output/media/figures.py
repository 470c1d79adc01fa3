"""Figures of matplotlib as files; its backend, its style and the figures of the user stay as they are."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from rla.output.media.arrays import described, is_instance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["as_figure", "render"]


def as_figure(figure: Any, call: str) -> Figure:
    """Return the figure that is meant: pyplot's current one when None.

    Args:
        figure: a figure of matplotlib, or None.
        call: what the user called, for messages.

    Raises:
        TypeError: it is no figure.
        ValueError: None was given, and pyplot has no figure.
    """
    if figure is None:
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or not pyplot.get_fignums():
            raise ValueError(f"{call} takes a figure of matplotlib; got None, and pyplot has no figure to take.")
        figure = pyplot.gcf()
    if not is_instance(figure, "matplotlib.figure", "Figure"):
        inside = getattr(figure, "figure", None)
        hint = " Its .figure is one." if is_instance(inside, "matplotlib.figure", "Figure") else ""
        raise TypeError(f"{call} takes a figure of matplotlib; got {described(figure)}.{hint}")
    found: Figure = figure
    return found


def render(figure: Figure, kind: str, **options: Any) -> bytes:
    """Return a figure as the content of a file.

    Args:
        figure: the figure; it stays open and as it is.
        kind: a format of matplotlib, e.g. ``"png"``.
        options: handed to ``Figure.savefig``.
    """
    content = io.BytesIO()
    figure.savefig(content, **{"bbox_inches": "tight", "dpi": 150, "format": kind, **options})
    return content.getvalue()
