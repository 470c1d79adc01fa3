"""What a reader should know of the runs that are compared, a sentence each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rla.plot.reading import WALL_TIME, x_label

if TYPE_CHECKING:
    from rla.plot.scored_runs import RunScore
    from rla.plot.scoring import Stretch

__all__ = ["ENDED_WELL", "notes_on_scores", "places_text", "several_of_a_seed", "some"]

ENDED_WELL: Final = ("finished", "unknown")
"""Of data of older tools, which have no run cards, the status is unknown."""

CUT_NOTED: Final = 0.9
"""It is noted when less than this share of the longest run counts."""

_NAMED: Final = 3


def several_of_a_seed(runs: Iterable[tuple[str, str, str]], seed_key: str) -> Iterator[str]:
    """Yield which arms have several runs of one seed.

    Args:
        runs: arm, task and seed of each run that counts; arms in the order in which they are told of.
        seed_key: the hyper-parameter that tells the runs of an arm from each other.
    """
    several: dict[str, list[str]] = {}
    for (arm, task, seed), number in Counter(run for run in runs if run[2]).items():
        if number > 1:
            several.setdefault(arm, []).append(f"{number} of {seed_key} {seed}{_on(task)}")
    if len(several) > _NAMED:
        arms = some([f"'{arm}'" for arm in several])
        yield f"{arms} have several runs of one {seed_key}, and all count."
        return
    for arm, found in several.items():
        yield f"'{arm}' has several runs of one {seed_key}, and all count: {some(found)}."


def notes_on_scores(
    arms: Sequence[str],
    runs: Sequence[RunScore],
    stretches: Mapping[str, Stretch],
    *,
    metric: str,
    x: str,
    seed_key: str,
    end_is_chosen: bool,
) -> Iterator[str]:
    """Yield which runs have no score, what is cut off, which seeds count twice, and where numbers of runs differ.

    Args:
        arms: the legends.
        runs: the scores of all runs.
        stretches: task → the stretch of x that counts.
        metric: the recorded key.
        x: over what the curves run.
        seed_key: the hyper-parameter that tells the runs of an arm from each other.
        end_is_chosen: whether the user has said where the stretch ends.
    """
    yield from _without_score(arms, runs, stretches, metric, x)
    yield from _unfinished(arms, runs)
    cut = [task for task, stretch in stretches.items() if stretch.high < CUT_NOTED * stretch.longest]
    if cut and not end_is_chosen:
        high, longest = stretches[cut[0]].high, stretches[cut[0]].longest
        first = min((run for run in runs if run.task == cut[0] and run.end >= high), key=lambda run: run.end)
        yield (
            f"Scored{_on_tasks(cut)} up to {places_text([high, longest], x, ' of ')}, "
            f"where the first run of '{first.arm}' ends."
        )
    counting = (run for arm in arms for run in runs if run.arm == arm and not math.isnan(run.value))
    yield from several_of_a_seed(((run.arm, run.task, run.seed) for run in counting), seed_key)
    yield from _unequal(arms, list(dict.fromkeys(run.task for run in runs)), runs)


def places_text(places: Collection[float], x: str, between: str) -> str:
    """Return the least and the greatest of some places on x, with the unit; one where they are the same."""
    digits, unit = (".3g", "hours") if x == WALL_TIME else (",.10g", x_label(x))
    return f"{between.join(dict.fromkeys(f'{place:{digits}}' for place in (min(places), max(places))))} {unit}"


def _without_score(
    arms: Sequence[str], runs: Sequence[RunScore], stretches: Mapping[str, Stretch], metric: str, x: str
) -> Iterator[str]:
    for arm in arms:
        mine = [run for run in runs if run.arm == arm]
        missing = [run for run in mine if math.isnan(run.value)]
        never = [run for run in missing if math.isnan(run.end)]
        late = [run for run in missing if run.end >= stretches[run.task].high]
        early = [run for run in missing if run.end < stretches[run.task].high]
        if never:
            yield f"{_of(never, mine, arm)} no score: no values of '{metric}' ({_statuses(never)})."
        if late:
            yield f"{_of(late, mine, arm)} no score: no values before the end of what is compared ({_statuses(late)})."
        if early:
            where = places_text([run.end for run in early], x, " to ")
            yield (f"{_of(early, mine, arm)} no score: not as far as the others, but to {where} ({_statuses(early)}).")


def _unfinished(arms: Sequence[str], runs: Sequence[RunScore]) -> Iterator[str]:
    for arm in arms:
        mine = [run for run in runs if run.arm == arm]
        counting = [run for run in mine if run.status not in ENDED_WELL and not math.isnan(run.value)]
        if counting:
            yield f"{_of(counting, mine, arm)} not finished, but came far enough to count ({_statuses(counting)})."


def _unequal(arms: Sequence[str], tasks: Sequence[str], runs: Sequence[RunScore]) -> Iterator[str]:
    numbers = Counter((run.arm, run.task) for run in runs if not math.isnan(run.value))
    for arm in arms:
        empty = [task for task in tasks if task and not numbers[arm, task]]
        if empty and len(empty) < len(tasks):
            yield f"'{arm}' has no scores on {some(empty)}."
    unequal = [task for task in tasks if len({numbers[arm, task] for arm in arms if numbers[arm, task]}) > 1]
    if unequal:
        there = [f"'{arm}' {number}" for arm in arms if (number := numbers[arm, unequal[0]])]
        yield f"Numbers of runs differ{_on_tasks(unequal)}: {some(there)}."


def _of(some: Sequence[RunScore], every: Sequence[RunScore], arm: str) -> str:
    have = "has" if len(some) == 1 else "have"
    return f"{len(some)} of {len(every)} runs of '{arm}' {have}"


def _statuses(runs: Iterable[RunScore]) -> str:
    counts = Counter(run.status for run in runs)
    return ", ".join(
        status if number == 1 == len(counts) else f"{number} {status}" for status, number in counts.items()
    )


def some(texts: Sequence[str]) -> str:
    """Return the first of some texts, and how many more there are."""
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more


def _on_tasks(tasks: Sequence[str]) -> str:
    return _on(tasks[0]) if len(tasks) == 1 else f" on {len(tasks)} tasks, such as on {tasks[0]}"


def _on(task: str) -> str:
    return f" on {task}" if task else ""
