"""Figures and pictures of the user's, saved into the experiment's `results/` with the time step in their name."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final

from rla import files
from rla.experiment.manager import exp_manager
from rla.output.media.encoders import as_image
from rla.output.media.figures import render
from rla.output.media.pictures import as_picture
from rla.output.media.places import free_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DEFAULT_SUFFIX", "SUFFIXES", "ImgRecorder", "MatplotlibRecorder", "finish_axes", "format_name"]

DEFAULT_SUFFIX: Final = ".png"
SUFFIXES: Final = frozenset(
    {".png", ".pdf", ".svg", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".gif", ".eps", ".ps", ".pgf"}
)
"""Endings that name a format; any other dot belongs to the name."""

PICTURE_FORMATS: Final = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".gif": "GIF",
    ".bmp": "BMP",
}
"""Endings of pictures, with what Pillow calls the format."""

_WITHOUT_OPACITY: Final = frozenset({"JPEG"})


def format_name(name: str, add_timestamp: bool, cover: bool, results_dir: str | os.PathLike[str] | None) -> str:
    """Return the path that a result is saved at; its folder is made.

    Args:
        name: file name, or a path below the folder, which it never leaves; ``.png`` is added where it has no ending.
        add_timestamp: put the time step behind the name: ``policy-1000.png``.
        cover: replace a file that is there; otherwise a number is put behind the name.
        results_dir: the folder; that of the current experiment when None.
    """
    stem, suffix = _split(name, SUFFIXES)
    path = free_path(_folder(results_dir), stem, suffix, _step(add_timestamp), cover)
    files.make_directories(os.path.dirname(path))
    return path


def _split(name: str, suffixes: Collection[str]) -> tuple[str, str]:
    """Return a name without its ending, and the ending."""
    stem, suffix = os.path.splitext(name)
    return (stem, suffix) if suffix.lower() in suffixes else (name, DEFAULT_SUFFIX)


def _folder(results_dir: str | os.PathLike[str] | None) -> str | os.PathLike[str]:
    if results_dir is not None:
        return results_dir
    logger = exp_manager.logger  # it may record without an experiment, by `logger.configure`
    recorded = logger.results_dir if logger.get_dir() is not None else None
    return exp_manager.results_dir if recorded is None else recorded


def _step(add_timestamp: bool) -> int | float | None:
    return exp_manager.logger.now() if add_timestamp else None


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
    ) -> str | None:
        """Save a figure.

        Args:
            name: file name, or a path below the folder; ``figure`` when None.
            fig: the figure; pyplot's current one when None.
            cover: replace a file of that name.
            add_timestamp: put the time step behind the name.
            results_dir: the folder; that of the current experiment when None.
            kwargs: handed to ``Figure.savefig``.

        Returns:
            The path of the file; None when the disk refused it, which is told of once.
        """
        folder = _folder(results_dir)
        if fig is None:
            import matplotlib.pyplot as plt

            fig = plt.gcf()
        stem, suffix = _split(name or "figure", SUFFIXES)
        content = render(fig, suffix[1:].lower(), **kwargs)
        return exp_manager.logger.save_result(stem, suffix, content, _step(add_timestamp), folder, cover)

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
    ) -> str | None:
        """Let a function draw with pyplot on a new figure, and save it; the current figure stays the current one.

        Args:
            name: file name.
            plot_func: draws, with pyplot's functions; where it makes a figure of its own, that one is saved.
            cover: replace a file of that name.
            legend_outside: put the legend to the right of the axes.
            pretty_plot: a light grid, and no frame above and to the right.
            xlabel: label of the x axis.
            ylabel: label of the y axis.
            title: title of the axes.
            add_timestamp: put the time step behind the name.
            close_all_fig: close the new figures afterwards; those that were there before stay open.
            results_dir: the folder; that of the current experiment when None.
            args: handed to ``plot_func``.
            kwargs: handed to ``plot_func``.

        Returns:
            The path of the file; None when the disk refused it, which is told of once.
        """
        import matplotlib.pyplot as plt

        before = set(plt.get_fignums())
        current = plt.gcf() if before else None
        figure = plt.figure()
        try:
            plot_func(*args, **kwargs)
            if set(plt.get_fignums()) - before and plt.gcf().number not in before:
                figure = plt.gcf()
            finish_axes(figure.gca(), xlabel, ylabel, title, pretty_plot, legend_outside)
            return MatplotlibRecorder.save(name, figure, cover, add_timestamp, results_dir)
        finally:
            for number in set(plt.get_fignums()) - before if close_all_fig else ():
                plt.close(number)
            if current is not None and plt.fignum_exists(current.number):
                plt.figure(current.number)


class ImgRecorder:
    """Saves pictures."""

    @staticmethod
    def save(
        name: str | None = None, img: Any = None, cover: bool = False, add_timestamp: bool = True, **kwargs: Any
    ) -> str | None:
        """Save a picture.

        Args:
            name: file name, or a path below the experiment's results; ``image`` when None. Its ending says the format:
                ``.png`` (where there is none), ``.jpg``, ``.webp``, ``.tif``, ``.gif`` or ``.bmp``.
            img: the picture as ``logger.image`` takes it, its colours in the order red, green, blue.
            cover: replace a file of that name.
            add_timestamp: put the time step behind the name.
            kwargs: handed to ``save`` of Pillow, e.g. ``quality=90``.

        Returns:
            The path of the file; None when the disk refused it, which is told of once.

        Raises:
            TypeError: it is no picture.
            ValueError: its shape is that of none.
        """
        folder = _folder(None)
        stem, suffix = _split(name or "image", PICTURE_FORMATS)
        image = as_image(as_picture(img, f"ImgRecorder.save({name!r})", exp_manager.logger.warn_visibly))
        kind = PICTURE_FORMATS[suffix.lower()]
        if image.mode == "RGBA" and kind in _WITHOUT_OPACITY:
            image = image.convert("RGB")
        content = io.BytesIO()
        image.save(content, **{"format": kind, **kwargs})
        return exp_manager.logger.save_result(stem, suffix, content.getvalue(), _step(add_timestamp), folder, cover)


def finish_axes(axes: Axes, xlabel: str, ylabel: str, title: str, pretty: bool, legend_outside: bool) -> None:
    """Label axes, and show a legend where something drawn there has a label.

    Args:
        axes: axes of matplotlib.
        xlabel: label of the x axis; an empty one leaves that of the axes.
        ylabel: label of the y axis, likewise.
        title: title of the axes, likewise.
        pretty: a light grid, and no frame above and to the right.
        legend_outside: put the legend to the right of the axes.
    """
    if xlabel:
        axes.set_xlabel(xlabel)
    if ylabel:
        axes.set_ylabel(ylabel)
    if title:
        axes.set_title(title)
    if pretty:
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[1]:
        if legend_outside:
            axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
        elif axes.get_legend() is None:
            axes.legend()
