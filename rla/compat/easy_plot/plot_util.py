"""`RLA.easy_plot.plot_util`: figures of results, and what they are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import numpy as np

from rla.compat.easy_plot.drawing import PRETTY_COLORS, PRETTY_MARKERS
from rla.compat.easy_plot.figures import Plotted, draw_figure
from rla.compat.easy_plot.groups import Labelled, panels_of
from rla.compat.easy_plot.moving_averages import one_sided_ema, smooth, symmetric_ema
from rla.compat.easy_plot.options import options_from, with_options
from rla.compat.easy_plot.reading import load_results
from rla.compat.easy_plot.regression import regression_analysis
from rla.compat.easy_plot.values import xy_of
from rla.errors import QueryError
from rla.names import TIME_STEP

__all__ = [
    "PRETTY_COLORS",
    "PRETTY_MARKERS",
    "default_split_fn",
    "default_xy_fn",
    "load_results",
    "one_sided_ema",
    "plot_results",
    "regression_analysis",
    "smooth",
    "symmetric_ema",
    "word_replace",
    "word_replace_back",
]

SLASH = "--"
EPISODES_RADIUS = 10

TextsT = TypeVar("TextsT", str, Sequence[str])


def word_replace(string: str) -> str:
    """Return the name of a metric as a name of a file: ``eval/return`` is ``eval--return``."""
    return string.replace("/", SLASH)


def word_replace_back(strings: Any) -> Any:
    """Return what `word_replace` was given, of a text or of a list of texts."""
    if isinstance(strings, str):
        return strings.replace(SLASH, "/")
    return [each.replace(SLASH, "/") for each in strings]


def default_xy_fn(r: Any, y_name: str | None) -> tuple[Any, Any] | None:
    """Return what is drawn of a result: a metric over time steps.

    Args:
        r: a result with the rows of a run in `.progress`.
        y_name: the metric. Where it is None and the result has episodes in `.monitor`: their returns, as means over 10
            neighbours on either side, over the sum of their lengths.

    Returns:
        x and y; None when the result does not have it.
    """
    if y_name is not None:
        return xy_of(r, TIME_STEP, y_name, None)
    if r.monitor is None:
        return None
    return np.cumsum(r.monitor["l"].to_numpy()), smooth(r.monitor["r"].to_numpy(), EPISODES_RADIUS)


def default_split_fn(r: Any) -> str:
    """Return the last part of a result's folder without the number of a seed: ``runs/ppo-3`` is of ``ppo``."""
    name = re.split(r"[/\\]", str(r.dirname).rstrip("/\\"))[-1]
    return re.sub(r"-\d+$", "", name)


@with_options
def plot_results(
    allresults: Sequence[Any],
    *,
    xy_fn: Callable[..., Any] = default_xy_fn,
    metrics: str | Sequence[str] | None = None,
    split_fn: Callable[[Any], Hashable] | None = None,
    group_fn: Callable[[Any], Hashable] | None = None,
    **options: Any,
) -> Plotted:
    """Draw the curves of results with pyplot: groups of runs, averaged or one by one, on one pair of axes or several.

    Args:
        allresults: results of runs, as `load_results` returns them.
        xy_fn: takes a result and a metric, and returns x and y, or None when the run has no such metric.
        metrics: what is drawn; None asks ``xy_fn`` once for each result, without a metric.
        split_fn: takes a result and returns the name of the axes that it belongs on, or a list: one for each metric.
        group_fn: takes a result and returns the name of the curve that it belongs to, or a list: one for each metric.
            By default a curve for each folder, without the number of a seed (`default_split_fn`).
        average_group: draw the mean of each group; otherwise each run by itself, in the colour of its group.
        shaded_err: shade ± the standard error of the mean.
        shaded_std: shade ± the standard deviation of runs (n - 1).
        shaded_range: shade from the least to the greatest run.
        figsize: width and height of the figure in inches.
        legend_outside: put the legend to the right of the axes; one for all axes where they would have the same.
        resample: bring curves to so many points, by a symmetric exponential average. Curves of different x need no
            such thing: they are brought to one grid in any case, as `rla.plot.aggregate_curves` does.
        smooth_step: how far that average reaches, in steps of the new grid.
        vary_len_plot: go on where runs have ended, with those that are left; otherwise curves of a group end with its
            shortest run.
        tiling: ``"symmetric"``, ``"vertical"`` or ``"horizontal"``: where several axes stand.
        xlabel: label of the x axes.
        ylabel: label of the y axes, or a list with one for each; the metric by default.
        title: title of the figure, or a list with one for each pair of axes.
        regs2legends: names for the legend: by group, or a list in the order of the groups.
        pretty: bright colours (`PRETTY_COLORS`), large letters, no frame.
        bound_line: horizontal lines, a list of ``[y, color, style, label]``.
        colors: colours of groups, in their order or by name.
        log: a logarithmic y axis; ``"x"`` or ``"xy"`` say it of others.
        ylim: limits of the y axes.
        xlim: limits of the x axes.
        show_number: show the number of runs behind each name in the legend.
        skip_legend: no legend.
        split_by_metrics: a pair of axes for each metric.
        use_marker: put markers on the curves.
        markers: markers of groups, in their order.
        legend_ncol: columns of the legend.
        rescale_idx: let the y axis hold what curves do from this point on, so that a spike at their beginning does not
            make the rest flat.
        estimator: what is drawn of a group (``"mean"``, ``"iqm"``, ``"median"``, …), with ``band`` around it instead of
            the old shades; see `rla.plot.estimate`, also for ``band``, ``level`` and ``n_boot``.
        band: ``"ci"`` (with an estimator alone), ``"t"``, ``"std"``, ``"sem"``, ``"minmax"``, ``"tolerance"``, …
        level: the confidence of the band.
        n_boot: draws of the bootstrap.
        min_seeds_for_band: with fewer runs, the runs are drawn and no band.
        align: how curves of different x come to one grid; see `rla.plot.align_curves`, also for the next two.
        x_range: ``"intersection"``, ``"union"`` or ``"hold"``.
        grid: the most points of that grid.
        smooth: a `rla.plot.Smoothing` of each run, or the number of points of a trailing mean.
        by: a hyper-parameter: a pair of axes for each of its values.
        normalize: task → the scores that become 0 and 1. The task of a run is its hyper-parameter ``env_id``, or what
            ``by`` says.
        show_runs: draw the runs as thin lines: True, False, or ``"auto"``: where a band was asked for, and there are
            too few of them for one.

    Returns:
        The figure, its axes, legends and texts, and what is drawn as data: see `Plotted`.

    Raises:
        TypeError: there is no option of a name; the message has the nearest.
        QueryError: no result has anything to draw, or an option has a value that cannot be.
    """
    asked = options_from(options, "plot_results")
    names: list[Any] = [metrics] if metrics is None or isinstance(metrics, str) else list(metrics)
    group, split = group_fn or default_split_fn, split_fn or (lambda result: None)
    labelled = [
        Labelled(each, [str(name) for name in _for_each(group(each), names)], _for_each(split(each), names))
        for each in allresults
    ]
    panels = panels_of(labelled, names, xy_fn, asked)
    if not panels:
        told = "" if metrics is None else f" of {', '.join(map(repr, names))}"
        raise QueryError(f"None of {len(labelled)} results has a value{told}.")
    return draw_figure(panels, asked)[0]


def _for_each(found: Any, metrics: Sequence[Any]) -> list[Any]:
    """Return what a function of the user's says of each metric."""
    if isinstance(found, list):
        if len(found) != len(metrics):
            raise QueryError(f"A list of names has one for each of {len(metrics)} metrics; got {found!r}.")
        return list(found)
    return [found] * len(metrics)
