"""`RLA.easy_plot.plot_func_v2`: curves of the experiments of a task, grouped by hyper-parameters or by patterns."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rla.compat.const import DEFAULT_X_NAME, LOG
from rla.compat.easy_plot.experiments import (
    Asked,
    by_patterns,
    check_keys,
    draw_experiments,
    names_of_patterns,
)
from rla.compat.easy_plot.groups import Labelled
from rla.compat.easy_plot.options import check_names, options_from
from rla.compat.easy_plot.parameters import NOT_FOUND, text_of_parameter
from rla.compat.easy_plot.reading import progress_of
from rla.compat.easy_plot.result_cls import CsvResult, Result
from rla.compat.easy_plot.utils import results_loader
from rla.compat.easy_plot.values import check_scales, xy_of

__all__ = [
    "csv_to_xy",
    "default_key_to_legend",
    "meta_csv_data_loader_func",
    "picture_split",
    "plot_func",
    "split_by_reg",
    "split_by_task",
]


def default_key_to_legend(
    parse_dict: Mapping[str, str], split_keys: Sequence[str], y_name: str, use_y_name: bool = True
) -> str:
    """Return the name of a curve: ``lr=0.1.seed=1``, and `` eval:<metric>`` behind it.

    Args:
        parse_dict: hyper-parameters of a run as texts, by name.
        split_keys: those that curves differ by.
        y_name: the metric.
        use_y_name: put the metric behind the name, where several are on one pair of axes.
    """
    name = ".".join(f"{key}={parse_dict.get(key, NOT_FOUND)}" for key in split_keys)
    return f"{name} eval:{y_name}" if use_y_name else name


def meta_csv_data_loader_func(
    query_res: Any, select_names: str | Sequence[str], x_bound: float | None, use_buf: bool
) -> CsvResult:
    """Return what a run has recorded, for `results_loader`.

    Args:
        query_res: what `experiment_data_query` finds of it in the log tree.
        select_names: recorded keys; the time step comes with them.
        x_bound: rows with a later time step are left out; None keeps all.
        use_buf: keep the columns in the cache of this user; nothing is written into the run's folders.
    """
    names = [select_names] if isinstance(select_names, str) else select_names
    return CsvResult(progress=progress_of(query_res.dirname, names, x_bound, use_buf), dirname=query_res.dirname)


def plot_func(
    data_root: str | os.PathLike[str],
    task_table_name: str,
    regs: str | Sequence[str],
    split_keys: str | Sequence[str],
    metrics: str | Sequence[str],
    use_buf: bool = False,
    verbose: bool = False,
    summarize_res: bool = True,
    x_bound: float | None = None,
    xlabel: str | None = DEFAULT_X_NAME,
    ylabel: str | list[str] | None = None,
    scale_dict: Mapping[str, Callable[[Any], Any] | float] | None = None,
    regs2legends: Sequence[str] | None = None,
    hp_filter_dict: Mapping[str, Any] | None = None,
    key_to_legend_fn: Callable[..., str] | None = default_key_to_legend,
    split_by_metrics: bool = True,
    save_name: str | None = None,
    *args: Any,
    **kwargs: Any,
) -> tuple[dict[str, dict[str, list[Any]]], dict[str, Any]]:
    """Draw the curves of experiments: those with equal values of some hyper-parameters make one curve.

    Each curve is the mean of its runs, with ± its standard error and the range from the least to the greatest run.
    Runs that have no value of a metric are left out of it; what they logged at different x is brought to one grid.

    Args:
        data_root: the database folder.
        task_table_name: the task table.
        regs: patterns under the task: globs such as ``2022/03/01/21-[12]*``, or ``re:`` and a regular expression.
        split_keys: names of the hyper-parameters that curves differ by, dotted ones too; what a run lacks reads ``NF``.
        metrics: recorded keys.
        use_buf: keep what was read in the cache of this user. Nothing is written into the folders of runs.
        verbose: tell which runs were found.
        summarize_res: tell the number of runs and the final values of each curve.
        x_bound: cut curves behind this time step.
        xlabel: label of the x axes.
        ylabel: label of the y axes, or a list with one for each metric; the metric by default.
        scale_dict: metric → a function of its values (an array), or a factor.
        regs2legends: one curve for each pattern instead, and its name in the legend.
        hp_filter_dict: name → the value, or a list of the values, that runs shall have; compared as texts.
        key_to_legend_fn: returns the name of a curve; is given what `default_key_to_legend` is, the last argument only
            if it takes one of that name.
        split_by_metrics: a pair of axes for each metric; otherwise all are on one, named in the legend.
        save_name: write the figure below ``<data root>/results/easy_plot/``, in the format of its ending (``.png``
            where it has none). The database then knows which runs it shows.
        args: none; kept for the position of the others.
        kwargs: options of `plot_results`, such as ``pretty=True``, ``resample=500``, ``estimator="iqm"`` or
            ``by="env_id"``. Groups are averaged unless ``average_group=False``.

    Returns:
        Metric (or ``"ALL"``, where they share one pair of axes) → group and ``-se``, ``-ss`` or ``-sr`` → the artist,
        the mean, and the width of the standard error or standard deviation; for ``-sr`` the artist, the least and the
        greatest run. (With ``by`` the key is ``"<metric> <name>=<value>"``; for ``estimator`` and ``band``, ``-ci`` has
        the artist, the curve, and its bounds.) And the final values: legend and ``-err``, ``-std`` or ``-range`` → two
        numbers; where there are several pairs of axes, also a dict for each of them by its key.

    Raises:
        ExperimentNotFoundError: no pattern names any run, or the filter lets none pass. (Where several patterns are
            given, one that names no run is warned of; a figure without any curve helps nobody.)
        QueryError: none of the runs has any of the metrics, the message has the nearest names; one of several that
            nobody has is warned of. Or there is no such task, or an option has a value that cannot be.
        TypeError: there is no option of a name; the message has the nearest.
    """
    if args:
        raise TypeError(f"plot_func() takes 17 arguments by position; give the others by name: {args!r}.")
    check_names(kwargs, "plot_func", tuple(inspect.signature(plot_func).parameters))
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    keys = [split_keys] if isinstance(split_keys, str) else list(split_keys or ())
    given = {"average_group": True, **kwargs, "xlabel": xlabel, "ylabel": ylabel, "split_by_metrics": split_by_metrics}
    options = options_from(given, "plot_func")
    legends, scales = names_of_patterns(regs, regs2legends, "regs2legends"), check_scales(scale_dict)
    load = functools.partial(meta_csv_data_loader_func, select_names=names, x_bound=x_bound, use_buf=use_buf)
    results, reg_group = results_loader(data_root, task_table_name, regs, hp_filter_dict, load, verbose, LOG)
    with_metric = not split_by_metrics and len(names) > 1
    if legends is not None:
        labelled = by_patterns(results, reg_group, legends, names, with_metric)
    else:
        check_keys(results, keys)
        name = functools.partial(_legend_of, key_to_legend_fn or default_key_to_legend, use_y_name=with_metric)
        labelled = [
            Labelled(result, [name(result, keys, metric) for metric in names], [None] * len(names))
            for result in results
        ]
    asked = Asked(data_root, task_table_name, names, "" if save_name is None else save_name, summarize_res)

    def xy_fn(result: CsvResult, metric: str) -> Any:
        return csv_to_xy(result, DEFAULT_X_NAME, metric, scales, x_bound)

    return draw_experiments(labelled, xy_fn, options, asked, keep_order=legends is not None)


def _legend_of(
    function: Callable[..., str], result: Result, split_keys: Sequence[str], y_name: str, use_y_name: bool
) -> str:
    """Return the name of a curve; functions of users' need not know of ``use_y_name``."""
    texts = {key: text_of_parameter(result.hyper_param, key) for key in split_keys}
    parameters = inspect.signature(function).parameters
    takes_it = "use_y_name" in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    return str(function(texts, split_keys, y_name, **({"use_y_name": use_y_name} if takes_it else {})))


def split_by_reg(taskpath: Result, reg_group: Mapping[str, Sequence[str]], y_names: Sequence[str]) -> list[str]:
    """Return the names of the curves of a run, one for each metric: ``<pattern> eval:<metric>``.

    Args:
        taskpath: the result of a run.
        reg_group: pattern → folders, as `results_loader` returns them. The first pattern that has the run counts.
        y_names: the metrics.
    """
    found = [pattern for pattern, folders in reg_group.items() if taskpath.dirname in folders]
    return [f"{found[0] if found else NOT_FOUND} eval:{y_name}" for y_name in y_names]


def split_by_task(
    taskpath: Result, split_keys: Sequence[str], y_names: Sequence[str], key_to_legend_fn: Callable[..., str] | None
) -> list[str]:
    """Return the names of the curves of a run, one for each metric: ``lr=0.1 eval:<metric>``.

    Args:
        taskpath: the result of a run.
        split_keys: the hyper-parameters that curves differ by.
        y_names: the metrics.
        key_to_legend_fn: makes the name; `default_key_to_legend` when None.
    """
    function = key_to_legend_fn or default_key_to_legend
    return [_legend_of(function, taskpath, split_keys, y_name, use_y_name=True) for y_name in y_names]


def picture_split(
    taskpath: Result,
    single_name: str | None = None,
    split_keys: Sequence[str] | None = None,
    y_names: Sequence[str] | None = None,
    key_to_legend_fn: Callable[..., str] | None = None,
) -> tuple[str | None, list[str] | None]:
    """Return the picture that a run belongs on, and the names of its curves there.

    Args:
        taskpath: the result of a run.
        single_name: the name of the only picture.
        split_keys: the hyper-parameters that curves differ by.
        y_names: the metrics.
        key_to_legend_fn: makes the names, as for `split_by_task`.

    Returns:
        ``single_name``; and a name for each metric, None where no hyper-parameters are given.
    """
    if split_keys is None:
        return single_name, None
    return single_name, split_by_task(taskpath, split_keys, y_names or [], key_to_legend_fn)


def csv_to_xy(
    r: CsvResult,
    x_name: str,
    y_name: str,
    scale_dict: Mapping[str, Callable[[Any], Any] | float] | None,
    x_bound: float | None = None,
    x_start: float | None = None,
) -> tuple[Any, Any] | None:
    """Return x and y of a metric of a run as two arrays; None when it has no such metric.

    Args:
        r: the result of a run.
        x_name: the column of x, such as ``"time-step"``.
        y_name: the metric.
        scale_dict: metric → a function of its values, or a factor.
        x_bound: rows behind it are left out.
        x_start: rows before it are left out.
    """
    return xy_of(r, x_name, y_name, scale_dict, x_bound, x_start)
