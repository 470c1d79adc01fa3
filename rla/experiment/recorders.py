"""Figures of the user's, saved into the experiment's `results/` with the time step in their name."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rla import files
from rla.experiment.manager import exp_manager

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MatplotlibRecorder", "format_name"]

DEFAULT_SUFFIX = ".png"
SUFFIXES = frozenset({".png", ".pdf", ".svg", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".gif", ".eps", ".ps", ".pgf"})
"""Endings that name a format; any other dot belongs to the name."""


def format_name(name: str, add_timestamp: bool, cover: bool, results_dir: str | os.PathLike[str] | None) -> str:
    """Return the path that a result is saved at.

    Args:
        name: file name, or a path below the folder; ``.png`` is added where it has no ending.
        add_timestamp: put the time step behind the name: ``policy-1000.png``.
        cover: replace a file that is there; otherwise a number is put behind the name.
        results_dir: the folder; that of the current experiment when None.
    """
    folder = Path(exp_manager.results_dir if results_dir is None else results_dir)
    path = folder / name
    suffix = path.suffix if path.suffix.lower() in SUFFIXES else ""
    stem = str(path)[: -len(suffix)] if suffix else str(path)
    if add_timestamp:
        stem += f"-{exp_manager.get_timestep()}"
    candidate, number = f"{stem}{suffix or DEFAULT_SUFFIX}", 1
    while not cover and os.path.exists(candidate):
        number += 1
        candidate = f"{stem}-{number}{suffix or DEFAULT_SUFFIX}"
    files.make_directories(os.path.dirname(candidate))
    return candidate


class MatplotlibRecorder:
    """Saves figures of matplotlib. It leaves the backend, the style and the user's own figures as they are."""

    @staticmethod
    def save(
        name: str | None = None,
        fig: Figure | None = None,
        cover: bool = False,
        add_timestamp: bool = True,
        results_dir: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> str:
        """Save a figure.

        Args:
            name: file name; ``figure`` when None.
            fig: the figure; pyplot's current one when None.
            cover: replace a file of that name.
            add_timestamp: put the time step behind the name.
            results_dir: the folder; that of the current experiment when None.
            kwargs: handed to ``Figure.savefig``.

        Returns:
            The path of the file.
        """
        if fig is None:
            import matplotlib.pyplot as plt

            fig = plt.gcf()
        path = format_name(name or "figure", add_timestamp, cover, results_dir)
        content = io.BytesIO()
        suffix = os.path.splitext(path)[1][1:]
        fig.savefig(content, **{"bbox_inches": "tight", "dpi": 150, "format": suffix, **kwargs})
        files.write_atomic(path, content.getvalue())
        return path

    @staticmethod
    def pretty_plot_wrapper(
        name: str,
        plot_func: Callable[..., Any],
        cover: bool = False,
        legend_outside: bool = False,
        pretty_plot: bool = False,
        xlabel: str = "",
        ylabel: str = "",
        title: str = "",
        add_timestamp: bool = True,
        close_all_fig: bool = True,
        results_dir: str | os.PathLike[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> str:
        """Let a function draw with pyplot on a new figure, and save it.

        Args:
            name: file name.
            plot_func: draws, with pyplot's functions.
            cover: replace a file of that name.
            legend_outside: put the legend to the right of the axes.
            pretty_plot: a light grid, and no frame above and to the right.
            xlabel: label of the x axis.
            ylabel: label of the y axis.
            title: title of the axes.
            add_timestamp: put the time step behind the name.
            close_all_fig: close the new figure afterwards; figures of others stay open.
            results_dir: the folder; that of the current experiment when None.
            args: handed to ``plot_func``.
            kwargs: handed to ``plot_func``.

        Returns:
            The path of the file.
        """
        import matplotlib.pyplot as plt

        figure = plt.figure()
        try:
            plot_func(*args, **kwargs)
            axes = figure.gca()
            if xlabel:
                axes.set_xlabel(xlabel)
            if ylabel:
                axes.set_ylabel(ylabel)
            if title:
                axes.set_title(title)
            if pretty_plot:
                axes.grid(alpha=0.3)
                axes.spines[["top", "right"]].set_visible(False)
            if axes.get_legend_handles_labels()[1]:
                place = {"loc": "upper left", "bbox_to_anchor": (1.02, 1.0)} if legend_outside else {}
                axes.legend(**place)
            return MatplotlibRecorder.save(name, figure, cover, add_timestamp, results_dir)
        finally:
            if close_all_fig:
                plt.close(figure)
