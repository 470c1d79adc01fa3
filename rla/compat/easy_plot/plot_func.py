"""`RLA.easy_plot.plot_func`: curves of a published `log/` tree, with parameters that its folders' names tell."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rla.compat.const import DEFAULT_X_NAME
from rla.compat.easy_plot.experiments import Asked, by_patterns, check_keys, draw_experiments, names_of_patterns
from rla.compat.easy_plot.figures import show_plt
from rla.compat.easy_plot.groups import Labelled, call_with
from rla.compat.easy_plot.log_trees import folders_of, tree_at
from rla.compat.easy_plot.options import check_names, options_from
from rla.compat.easy_plot.parameters import text_of_parameter
from rla.compat.easy_plot.plot_util import word_replace, word_replace_back
from rla.compat.easy_plot.result_cls import CsvResult, Result
from rla.compat.easy_plot.values import check_scales, xy_of
from rla.errors import QueryError

__all__ = [
    "auto_gen_key_value_name",
    "csv_to_xy",
    "default_key_to_legend",
    "picture_split",
    "plot_res_func",
    "scale_index_to_dict",
    "show_plt",
    "split_by_reg",
    "split_by_task",
    "word_replace",
    "word_replace_back",
]

Scale = Callable[[Any], Any] | float
KeyToLegend = Callable[..., str] | None


def default_key_to_legend(parse_list: Sequence[str], y_name: str) -> str:
    """Return the name of a curve: ``lr=0.1.seed=1 eval:<metric>``.

    Args:
        parse_list: what curves differ by, ``k=v`` each.
        y_name: the metric.
    """
    return f"{'.'.join(parse_list)} eval:{y_name}"


def plot_res_func(
    prefix_dir: str,
    regs: str | Sequence[str],
    param_keys: str | Sequence[str],
    value_keys: str | Sequence[str],
    scale_dict: Mapping[str, Scale] | None = None,
    replace_legend_keys: Sequence[str] | None = None,
    save_name: str | None = None,
    resample: int = int(1e3),
    smooth_step: float = 1.0,
    ylabel: str | None = None,
    x_bound: float | None = None,
    y_bound: float | None = None,
    x_start: float | None = None,
    use_buf: bool = False,
    remove_outlier: bool = False,
    xlabel: str | None = None,
    key_to_legend_fn: KeyToLegend = None,
    verbose: bool = True,
    *args: Any,
    **kwargs: Any,
) -> tuple[dict[str, dict[str, list[Any]]], dict[str, Any]]:
    """Draw the curves of a log tree, which may lie by itself: parameters are taken from the names of its folders.

    Args:
        prefix_dir: the folder of a task in a log tree, ``<data root>/log/<task>``, or a copy of it anywhere.
        regs: patterns below that folder, from the date on: ``2022/03/01/21-[12]*``.
        param_keys: names of the hyper-parameters that curves differ by. What a name does not tell is taken from the
            parameter file of the run; ``NF`` where that has none.
        value_keys: the metrics. Several share one pair of axes, and are named in the legend.
        scale_dict: metric → a function of its values (an array), or a factor.
        replace_legend_keys: one curve for each pattern instead, and its name in the legend.
        save_name: write the figure below ``<data root>/results/easy_plot/<task>/``; without ``log`` in ``prefix_dir``
            below ``results/easy_plot/`` of the working directory.
        resample: bring curves to so many points, by a symmetric exponential average; 0 draws what was recorded.
        smooth_step: how far that average reaches, in steps of the new grid.
        ylabel: label of the y axis; the metric by default.
        x_bound: cut curves behind this time step.
        y_bound: draw greater values at this bound.
        x_start: cut curves before this time step.
        use_buf: keep what was read in the cache of this user. Nothing is written into the folders of runs.
        remove_outlier: leave out values that lie 3 interquartile ranges beyond the quartiles.
        xlabel: label of the x axis.
        key_to_legend_fn: returns the name of a curve; is given ``["k=v", …]`` and the metric.
        verbose: tell which runs were found, and the final values of each curve.
        args: none; kept for the position of the others.
        kwargs: options of `plot_results`, such as ``shaded_std=True`` or ``split_by_metrics=True``.

    Returns:
        As `RLA.easy_plot.plot_func_v2.plot_func`.

    Raises:
        ExperimentNotFoundError: no pattern names any run.
        QueryError: none of the runs has any of the metrics; a pattern or an option has a value that cannot be.
        DataRootError: there is no such folder.
        TypeError: there is no option of a name; the message has the nearest.
    """
    if args:
        raise TypeError(f"plot_res_func() takes 18 arguments by position; give the others by name: {args!r}.")
    check_names(kwargs, "plot_res_func", tuple(plot_res_func.__code__.co_varnames[:18]))
    names = [value_keys] if isinstance(value_keys, str) else list(value_keys)
    keys = [param_keys] if isinstance(param_keys, str) else list(param_keys or ())
    own = {"resample": resample, "smooth_step": smooth_step, "ylabel": ylabel, "xlabel": xlabel}
    options = options_from({"average_group": True, **kwargs, **own}, "plot_res_func")
    legends, scales = names_of_patterns(regs, replace_legend_keys, "replace_legend_keys"), check_scales(scale_dict)
    tree = tree_at(prefix_dir)
    results, reg_group = folders_of(tree, regs, names, use_buf, verbose)
    if legends is not None:
        labelled = by_patterns(results, reg_group, legends, names, with_metric=len(names) > 1)
    else:
        check_keys(results, keys)
        labelled = [
            Labelled(each, split_by_task(each, keys, names, key_to_legend_fn), [None] * len(names)) for each in results
        ]
    asked = Asked(tree.data_root, tree.told, names, "" if save_name is None else save_name, verbose, tree.task)
    xy_fn = functools.partial(
        _xy, scales=scales, x_bound=x_bound, x_start=x_start, y_bound=y_bound, remove_outlier=remove_outlier
    )
    return draw_experiments(labelled, xy_fn, options, asked, keep_order=legends is not None)


def _xy(result: CsvResult, y_name: str, *, scales: Mapping[str, Scale], **bounds: Any) -> tuple[Any, Any] | None:
    return csv_to_xy(result, DEFAULT_X_NAME, y_name, scales, **bounds)


def split_by_task(
    taskpath: Result, param_keys: Sequence[str], y_names: Sequence[str], key_to_legend_fn: KeyToLegend
) -> list[str]:
    """Return the names of the curves of a run, one for each metric: ``lr=0.1 eval:<metric>``.

    Args:
        taskpath: the result of a run.
        param_keys: the hyper-parameters that curves differ by.
        y_names: the metrics.
        key_to_legend_fn: makes the name of ``["k=v", …]`` and the metric; `default_key_to_legend` when None.
    """
    pairs = [f"{key}={text_of_parameter(taskpath.hyper_param, key)}" for key in param_keys]
    function = key_to_legend_fn or default_key_to_legend
    return [str(call_with(function, pairs, y_name)) for y_name in y_names]


def split_by_reg(taskpath: Result, reg_group: Mapping[str, Sequence[str]], y_names: Sequence[str]) -> list[str]:
    """Return the names of the curves of a run, one for each metric: ``<pattern> eval:<metric>``.

    Args:
        taskpath: the result of a run.
        reg_group: pattern → folders. The first pattern that has the run counts.
        y_names: the metrics.
    """
    from rla.compat.easy_plot import plot_func_v2

    return plot_func_v2.split_by_reg(taskpath, reg_group, y_names)


def auto_gen_key_value_name(dict: Mapping[str, Any]) -> str:
    """Return names and values as one name: ``lr=0.1.seed=1``."""
    return ".".join(f"{key}={value}" for key, value in dict.items())


def picture_split(
    taskpath: Result,
    single_name: str | None = None,
    param_keys: Sequence[str] | None = None,
    y_names: Sequence[str] | None = None,
    key_to_legend_fn: KeyToLegend = None,
) -> tuple[str | None, list[str] | None]:
    """Return the picture that a run belongs on, and the names of its curves there.

    Args:
        taskpath: the result of a run.
        single_name: the name of the only picture.
        param_keys: the hyper-parameters that curves differ by.
        y_names: the metrics.
        key_to_legend_fn: makes the names, as for `split_by_task`.

    Returns:
        ``single_name``; and a name for each metric, None where no hyper-parameters are given.
    """
    if param_keys is None:
        return single_name, None
    return single_name, split_by_task(taskpath, param_keys, y_names or [], key_to_legend_fn)


def csv_to_xy(
    r: CsvResult,
    x_name: str,
    y_name: str,
    scale_dict: Mapping[str, Scale] | None,
    x_bound: float | None = None,
    x_start: float | None = None,
    y_bound: float | None = None,
    remove_outlier: bool = False,
) -> tuple[Any, Any] | None:
    """Return x and y of a metric of a run as two arrays; None when it has no such metric.

    Args:
        r: the result of a run.
        x_name: the column of x, such as ``"time-step"``.
        y_name: the metric.
        scale_dict: metric → a function of its values, or a factor.
        x_bound: rows behind it are left out.
        x_start: rows before it are left out.
        y_bound: greater values are drawn at this bound.
        remove_outlier: leave out values that lie 3 interquartile ranges beyond the quartiles.
    """
    return xy_of(r, x_name, y_name, scale_dict, x_bound, x_start, y_bound, remove_outlier)


def scale_index_to_dict(measure: Sequence[str], scale_index: int | Sequence[int], scale: Scale) -> dict[str, Scale]:
    """Return a ``scale_dict`` that scales some of several metrics alike.

    Args:
        measure: the metrics.
        scale_index: the position, or the positions, of those that are scaled.
        scale: a function of values, or a factor.

    Raises:
        QueryError: there is no metric at a position.
    """
    positions = [scale_index] if isinstance(scale_index, int) else list(scale_index)
    for position in positions:
        if not -len(measure) <= position < len(measure):
            raise QueryError(f"There is no metric at position {position}; there are {len(measure)}, from 0 on.")
    return {measure[position]: scale for position in positions}
