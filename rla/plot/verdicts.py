"""Is one arm better than another, and may one say so? ``verdict("data", "eval/return", ["algo=sac", "algo=td3"])``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from rla.errors import QueryError
from rla.names import TIME_STEP
from rla.plot import verdict_text
from rla.plot.arm_differences import notes_on_differences
from rla.plot.arms import ArmChoice, Source
from rla.plot.comparing import LEAST, chosen_way, difference_of
from rla.plot.scored_runs import RunScores, scores
from rla.plot.statistics.comparison import Difference, holm
from rla.plot.statistics.improvement import Improvement, improvement
from rla.plot.statistics.interval import Way, estimate
from rla.plot.statistics.normalize import Table
from rla.plot.statistics.power import runs_for_power
from rla.query import Experiments

__all__ = ["ANSWERS", "Comparison", "Verdict", "judge", "verdict"]

BETTER, WORSE, UNDECIDED, CANNOT_SAY = "better", "worse", "undecided", "cannot say"

ANSWERS: Final = (BETTER, WORSE, UNDECIDED, CANNOT_SAY, "better in part", "worse in part", "mixed")
"""What a verdict can be; the last three are of several tasks that are not pooled."""

POWER: Final = 0.8


@dataclass(frozen=True)
class Comparison:
    """Two arms on a task, or on several tasks together.

    Args:
        task: the task; empty where there are none, or of several together.
        answer: whether the first arm is ``"better"``, ``"worse"``, ``"undecided"`` or ``"cannot say"``.
        estimates: of both arms; NaN without a run.
        n: how many runs of each arm have a score.
        difference: the first less the second; None with fewer than 3 runs of an arm on a task.
        improvement: how likely a run of the first is better than one of the second; None likewise.
        p_value: of no difference, corrected over the tasks (Holm); NaN where nothing can be said.
        task_count: how many tasks these are.
    """

    task: str
    answer: str
    estimates: tuple[float, float]
    n: tuple[int, int]
    difference: Difference | None
    improvement: Improvement | None
    p_value: float
    task_count: int = 1

    @cached_property
    def needed(self) -> float:
        """Where it is undecided, so many runs of each arm on a task find a difference like this in 80 % of studies.

        Infinite where there is no difference to find, NaN where nothing is undecided or there is no spread to judge by.
        """
        if self.answer != UNDECIDED or self.difference is None or math.isnan(self.difference.effect):
            return math.nan
        try:
            needed = runs_for_power(self.difference.effect, POWER, self.difference.way.level)
        except QueryError:  # no number of runs would do
            return math.inf
        return max(max(self.n) // self.task_count + 1, needed)  # those that there are did not find it


@dataclass(frozen=True, eq=False, repr=False)
class Verdict:
    """Whether one arm is better than another; ``print(verdict)`` says it.

    Args:
        answer: of `ANSWERS`; `sentence` says it in words.
        arms: the legends of both.
        tasks: a comparison for each task.
        pooled: the comparison over all tasks, where scores are normalised.
        improvement: how likely a run of the first arm is better than one of the second on the same task, over the tasks
            on which both have 3 runs; None where there is none.
        way: how estimates and intervals were made.
        scores: the scores of all runs.
        warnings: what makes the verdict less sure than it looks, a sentence each.
    """

    answer: str
    arms: tuple[str, str]
    tasks: tuple[Comparison, ...]
    pooled: Comparison | None
    improvement: Improvement | None
    way: Way
    scores: RunScores
    warnings: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        return verdict_text.sentence(self)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data, for JSON."""
        return verdict_text.as_item(self)

    def __repr__(self) -> str:
        return verdict_text.plain(self)


def verdict(
    source: Source,
    metric: str,
    arms: ArmChoice | Sequence[Experiments],
    *,
    by: str | None = "env_id",
    seed_key: str = "seed",
    x: str = TIME_STEP,
    score: str = "final",
    last: int | None = None,
    until: float | None = None,
    lower_is_better: bool = False,
    normalize: Table | None = None,
    estimator: str = "auto",
    level: float = 0.95,
    n_boot: int = 10_000,
) -> Verdict:
    """Say whether one arm is better than another: only where the interval of the difference leaves out 0.

    Tasks are told one by one, with p-values corrected for their number (Holm). With `normalize` the answer is that of
    all tasks together, otherwise that on each of them. Runs that are not finished, arms of unequal size, code that
    changed, and hyper-parameters that differ besides are in the warnings.

    Args:
        source: experiments (`rla.query.experiments`), or the data root whose experiments are meant.
        metric: a recorded key.
        arms: two of them: two conditions, a hyper-parameter that has two values, legends with conditions or
            experiments, or twice experiments.
        by: the hyper-parameter that is the task, such as the environment; None for one task.
        seed_key: the hyper-parameter that tells the runs of an arm from each other.
        x: as of `scores`.
        score: how a run becomes a number: ``"final"``, ``"auc"``, ``"last"`` or ``"best"``; see `scores`.
        last: so many points for ``"final"`` instead of a tenth; see `scores`.
        until: score the runs up to this x; see `scores`.
        lower_is_better: whether low scores are good, as of losses.
        normalize: task → (score that becomes 0, score that becomes 1).
        estimator: ``"auto"``, ``"mean"``, ``"iqm"``, …; by default the interquartile mean, with a bootstrap, from 10
            runs of each arm on each task, and the mean with Student's interval (Welch) below.
        level: the confidence.
        n_boot: draws of the bootstrap.

    Raises:
        DataRootError: there is no such data root.
        QueryError: there are not two arms, a run belongs to both, no experiment has the metric or a key, or an argument
            is none of those above.
    """
    chosen = _choice(arms)
    found = scores(
        *(source, metric, chosen),
        by=by,
        seed_key=seed_key,
        x=x,
        score=score,
        last=last,
        until=until,
        lower_is_better=lower_is_better,
        normalize=normalize,
    )
    said = judge(found, estimator, level, n_boot)
    return replace(said, warnings=(*said.warnings, *notes_on_differences(found, chosen, [by, seed_key])))


def judge(found: RunScores, estimator: str = "auto", level: float = 0.95, n_boot: int = 10_000) -> Verdict:
    """Return the verdict on scores, without what the experiments tell besides; the arguments are those of `verdict`.

    Raises:
        QueryError: there are not two arms, a run belongs to both, or an argument is none of those that there are.
    """
    pair = _two_arms(found)
    usable = [task for task in found.tasks if min(len(found.of(arm, task)) for arm in pair) >= LEAST]
    least = min((len(found.of(arm, task)) for arm in pair for task in usable), default=0)
    way = chosen_way(estimator, "auto", level, n_boot, least)
    tasks = _corrected([_compared(found, task, [task], way) for task in found.tasks], level)
    together = None
    if len(found.tasks) > 1 and found.normalize is not None:
        way = chosen_way(estimator, "auto", level, n_boot, least, len(usable))
        together = _compared(found, "", usable, way)
    return Verdict(
        answer=_answer(tasks) if together is None else together.answer,
        arms=pair,
        tasks=tuple(tasks),
        pooled=together,
        improvement=_improvement(found, usable, level),
        way=way,
        scores=found,
        warnings=(*found.notes, *_left_out(found, usable)),
    )


def _choice(arms: ArmChoice | Sequence[Experiments]) -> ArmChoice:
    if isinstance(arms, Sequence) and not isinstance(arms, str) and any(isinstance(arm, Experiments) for arm in arms):
        several = [arm for arm in arms if isinstance(arm, Experiments)]
        if len(several) != 2 or len(arms) != 2:
            raise QueryError(f"A verdict is about two arms: two conditions, or twice experiments; got {arms!r}.")
        return {"A": several[0], "B": several[1]}
    return arms  # type: ignore[return-value]  # experiments are those of above


def _two_arms(found: RunScores) -> tuple[str, str]:
    if len(found.arms) != 2:
        names = ", ".join(f"'{arm}'" for arm in found.arms[:5]) + ", …" * (len(found.arms) > 5)
        raise QueryError(
            f"A verdict is about two arms; here {'is' if len(found.arms) == 1 else 'are'} {len(found.arms)}: {names}. "
            "Name two conditions, such as 'algo=sac' and 'algo=td3'."
        )
    first, second = ({run.experiment for run in found.runs if run.arm == arm} for arm in found.arms)
    if both := first & second:
        raise QueryError(
            f"{len(both)} of {len(first | second)} runs belong to '{found.arms[0]}' and to '{found.arms[1]}', such as "
            f"'{min(both)}'. Nothing can be said of runs beside themselves; change the conditions."
        )
    return found.arms[0], found.arms[1]


def _compared(found: RunScores, task: str, tasks: Sequence[str], way: Way) -> Comparison:
    """Compare both arms on some tasks together; with what can be said of them."""
    values = [{each: found.values[arm][each] for each in tasks} for arm in found.arms]
    ids = [found.run_ids(arm, tasks) for arm in found.arms]
    numbers = len(ids[0]), len(ids[1])
    estimates = [
        float(estimate(scores, way.estimator, "none").value) if tasks and min(map(len, scores.values())) else math.nan
        for scores in values
    ]
    pair = estimates[0], estimates[1]
    difference = difference_of(values[0], values[1], way, (ids[0], ids[1])) if tasks else None
    if difference is None:
        return Comparison(task, CANNOT_SAY, pair, numbers, None, None, math.nan)
    sign = -1 if found.scoring.lower_is_better else 1
    answer = UNDECIDED if not difference.decided else BETTER if sign * difference.value > 0 else WORSE
    chance = _improvement(found, tasks, way.level)
    return Comparison(task, answer, pair, numbers, difference, chance, difference.p_value, len(tasks))


def _corrected(tasks: Sequence[Comparison], level: float) -> list[Comparison]:
    """Return comparisons of several tasks with corrected p-values; what they do not bear out is undecided."""
    able = [each for each in tasks if each.difference is not None]
    if len(able) < 2:
        return list(tasks)
    p_values = iter(holm([each.p_value for each in able]))
    found = []
    for each in tasks:
        if each.difference is None:
            found.append(each)
            continue
        p_value = float(next(p_values))
        found.append(replace(each, p_value=p_value, answer=UNDECIDED if p_value > 1 - level else each.answer))
    return found


def _answer(tasks: Sequence[Comparison]) -> str:
    there = {each.answer for each in tasks}
    if len(there) == 1:
        return there.pop()
    if {BETTER, WORSE} <= there:
        return "mixed"
    return "better in part" if BETTER in there else "worse in part" if WORSE in there else UNDECIDED


def _improvement(found: RunScores, tasks: Sequence[str], level: float) -> Improvement | None:
    if not tasks:
        return None
    first, second = ({task: found.values[arm][task] for task in tasks} for arm in found.arms)
    return improvement(second, first, level) if found.scoring.lower_is_better else improvement(first, second, level)


def _left_out(found: RunScores, usable: Sequence[str]) -> list[str]:
    """Return which tasks count for nothing that is said of all of them."""
    lost = [task for task in found.tasks if task not in usable]
    if not lost or not usable:
        return []
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return [f"Nothing can be said of {', '.join(lost[:3])}{more}: an arm has fewer than {LEAST} runs there."]
