"""What `plot_func` and `plot_res_func` do with results: draw, save, tell, show."""

from __future__ import annotations

import contextlib
import math
import os
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rla import files
from rla.compat.batch_screen import counted, say
from rla.compat.easy_plot.drawing import DrawnPanel
from rla.compat.easy_plot.figures import draw_figure, show_plt
from rla.compat.easy_plot.groups import Labelled, Panel, panels_of
from rla.compat.easy_plot.options import PlotOptions
from rla.compat.easy_plot.parameters import NOT_FOUND, text_of_parameter
from rla.compat.easy_plot.reading import record_of
from rla.compat.easy_plot.result_cls import Result
from rla.compat.easy_plot.utils import check_patterns
from rla.database.ledger import record_figure
from rla.errors import QueryError, RLAError, RLAWarning, did_you_mean, printable
from rla.experiment.recorders import DEFAULT_SUFFIX, SUFFIXES
from rla.names import RESULTS, TIME_STEP, TIMESTAMP
from rla.output.last_values import read_last_values
from rla.output.media.figures import render
from rla.output.media.places import free_path

__all__ = ["Asked", "by_patterns", "check_keys", "draw_experiments", "names_of_patterns"]

FOLDER: Final = f"{RESULTS}/easy_plot"
ENDED_WELL: Final = ("finished", "unknown")
_LOOKED_AT: Final = 20
_SHOWN: Final = 20

Answer = tuple[dict[str, dict[str, list[Any]]], dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """What was asked for besides the look of the figure.

    Args:
        data_root: the database folder; None where a log tree lies by itself.
        told: what the runs belong to, for messages.
        metrics: recorded keys.
        save_name: the file of the figure, below the folder of saved figures; nothing is written when empty.
        summarize: tell the number of runs and the final values of each curve.
        subfolder: of the folder of saved figures.
    """

    data_root: str | os.PathLike[str] | None
    told: str
    metrics: Sequence[str]
    save_name: str
    summarize: bool
    subfolder: str = ""


def draw_experiments(
    labelled: Sequence[Labelled],
    xy_fn: Callable[..., Any],
    options: PlotOptions,
    asked: Asked,
    keep_order: bool = False,
) -> Answer:
    """Draw the curves of runs, save and show the figure, and return what is drawn as data.

    Raises:
        QueryError: no run has any of the metrics.
    """
    panels = panels_of(labelled, asked.metrics, xy_fn, options, keep_order)
    _check_metrics(labelled, panels, asked)
    plotted, drawn = draw_figure(panels, options)
    if asked.save_name:
        _save(plotted.figure, labelled, asked)
    if asked.summarize:
        say(_summary(panels, drawn, labelled, asked))
    show_plt()
    return plotted.g2lf, plotted.score_results


def names_of_patterns(regs: Any, names: Sequence[str] | None, argument: str) -> dict[str, list[str]] | None:
    """Return for each pattern the names of its curves, where there is to be a curve for each pattern.

    Raises:
        QueryError: they are not as many as the patterns.
    """
    check_patterns(regs)
    patterns = [regs] if isinstance(regs, str) else list(regs)
    if names is None:
        return None
    if isinstance(names, str) or len(names) != len(patterns):
        raise QueryError(f"{argument} has a name for each of {counted(len(patterns), 'pattern')}; got {names!r}.")
    found: dict[str, list[str]] = {}
    for pattern, name in zip(patterns, names, strict=True):
        found.setdefault(pattern, []).append(str(name))
    return found


def by_patterns(
    results: Sequence[Result],
    reg_group: Mapping[str, Sequence[str]],
    names: Mapping[str, Sequence[str]],
    metrics: Sequence[str],
    with_metric: bool,
) -> list[Labelled]:
    """Return results with a curve for each pattern; a run that several patterns name is in each of their curves."""
    by_folder = {str(result.dirname): result for result in results}
    members: dict[str, dict[str, Result]] = {}
    for pattern, its_names in names.items():
        for name in its_names:  # patterns of one name make one curve, in which a run counts once
            members.setdefault(name, {}).update({folder: by_folder[folder] for folder in reg_group[pattern]})
    labelled = []
    for name, its_results in members.items():
        groups = [f"{name} eval:{metric}" if with_metric else name for metric in metrics]
        labelled += [Labelled(result, groups, [None] * len(metrics)) for result in its_results.values()]
    return labelled


def check_keys(results: Sequence[Result], keys: Sequence[str]) -> None:
    """Warn of hyper-parameters that no run has: all legends would read ``NF``."""
    for key in keys:
        if results and all(text_of_parameter(result.hyper_param, key) == NOT_FOUND for result in results):
            known = sorted({str(name) for result in results for name in result.hyper_param or ()})
            warnings.warn(
                f"None of {counted(len(results), 'run')} has a hyper-parameter '{key}'; legends show {NOT_FOUND}."
                f"{did_you_mean(key, known)}",
                RLAWarning,
                stacklevel=3,
            )


def _check_metrics(labelled: Sequence[Labelled], panels: Sequence[Panel], asked: Asked) -> None:
    """Warn of a metric that no run has; refuse when there is none at all."""
    drawn = {metric for panel in panels for metric in panel.metrics}
    without = [metric for metric in asked.metrics if metric not in drawn]
    if not without:
        return
    recorded: set[str] = set()
    for each in labelled[:_LOOKED_AT]:
        recorded |= read_last_values(str(each.result.dirname)).values.keys() - {TIME_STEP, TIMESTAMP}
    known = sorted(recorded)
    shown = ", ".join(known[:_SHOWN]) + ", …" * (len(known) > _SHOWN) if known else "none"
    told = f"None of {counted(len({id(each.result) for each in labelled}), 'run')} of '{asked.told}' has values of "
    missing = "; ".join(f"'{metric}'.{did_you_mean(metric, known)}" for metric in without)
    if not drawn:
        raise QueryError(f"{told}{missing} Recorded are: {shown}.")
    warnings.warn(f"{told}{missing}", RLAWarning, stacklevel=4)


def _save(figure: Any, labelled: Sequence[Labelled], asked: Asked) -> None:
    """Write the figure below the folder of saved figures, and let the database know which runs it shows."""
    stem, suffix = os.path.splitext(asked.save_name)
    if suffix.lower() not in SUFFIXES:
        stem, suffix = asked.save_name, DEFAULT_SUFFIX
    folder = os.path.join(asked.data_root or ".", FOLDER, asked.subfolder)
    path = free_path(folder, stem, suffix, cover=True)
    files.make_directories(os.path.dirname(path))
    files.write_atomic(path, render(figure, suffix[1:].lower()))
    records = [record_of(str(each.result.dirname)) for each in labelled]
    names = {record.name for record in records if record is not None}
    if names and asked.data_root is not None:
        with contextlib.suppress(OSError, RLAError):  # the figure is there; the note is for those who tidy up
            record_figure(asked.data_root, path, names)


def _summary(panels: Sequence[Panel], drawn: Sequence[DrawnPanel], labelled: Sequence[Labelled], asked: Asked) -> str:
    """Return a line for each curve: its runs, the value of its last point, and what should be known of it."""
    folders = sorted({str(each.result.dirname) for each in labelled})
    lines = [f"{asked.told}: {counted(len(folders), 'run')}{_unfinished(folders)}"]
    for panel, each in zip(panels, drawn, strict=True):
        heading = ", ".join([*panel.metrics, *([panel.title] if panel.title else [])])
        lines.append(f"{heading}:")
        width = min(max(map(len, each.bands), default=0), 40)
        for (group, band), label in zip(each.bands.items(), each.labels, strict=False):
            value = _last_value(each.scores, label)
            at = f"{value} at {band.x[-1]:g}" if len(band.x) else "no curve"
            lines.append(f"  {group:{width}}  {counted(len(band.runs), 'run'):>7}  {at}")
            lines += [f"    {note}" for note in band.notes]
    return "\n".join(map(printable, lines))


def _unfinished(folders: Sequence[str]) -> str:
    """Return how many runs have not ended well, as text; of data of older tools nothing is known."""
    records = [record_of(folder) for folder in folders]
    statuses = Counter(record.status() for record in records if record is not None)
    told = [f"{number} {status}" for status, number in sorted(statuses.items()) if status not in ENDED_WELL]
    return f" ({', '.join(told)})" if told else ""


def _last_value(scores: Mapping[str, Sequence[float]], label: str) -> str:
    """Return the last point of a curve as text: with its band, else with its standard error."""
    if found := scores.get(f"{label}-ci"):
        value, low, high = found
        return f"{value:.4g}" if math.isnan(low) else f"{value:.4g} [{low:.4g}, {high:.4g}]"
    value, error = scores.get(f"{label}-err", (math.nan, math.nan))
    return f"{value:.4g}" if math.isnan(error) else f"{value:.4g} ± {error:.2g}"
