"""The curves of experiments: metrics as they were recorded, over time steps, time, episodes or another column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.errors import QueryError, did_you_mean
from rla.names import TIME_STEP, TIMESTAMP
from rla.output.columns import Columns
from rla.output.episodes.reading import read_episodes
from rla.plot.statistics.series import Curve, clean_curve
from rla.query import Experiment
from rla.query.loading import check_metrics, load_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["EPISODES", "WALL_TIME", "RunCurves", "left_out", "read_curves", "run_id", "x_label"]

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
        notes: what could not be used of it (``values of 'loss' that are no numbers``), and how many of these there
            are; 0 where that is not a number.
    """

    experiment: Experiment
    curves: dict[str, Curve]
    notes: Mapping[str, int]


def run_id(experiment: Experiment) -> str:
    """Return the id of an experiment, which stays the same in an archive and in a copy of the data root."""
    return str(experiment.facts.get("id") or experiment.name)


def x_label(x: str) -> str:
    """Return what stands at the axis of x."""
    return {TIME_STEP: "time steps", WALL_TIME: "wall time (hours)", EPISODES: "episodes"}.get(x, x)


def left_out(read: Iterable[RunCurves]) -> Iterator[str]:
    """Yield what could not be used of runs, a sentence for each kind."""
    kinds: dict[str, dict[str, int]] = {}
    for run in read:
        for what, number in run.notes.items():
            kinds.setdefault(what, {})[run_id(run.experiment)] = number
    for what, runs in kinds.items():
        whose = f"{len(runs)} runs" if len(runs) > 1 else f"run '{next(iter(runs))}'"
        number = sum(runs.values())
        yield f"Left out of {whose}: {what}{f' ({number:,})' if number else ''}."


def read_curves(
    found: Sequence[Experiment],
    metrics: Sequence[str],
    x: str = TIME_STEP,
    index: Path | None = None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> list[RunCurves]:
    """Return the curves of experiments, of live and killed ones too.

    The curve of a metric does not depend on what else is asked for.

    Args:
        found: the experiments.
        metrics: recorded keys.
        x: ``"time-step"``, ``"wall-time"``, ``"episodes"``, or any recorded key.
        index: the file of the index, beside which columns are kept that have been read; None keeps nothing.
        progress: is told how many experiments were read, and how many there are to read.

    Raises:
        QueryError: no experiment has recorded a metric, or x.
    """
    source = {WALL_TIME: TIMESTAMP, EPISODES: TIME_STEP}.get(x, x)
    parts = load_columns(found, [source, *(metric for metric in metrics if metric != source)], index, progress)
    check_metrics(found, parts, metrics)
    if not any(source in part.values for part in parts):
        known = sorted({TIME_STEP, WALL_TIME, EPISODES}.union(*(experiment.last for experiment in found)))
        raise QueryError(
            f"x='{x}': none of these {len(found)} experiments has recorded '{source}'.{did_you_mean(x, known)} "
            f"Expected '{TIME_STEP}', '{WALL_TIME}', '{EPISODES}' or a recorded key."
        )
    begins = _begins(found, index) if x == WALL_TIME else [0.0] * len(found)
    return [
        _curves_of(experiment, part, metrics, x, source, begin)
        for experiment, part, begin in zip(found, parts, begins, strict=True)
    ]


def _begins(found: Sequence[Experiment], index: Path | None) -> list[float]:
    """Return the time of the first row of each run, whatever that holds."""
    columns = [part.values.get(TIMESTAMP, np.empty(0)) for part in load_columns(found, [TIMESTAMP], index)]
    times = [_numbers(column, TIMESTAMP, {}) for column in columns]
    return [float(np.min(column, where=np.isfinite(column), initial=np.inf)) for column in times]


def _curves_of(
    experiment: Experiment, part: Columns, metrics: Sequence[str], x: str, source: str, begin: float
) -> RunCurves:
    notes: dict[str, int] = {}
    if part.problem is not None:  # without the path: it may end under a published figure
        notes[f"rows that cannot be read ({part.problem.replace(f'{experiment.log_dir}/', '')})"] = 0
    run, finished = run_id(experiment), experiment.status == "finished"
    there = [metric for metric in metrics if metric in part.values]
    xs = _x_of(experiment, part, x, source, begin, notes) if there else None
    curves = {}
    for metric in metrics:
        if xs is None or metric not in there:
            curves[metric] = clean_curve([], [], run=run, finished=finished)
            continue
        ys = _numbers(part.values[metric], metric, notes)
        rows = ~np.isnan(ys)  # the others are those of other metrics
        curves[metric] = clean_curve(xs[rows], ys[rows], run=run, finished=finished)
    return RunCurves(experiment, curves, notes)


def _x_of(
    experiment: Experiment, part: Columns, x: str, source: str, begin: float, notes: MutableMapping[str, int]
) -> Floats | None:
    """Return the x of all rows; None when there is none."""
    if source not in part.values:
        notes[f"all rows, which have no '{source}'"] = 0
        return None
    xs = _numbers(part.values[source], source, notes)
    there = np.isfinite(xs)
    if not there.all():
        notes[f"rows without '{source}'"] = int(np.count_nonzero(~there))
    if x == WALL_TIME:
        return (xs - begin) / _SECONDS
    return _episodes_by(xs, experiment, notes) if x == EPISODES else xs


def _episodes_by(steps: Floats, experiment: Experiment, notes: MutableMapping[str, int]) -> Floats | None:
    """Return how many episodes had ended by each time step; None when there are none."""
    try:
        ends = _numbers(read_episodes(experiment.log_dir)[TIME_STEP].to_numpy(), TIME_STEP, notes)
    except FileNotFoundError:  # it vanished
        ends = np.empty(0)
    ends = ends[np.isfinite(ends)]
    if not len(ends):
        notes["all rows, because it has recorded no episodes"] = 0
        return None
    later = np.minimum.accumulate(ends[::-1])[::-1]
    going_on = ends[ends <= later]  # the others ended in a past that a resumed run has left
    counts: Floats = np.searchsorted(going_on, steps, side="right").astype(np.float64)
    return np.where(np.isfinite(steps), counts, np.nan)


def _numbers(values: NDArray[Any], key: str, notes: MutableMapping[str, int]) -> Floats:
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
        except (TypeError, ValueError, OverflowError):
            strange += 1
    if strange:
        notes[f"values of '{key}' that are no numbers"] = strange
    return numbers
