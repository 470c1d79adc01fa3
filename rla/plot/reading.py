"""The curves of experiments: metrics as they were recorded, over time steps, time, episodes or another column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.names import TIME_STEP, TIMESTAMP
from rla.output.columns import Columns
from rla.output.episodes.reading import read_episodes
from rla.plot.statistics.series import Curve, clean_curve
from rla.query import Experiment
from rla.query.loading import check_metrics, load_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["EPISODES", "WALL_TIME", "RunCurves", "read_curves", "run_id", "x_label"]

WALL_TIME: Final = "wall-time"
"""As x: hours since the first row of a run."""

EPISODES: Final = "episodes"
"""As x: episodes that had ended by a row's time step."""

_SECONDS: Final = 3600.0


@dataclass(frozen=True, eq=False)
class RunCurves:
    """What is drawn of one experiment.

    Args:
        experiment: the experiment.
        curves: a curve for each metric; it has no points where the run has none.
        notes: what could not be used of it, each without a subject: ``3 values of 'loss' that are no numbers``.
    """

    experiment: Experiment
    curves: dict[str, Curve]
    notes: tuple[str, ...]


def run_id(experiment: Experiment) -> str:
    """Return the id of an experiment, which stays the same in an archive and in a copy of the data root."""
    return str(experiment.facts.get("id") or experiment.name)


def x_label(x: str) -> str:
    """Return what stands at the axis of x."""
    return {TIME_STEP: "time steps", WALL_TIME: "wall time (hours)", EPISODES: "episodes"}.get(x, x)


def read_curves(
    found: Sequence[Experiment], metrics: Sequence[str], x: str = TIME_STEP, index: Path | None = None
) -> list[RunCurves]:
    """Return the curves of experiments, of live and killed ones too.

    Args:
        found: the experiments.
        metrics: recorded keys.
        x: ``"time-step"``, ``"wall-time"``, ``"episodes"``, or any recorded key.
        index: the file of the index, beside which columns are kept that have been read; None keeps nothing.

    Raises:
        QueryError: no experiment has recorded a metric, or x.
    """
    source = {WALL_TIME: TIMESTAMP, EPISODES: TIME_STEP}.get(x, x)
    keys = [source, *(metric for metric in metrics if metric != source)]
    parts = load_columns(found, keys, index)
    check_metrics(found, parts, keys)
    return [_curves_of(experiment, part, metrics, x, source) for experiment, part in zip(found, parts, strict=True)]


def _curves_of(experiment: Experiment, part: Columns, metrics: Sequence[str], x: str, source: str) -> RunCurves:
    notes = [] if part.problem is None else [f"rows that cannot be read ({part.problem})"]
    run, finished = run_id(experiment), experiment.status == "finished"
    there = [metric for metric in metrics if metric in part.values]
    xs = np.empty(0)
    if there and source in part.values:
        xs = _numbers(part.values[source], source, notes)
        if missing := np.count_nonzero(np.isnan(xs)):
            notes.append(f"{missing} {'row' if missing == 1 else 'rows'} without '{source}'")
        xs = _converted(xs, x, experiment, notes)
    elif there:
        notes.append(f"all rows: none has '{source}'")
        there = []
    empty = np.empty(0)
    values = {metric: _numbers(part.values[metric], metric, notes) if metric in there else empty for metric in metrics}
    curves = {
        metric: clean_curve(xs if metric in there else empty, ys, run=run, finished=finished)
        for metric, ys in values.items()
    }
    return RunCurves(experiment, curves, tuple(dict.fromkeys(notes)))


def _converted(xs: Floats, x: str, experiment: Experiment, notes: list[str]) -> Floats:
    if x == WALL_TIME:
        return (xs - np.nanmin(xs)) / _SECONDS if np.isfinite(xs).any() else xs
    if x != EPISODES:
        return xs
    try:
        ends = read_episodes(experiment.log_dir)[TIME_STEP].to_numpy(np.float64)
    except FileNotFoundError:  # it vanished
        ends = np.empty(0)
    if not len(ends):
        notes.append("all rows: it has told of no episodes")
        return np.full_like(xs, np.nan)
    counts: Floats = np.searchsorted(np.sort(ends), xs, side="right").astype(np.float64)
    return np.where(np.isnan(xs), np.nan, counts)


def _numbers(values: NDArray[Any], key: str, notes: list[str]) -> Floats:
    """Return a column as numbers; a text that is none counts as missing, and is noted."""
    if values.dtype.kind in "ifb":
        return values.astype(np.float64)
    numbers = np.full(len(values), np.nan)
    strange = 0
    for place, value in enumerate(values.tolist()):
        if value is None:
            continue
        try:
            numbers[place] = float(value)
        except (TypeError, ValueError):
            strange += 1
    if strange:
        notes.append(f"{strange} {'value' if strange == 1 else 'values'} of '{key}' that {_are(strange)} no number")
    return numbers


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
