"""Plots by one call, saved into the experiment's `results/` with the time step in their name.

They are drawn on figures of their own, without pyplot, so the user's figures, backend and style stay as they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rla.experiment.recorders import MatplotlibRecorder, finish_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["simple_hist", "simple_plot", "simple_scatter"]

PerSeries = str | Sequence[Any] | None
"""One value for each series; a text alone is for the only one; None leaves it to matplotlib."""

BINS = 30


def simple_scatter(
    name: str,
    datas: Any,
    texts: Sequence[str] | None,
    pretty: bool = False,
    xlabel: str = "",
    ylabel: str = "",
    cover: bool = False,
    save_path: str | os.PathLike[str] | None = None,
    *args: Any,
    **kwargs: Any,
) -> str | None:
    """Save a plot of points.

    Args:
        name: file name.
        datas: the points, (x, y) each.
        texts: what stands beside each point; nothing when None.
        pretty: a light grid, and no frame above and to the right.
        xlabel: label of the x axis.
        ylabel: label of the y axis.
        cover: replace a file of that name.
        save_path: the folder; the results of the current experiment when None.
        args: handed to ``Axes.scatter``.
        kwargs: handed to ``Axes.scatter``.

    Returns:
        The path of the file; None when the disk refused it, which is told of once.

    Raises:
        ValueError: the points are no pairs, or their texts are of another number.
    """
    points = [_on_the_host(point) for point in _on_the_host(datas)]
    if not points or any(len(point) != 2 for point in points):
        raise ValueError(
            f"simple_scatter('{name}') takes points (x, y); got {len(points)} items, not all of two numbers."
        )
    if texts is not None and len(texts) != len(points):
        raise ValueError(f"simple_scatter('{name}') takes a text for each of {len(points)} points; got {len(texts)}.")
    figure, axes = _figure()
    axes.scatter([point[0] for point in points], [point[1] for point in points], *args, **kwargs)
    for point, text in zip(points, texts or (), strict=False):
        axes.annotate(str(text), point, xytext=(4, 4), textcoords="offset points")
    return _finished(figure, name, xlabel, ylabel, "", pretty, False, cover, save_path)


def simple_hist(
    name: str,
    data: Any,
    labels: PerSeries = None,
    pretty: bool = False,
    xlabel: str = "",
    ylabel: str = "",
    title: str | None = None,
    colors: PerSeries = None,
    styles: PerSeries = None,
    cover: bool = False,
    save_path: str | os.PathLike[str] | None = None,
    *args: Any,
    **kwargs: Any,
) -> str | None:
    """Save a plot of how often which values occur; several series lie over each other, in the same bins.

    Args:
        name: file name.
        data: the values: one series, or a list of series. NaN and infinities are left out.
        labels: a name for each series, for the legend.
        pretty: a light grid, and no frame above and to the right.
        xlabel: label of the x axis.
        ylabel: label of the y axis.
        title: title of the axes.
        colors: a colour of matplotlib for each series.
        styles: a ``histtype`` of matplotlib for each series: ``bar``, ``step`` or ``stepfilled``.
        cover: replace a file of that name.
        save_path: the folder; the results of the current experiment when None.
        args: handed to ``Axes.hist``.
        kwargs: handed to ``Axes.hist``, e.g. ``bins``, which are 30 without it.

    Returns:
        The path of the file; None when the disk refused it, which is told of once.

    Raises:
        ValueError: labels, colours or styles are not as many as the series.
    """
    import numpy

    series = [values[numpy.isfinite(values)] for values in _series(data)]
    if not args and "bins" not in kwargs:
        kwargs["bins"] = numpy.histogram_bin_edges(numpy.concatenate(series), BINS)
    figure, axes = _figure()
    several = {"alpha": 0.6} if len(series) > 1 else {}
    for values, look in zip(
        series, _looks(name, len(series), label=labels, color=colors, histtype=styles), strict=True
    ):
        axes.hist(values, *args, **{**several, **look, **kwargs})
    return _finished(figure, name, xlabel, ylabel, title or "", pretty, False, cover, save_path)


def simple_plot(
    name: str,
    data: Any = None,
    x: Any = None,
    y: Any = None,
    labels: PerSeries = None,
    pretty: bool = False,
    xlabel: str = "",
    ylabel: str = "",
    colors: PerSeries = None,
    styles: PerSeries = None,
    cover: bool = False,
    title: str | None = None,
    legend_outside: bool = False,
    save_path: str | os.PathLike[str] | None = None,
    *args: Any,
    **kwargs: Any,
) -> str | None:
    """Save a plot of lines.

    Args:
        name: file name.
        data: the values along the y axis: one series, or a list of series.
        x: their places along the x axis: one series for all, or one for each; counted from 0 when None.
        y: the same as ``data``, for those who name it so.
        labels: a name for each series, for the legend.
        pretty: a light grid, and no frame above and to the right.
        xlabel: label of the x axis.
        ylabel: label of the y axis.
        colors: a colour of matplotlib for each series.
        styles: a line style of matplotlib for each series: ``-``, ``--``, ``:``, ….
        cover: replace a file of that name.
        title: title of the axes.
        legend_outside: put the legend to the right of the axes.
        save_path: the folder; the results of the current experiment when None.
        args: handed to ``Axes.plot``.
        kwargs: handed to ``Axes.plot``.

    Returns:
        The path of the file; None when the disk refused it, which is told of once.

    Raises:
        TypeError: neither ``data`` nor ``y`` was given, or both.
        ValueError: labels, colours, styles or places are not as many as the series.
    """
    if (data is None) == (y is None):
        raise TypeError(f"simple_plot('{name}') takes the values along the y axis as data or as y, one of them.")
    series = _series(y if data is None else data)
    places = [range(len(values)) for values in series] if x is None else _series(x)
    if x is not None and len(places) == 1:
        places *= len(series)
    if [len(place) for place in places] != [len(values) for values in series]:
        raise ValueError(
            f"simple_plot('{name}') takes places along the x axis as many as values; got "
            f"{[len(place) for place in places]} places for {[len(values) for values in series]} values."
        )
    figure, axes = _figure()
    looks = _looks(name, len(series), label=labels, color=colors, linestyle=styles)
    for place, values, look in zip(places, series, looks, strict=True):
        axes.plot(place, values, *args, **{**look, **kwargs})
    return _finished(figure, name, xlabel, ylabel, title or "", pretty, legend_outside, cover, save_path)


def _on_the_host(values: Any) -> Any:
    return values.detach().cpu().numpy() if hasattr(values, "detach") else values


def _series(data: Any) -> list[Any]:
    """Return a list of series: of arrays, tensors or lists of numbers; one series alone makes a list of one."""
    import numpy

    items = [_on_the_host(item) for item in _on_the_host(data)]
    if all(numpy.ndim(item) == 0 for item in items):
        items = [items]
    return [numpy.asarray(item).ravel() for item in items]


def _looks(name: str, count: int, **given: PerSeries) -> Iterator[dict[str, Any]]:
    """Yield the keywords of each series."""
    looks: list[dict[str, Any]] = [{} for _ in range(count)]
    for keyword, values in given.items():
        if values is None:
            continue
        found = [values] if isinstance(values, str) else list(values)
        if len(found) != count:
            raise ValueError(f"'{name}' has {count} series; got {len(found)} values for their {keyword}: {found!r}.")
        for look, value in zip(looks, found, strict=True):
            look[keyword] = value
    yield from looks


def _figure() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure()
    return figure, figure.add_subplot()


def _finished(
    figure: Figure,
    name: str,
    xlabel: str,
    ylabel: str,
    title: str,
    pretty: bool,
    legend_outside: bool,
    cover: bool,
    save_path: str | os.PathLike[str] | None,
) -> str | None:
    (axes,) = figure.axes
    finish_axes(axes, xlabel, ylabel, title, pretty, legend_outside)
    return MatplotlibRecorder.save(name, figure, cover, results_dir=save_path)
