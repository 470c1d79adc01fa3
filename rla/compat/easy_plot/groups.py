"""Results → panels of groups of curves: which run belongs to which curve of which picture."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rla.compat.easy_plot.options import PlotOptions
from rla.compat.easy_plot.parameters import NOT_FOUND, text_of_parameter
from rla.compat.easy_plot.reading import record_of
from rla.compat.easy_plot.result_cls import Result
from rla.database.run_card import FINISHED
from rla.errors import QueryError
from rla.plot.statistics.series import Curve, clean_curve

__all__ = ["ALL", "Labelled", "Panel", "call_with", "natural_order", "panels_of"]

ALL: Final = "ALL"
"""The name of the only panel."""

TASK_PARAMETER: Final = "env_id"
"""The hyper-parameter that names what a run was trained on, for scores that are normalised."""

_NUMBER: Final = re.compile(r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")


@dataclass(frozen=True)
class Labelled:
    """A result, with the curve that each of its metrics belongs to.

    Args:
        result: what was read of a run.
        groups: for each metric the name of its curve.
        pictures: for each metric the name of its picture; None where that is left to the options.
    """

    result: Any
    groups: Sequence[str]
    pictures: Sequence[str | None]


@dataclass
class Panel:
    """What is drawn on one pair of axes.

    Args:
        key: its name in what plots return.
        title: what stands above it.
        metrics: the metrics on it.
        groups: name of a curve → runs.
    """

    key: str
    title: str
    metrics: list[str] = field(default_factory=list)
    groups: dict[str, list[Curve]] = field(default_factory=dict)


def panels_of(
    labelled: Iterable[Labelled],
    metrics: Sequence[str | None],
    xy_fn: Callable[..., Any],
    options: PlotOptions,
    keep_order: bool = False,
) -> list[Panel]:
    """Return panels with the curves of runs; runs without a value of a metric are not in its curve.

    Args:
        labelled: results with the names of their curves.
        metrics: the metrics, in the order of the panels.
        xy_fn: takes a result and a metric and returns x and y, or None.
        options: what `split_by_metrics`, `by`, `normalize` and `x_range` say.
        keep_order: leave groups in the order in which they come; otherwise they are sorted, numbers by their value.
    """
    panels: dict[str, Panel] = {}
    metric_of_group: dict[tuple[str, str], str | None] = {}
    for each in labelled:
        for position, metric in enumerate(metrics):
            found = call_with(xy_fn, each.result, metric)
            curve = None if found is None else _curve(each.result, found, options)
            if curve is None or not len(curve):
                continue
            panel = _panel(panels, each, position, metric, options)
            group = each.groups[position]
            if metric_of_group.setdefault((panel.key, group), metric) != metric:
                group = f"{group} eval:{metric}"  # two metrics are never averaged into one curve
            panel.groups.setdefault(group, []).append(curve)
            if metric is not None and metric not in panel.metrics:
                panel.metrics.append(metric)
    order = {metric: number for number, metric in enumerate(metrics)}
    ordered = sorted(panels.values(), key=lambda panel: (natural_order(panel.title), _place(panel, order)))
    for panel in ordered if not keep_order else ():
        panel.groups = {group: panel.groups[group] for group in sorted(panel.groups, key=natural_order)}
    return ordered


def _panel(
    panels: dict[str, Panel], labelled: Labelled, position: int, metric: str | None, options: PlotOptions
) -> Panel:
    picture = labelled.pictures[position]
    titles = [] if picture is None else [str(picture)]
    if options.by is not None:
        titles.append(f"{options.by}={text_of_parameter(labelled.result.hyper_param, options.by)}")
    parts = [metric] * (options.split_by_metrics and metric is not None) + titles
    key = " ".join(map(str, parts)) or ALL
    return panels.setdefault(key, Panel(key, " ".join(titles)))


def _place(panel: Panel, order: dict[str | None, int]) -> int:
    return min((order[metric] for metric in panel.metrics), default=0)


def _curve(result: Result, xy: Any, options: PlotOptions) -> Curve:
    try:
        x, y = xy
    except (TypeError, ValueError):
        raise QueryError(f"xy_fn returns x and y, or None; got {type(xy).__name__} of {result!r}.") from None
    task = "" if options.normalize is None else text_of_parameter(result.hyper_param, options.by or TASK_PARAMETER)
    if task == NOT_FOUND:
        raise QueryError(
            f"normalize needs to know the task of each run, and {result!r} has no '{options.by or TASK_PARAMETER}'. "
            "Name the hyper-parameter that has it: by='…'."
        )
    finished = options.x_range != "hold" or _has_finished(result)
    return clean_curve(x, y, run=_run_id(result), task=task, finished=finished)


def _has_finished(result: Result) -> bool:
    record = record_of(str(result.dirname))
    return record is not None and record.status() == FINISHED


def _run_id(result: Result) -> str:
    """Return what random draws know a run by: the same in an archive, and in a copy of the data root."""
    record = record_of(str(result.dirname))
    return str(result.dirname) if record is None else f"{record.record_date}_{record.node}"


def natural_order(text: str) -> tuple[tuple[int, float, str], ...]:
    """Return a key that sorts texts by the values of the numbers in them: ``lr=0.1`` before ``lr=10``."""
    parts = enumerate(_NUMBER.split(text))
    return tuple((1, float(part), "") if position % 2 else (2, 0.0, part) for position, part in parts)


def call_with(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the user's with as many of some arguments as it takes: baselines gave fewer."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some functions of C do not tell
        return function(*arguments)
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return function(*arguments)
    taken = sum(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters)
    return function(*arguments[:taken])
