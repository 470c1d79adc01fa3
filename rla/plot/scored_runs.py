"""Experiments → one number for each run, by arm and task: ``scores("data", "eval/return", "algo")``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rla.errors import QueryError
from rla.names import TIME_STEP
from rla.plot.arms import ArmChoice, Member, Source, arms_in_order, arrange, experiments_from, task_key
from rla.plot.reading import WALL_TIME, RunCurves, left_out, read_curves, run_id
from rla.plot.run_notes import notes_on_scores, places_text
from rla.plot.scoring import BROKEN_OFF, Scoring, Stretch, common_stretch
from rla.plot.statistics.normalize import Table, normalize_scores
from rla.plot.statistics.series import Curve

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

__all__ = ["RunScore", "RunScores", "scores"]


@dataclass(frozen=True)
class RunScore:
    """The score of one run.

    Args:
        arm: the legend of its arm.
        task: the task; empty where there are none.
        value: the score; NaN where the run has none, never 0 for that.
        run: the id of the run; random draws are seeded with it.
        experiment: the name of the experiment.
        seed: its seed as text; empty where it has none.
        status: ``"finished"``, ``"dead"``, ``"running"``, …
        end: the x of its last value; NaN where it has none.
    """

    arm: str
    task: str
    value: float
    run: str
    experiment: str
    seed: str
    status: str
    end: float


@dataclass(frozen=True, eq=False, repr=False)
class RunScores:
    """One number for each run, by arm and task: what tables, intervals and comparisons are made of.

    Args:
        metric: the recorded key.
        arms: the legends, in order.
        tasks: the tasks, in order; one that is empty where there are none.
        runs: all runs, also those without a score.
        members: the experiments of these runs, in the same order.
        stretches: task → the stretch of x that counts for the scores.
        scoring: how a run becomes a number.
        x: over what the curves run.
        normalize: the scale of each task; None for scores as they are.
        data_root: where the experiments are.
        notes: what a reader should know, a sentence each.
    """

    metric: str
    arms: tuple[str, ...]
    tasks: tuple[str, ...]
    runs: tuple[RunScore, ...]
    members: tuple[Member, ...]
    stretches: Mapping[str, Stretch]
    scoring: Scoring
    x: str
    normalize: Table | None
    data_root: Path
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        there = sum(not math.isnan(run.value) for run in self.runs)
        return f"<{there} scores of {len(self.runs)} runs: {self.metric}, {len(self.arms)} arms>"

    def of(self, arm: str, task: str) -> list[RunScore]:
        """Return the runs of an arm on a task that have a score."""
        return [run for run in self.runs if run.arm == arm and run.task == task and not math.isnan(run.value)]

    @property
    def values(self) -> dict[str, dict[str, NDArray[np.float64]]]:
        """Arm → task → the scores of its runs, shape (runs,): what `estimate` and `compare` take.

        A run without a score is left out. An arm without a run on a task has an empty array there.
        """
        return {
            arm: {task: np.array([run.value for run in self.of(arm, task)], np.float64) for task in self.tasks}
            for arm in self.arms
        }

    def run_ids(self, arm: str, tasks: Iterable[str] | None = None) -> list[str]:
        """Return the ids of the runs of an arm, in the order of `values`; of some tasks, or of all."""
        return [run.run for task in (self.tasks if tasks is None else tasks) for run in self.of(arm, task)]

    @property
    def text(self) -> str:
        """What a score is: ``mean of the last 10 % of the points of each run, up to 1,000,000 time steps``."""
        ends = {stretch.high for stretch in self.stretches.values() if not math.isnan(stretch.high)}
        until = "" if not ends else f", up to {'between ' * (len(ends) > 1)}{places_text(ends, self.x, ' and ')}"
        return f"{self.scoring.text}{until}"

    def to_pandas(self) -> pandas.DataFrame:
        """Return a table with a line for each run.

        Its columns: ``metric``, ``task``, ``arm``, ``seed``, ``score``, ``status``, ``end``, ``run``, ``experiment``.
        """
        import pandas

        columns = {"seed": "seed", "score": "value", "status": "status", "end": "end", "run": "run"}
        content = {
            "metric": [self.metric] * len(self.runs),
            "task": [run.task for run in self.runs],
            "arm": [run.arm for run in self.runs],
            **{name: [getattr(run, field) for run in self.runs] for name, field in columns.items()},
            "experiment": [run.experiment for run in self.runs],
        }
        table: pandas.DataFrame = pandas.DataFrame(content)
        return table


def scores(
    source: Source,
    metric: str,
    arms: ArmChoice = None,
    *,
    by: str | None = "env_id",
    seed_key: str = "seed",
    x: str = TIME_STEP,
    score: str = "final",
    last: int | None = None,
    until: float | None = None,
    lower_is_better: bool = False,
    normalize: Table | None = None,
) -> RunScores:
    """Return one number for each run, of its values as they were recorded: nothing is smoothed.

    All runs on a task are scored over the same stretch of x, which ends where the first finished run ends. A run that
    does not come as far (it died, or is still running) has no score, as has one that has not recorded the metric; the
    notes say so.

    Args:
        source: experiments (`rla.query.experiments`), or the data root whose experiments are meant.
        metric: a recorded key.
        arms: what makes an arm; as of `curves`.
        by: the hyper-parameter that is the task, such as the environment; None for one task. ``"env_id"`` does nothing
            where nobody has it.
        seed_key: the hyper-parameter that tells the runs of an arm from each other.
        x: ``"time-step"``, ``"wall-time"`` (hours), ``"episodes"``, or any recorded key.
        score: ``"final"``, the mean of the last tenth of the points; ``"auc"``, the mean height of the curve;
            ``"last"``, the last point; ``"best"``, the best point, which is optimistic.
        last: so many points for ``"final"`` instead, for example 100 where each point is an episode.
        until: score the runs up to this x, instead of to where the first finished run ends.
        lower_is_better: whether the best point is the lowest.
        normalize: task → (score that becomes 0, score that becomes 1).

    Raises:
        DataRootError: there is no such data root.
        QueryError: no experiment has the metric or a key, an arm is empty, no run comes as far as `until`, or an
            argument is none of those above.
    """
    scoring = Scoring(score, last, until, lower_is_better)
    found = experiments_from(source)
    members = arrange(found, arms, task_key(found, by), seed_key)
    chosen = {member.experiment.name: member.experiment for member in members}
    read = {run.experiment.name: run for run in read_curves(list(chosen.values()), [metric], x, found.index_path)}
    tasks = tuple(dict.fromkeys(member.task for member in members))
    broken_off = 0.0 if x == WALL_TIME else BROKEN_OFF  # a short time is no trial, but a fast machine
    stretches = {
        task: common_stretch(_curves_of_arms(task, members, read, metric), until, broken_off) for task in tasks
    }
    _check_until(stretches, until)
    runs = [_score(member, read[member.experiment.name], metric, scoring, stretches[member.task]) for member in members]
    if normalize is not None:
        runs = [_normalized(run, normalize) for run in runs]
    names = arms_in_order(members, arms)
    return RunScores(
        *(metric, names, tasks, tuple(runs), tuple(members), stretches, scoring, x, normalize, found.data_root),
        notes=(
            *left_out(read.values()),
            *notes_on_scores(
                *(names, runs, stretches), metric=metric, x=x, seed_key=seed_key, end_is_chosen=until is not None
            ),
        ),
    )


def _curves_of_arms(
    task: str, members: Sequence[Member], read: Mapping[str, RunCurves], metric: str
) -> list[list[Curve]]:
    arms: dict[str, list[Curve]] = {}
    for member in members:
        if member.task == task:
            arms.setdefault(member.arm, []).append(read[member.experiment.name].curves[metric])
    return list(arms.values())


def _check_until(stretches: Mapping[str, Stretch], until: float | None) -> None:
    longest = np.array([stretch.longest for stretch in stretches.values()])
    if until is not None and not (longest >= until).any():
        raise QueryError(f"No run comes as far as until={until:g}; the longest ends at {np.nanmax(longest):g}.")


def _score(member: Member, run: RunCurves, metric: str, scoring: Scoring, stretch: Stretch) -> RunScore:
    curve = run.curves[metric]
    return RunScore(
        arm=member.arm,
        task=member.task,
        value=scoring.of(curve, stretch.low, stretch.high),
        run=run_id(member.experiment),
        experiment=member.experiment.name,
        seed=member.seed,
        status=member.experiment.status,
        end=float(curve.x[-1]) if len(curve) else math.nan,
    )


def _normalized(run: RunScore, table: Table) -> RunScore:
    return replace(run, value=float(normalize_scores({run.task: [run.value]}, table)[run.task][0]))
