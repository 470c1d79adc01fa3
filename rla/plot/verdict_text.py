"""A verdict in words, for a terminal and for JSON."""

from __future__ import annotations

import math
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rla.plot.comparing import LEAST, way_text
from rla.plot.rounding import Rounding, rounding_for
from rla.plot.run_notes import some

if TYPE_CHECKING:
    from rla.plot.verdicts import Comparison, Verdict

__all__ = ["as_item", "plain", "sentence"]

WIDTH: Final = 80
MOST_NEEDED: Final = 1000
"""How many more runs it takes is not told beyond."""

NOTHING: Final = "–"

_LONGEST_NAME: Final = 24
_SHORTEST_TASK: Final = 8
_ESTIMATES: Final = {"iqm": "interquartile mean", "fractional_iqm": "interquartile mean", "mean": "mean"}


def sentence(verdict: Verdict) -> str:
    """Return the verdict in one sentence; long legends are called A and B there."""
    arms = _names(verdict)
    whether = f"whether {arms[0]} or {arms[1]} is better"
    single = _single(verdict)
    if single is None:
        return _of_tasks(verdict, arms, whether)
    metric, at = verdict.scores.metric, f"at {_percent(verdict)} confidence"
    over = f"over {_all(len(verdict.tasks))} on {metric}" if verdict.pooled else f"on {metric}"
    if single.answer == "undecided":
        return f"Undecided {over}, {at}: these runs do not show {whether}."
    if single.answer in ("better", "worse"):
        return f"{arms[0]} is {single.answer} than {arms[1]} {over}, {at}."
    pairs = zip(arms, single.n, strict=True)
    few = [f"{arm} has {_counted(n, 'run')} with a score" for arm, n in pairs if n < LEAST]
    told = " and ".join(few) if few and not verdict.pooled else "there are too few runs"
    of_each = "of each arm on a task" if verdict.pooled else "of each arm"
    return f"Cannot say {whether} on {metric}: {told}; it takes {LEAST} {of_each}."


def plain(verdict: Verdict) -> str:
    """Return all that is said, for a terminal of 80 columns."""
    parts = [_wrapped(verdict.sentence), "\n".join(_numbers(verdict))]
    if len(verdict.tasks) > 1:
        parts.append("\n".join(_task_table(verdict)))
    parts += map(_wrapped, [*_power(verdict), _method(verdict)])
    if verdict.warnings:
        parts.append("\n".join(["Beware:", *(_wrapped(each, "- ") for each in verdict.warnings)]))
    return "\n\n".join(parts)


def as_item(verdict: Verdict) -> dict[str, Any]:
    """Return all of a verdict as plain data."""
    scores, way = verdict.scores, verdict.way
    return {
        "answer": verdict.answer,
        "sentence": verdict.sentence,
        "metric": scores.metric,
        "arms": [
            {"name": arm, "runs": [run.experiment for run in scores.runs if run.arm == arm]} for arm in verdict.arms
        ],
        "lower_is_better": scores.scoring.lower_is_better,
        "score": scores.text,
        "normalize": None
        if scores.normalize is None
        else {task: list(pair) for task, pair in scores.normalize.items()},
        "estimator": way.estimator,
        "interval": way.band,
        "level": way.level,
        "tasks": [_comparison_item(each) for each in verdict.tasks],
        "pooled": None if verdict.pooled is None else _comparison_item(verdict.pooled),
        "probability": None if verdict.improvement is None else asdict(verdict.improvement),
        "warnings": list(verdict.warnings),
    }


def _comparison_item(comparison: Comparison) -> dict[str, Any]:
    found = comparison.difference
    return {
        "task": comparison.task,
        "answer": comparison.answer,
        "estimates": [_plain_number(value) for value in comparison.estimates],
        "runs": list(comparison.n),
        "difference": None
        if found is None
        else {name: _plain_number(getattr(found, name)) for name in ("value", "low", "high", "effect")},
        "p_value": _plain_number(comparison.p_value),
        "probability": None if comparison.improvement is None else asdict(comparison.improvement),
        "runs_for_80_percent_power": _plain_number(comparison.needed),
    }


def _plain_number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _single(verdict: Verdict) -> Comparison | None:
    """Return the comparison that is the verdict; None where it is made of several tasks."""
    return verdict.pooled or (verdict.tasks[0] if len(verdict.tasks) == 1 else None)


def _of_tasks(verdict: Verdict, arms: tuple[str, str], whether: str) -> str:
    """Return what is said of several tasks, each by itself."""
    metric, at, total = verdict.scores.metric, f"at {_percent(verdict)} confidence", len(verdict.tasks)
    of_answers = {
        answer: [each.task for each in verdict.tasks if each.answer == answer]
        for answer in ("better", "worse", "undecided", "cannot say")
    }
    if verdict.answer == "cannot say":
        return f"Cannot say {whether} on {metric}: there are too few runs on each task; it takes {LEAST} of each arm."
    parts: list[str] = []
    for answer, tasks in of_answers.items():
        if not tasks:
            continue
        among = f" of {total} tasks" if not parts else ""
        which = _all(total) if len(tasks) == total else f"{len(tasks)}{among} ({some(tasks)})"
        words = {"undecided": "undecided on", "cannot say": "with too few runs to say on"}.get(answer, f"{answer} on")
        if not parts and answer in ("better", "worse"):
            words = f"{arms[0]} is {answer} than {arms[1]} on"
        parts.append(f"{words} {which}")
    if verdict.answer == "undecided":
        return f"On {metric}, {', '.join(parts)}: these runs do not show {whether}, {at}."
    return f"On {metric}, {', '.join(parts)}, {at}."


def _all(tasks: int) -> str:
    return "both tasks" if tasks == 2 else f"all {tasks} tasks"


def _numbers(verdict: Verdict) -> list[str]:
    """Return what both arms are, and what is said of all tasks together."""
    single = _single(verdict)
    runs = [sum(each.n[place] for each in verdict.tasks) for place in (0, 1)] if single is None else single.n
    cells = ["", ""]
    rows = []
    if single is not None:
        rounding = _rounding(single)
        texts = [rounding.text(value) for value in single.estimates]
        cells = [f"{text.rjust(max(map(len, texts)))}  " for text in texts]
        if single.difference is not None:
            rows.append(("A - B", f"{_difference(single, rounding)}, {_p_value(single.p_value)}"))
    arms = [
        (letter, f"{cell}{arm if arm != letter else 'experiments'} ({_counted(number, 'run')})")
        for letter, cell, arm, number in zip("AB", cells, verdict.arms, runs, strict=True)
    ]
    if verdict.improvement is not None:
        rows.append(("P(A better)", _chance(verdict)))
    return [f"{name:<11}  {text}" for name, text in [*arms, *rows]]


def _chance(verdict: Verdict) -> str:
    chance = verdict.improvement
    assert chance is not None
    text = f"{chance.value:.2f} [{chance.low:.2f}, {chance.high:.2f}]"
    usable = sum(each.difference is not None for each in verdict.tasks)
    return text if len(verdict.tasks) == 1 else f"{text}, mean over {_counted(usable, 'task')}"


def _task_table(verdict: Verdict) -> list[str]:
    """Return a line for each task, with heads."""
    needs = any(not math.isnan(each.needed) for each in verdict.tasks)
    rows = [["task", "answer", "A", "B", "A - B", "p", "runs", *["needs"] * needs]]
    for each in verdict.tasks:
        rounding = _rounding(each)
        rows.append(
            [
                each.task,
                each.answer,
                *(rounding.text(value) for value in each.estimates),
                NOTHING if each.difference is None else _difference(each, rounding),
                NOTHING if math.isnan(each.p_value) else _p_text(each.p_value),
                "/".join(map(str, each.n)),
                *[_needs(each)] * needs,
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    widths[0] = min(widths[0], max(_SHORTEST_TASK, WIDTH - sum(widths[1:]) - 2 * len(widths[1:])))
    lines = []
    for row in rows:
        task = row[0] if len(row[0]) <= widths[0] else f"{row[0][: widths[0] - 1]}…"
        cells = [task.ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join(cells))
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _needs(comparison: Comparison) -> str:
    if math.isnan(comparison.needed):
        return ""
    return f">{MOST_NEEDED}" if comparison.needed > MOST_NEEDED else str(int(comparison.needed))


def _power(verdict: Verdict) -> list[str]:
    """Return how many runs it would take, where the verdict is undecided."""
    single = _single(verdict)
    found = "in 80 % of studies"
    if single is None:
        is_told = any(_needs(each) for each in verdict.tasks)
        return [f"needs: runs of each arm that find a difference like this one {found}, if it is real."] * is_told
    if math.isnan(single.needed):
        return []
    of_each = "of each arm on each task" if verdict.pooled else "of each arm"
    if single.needed > MOST_NEEDED:
        return [f"To find a difference as small as this one {found} takes more than {MOST_NEEDED:,} runs {of_each}."]
    there = min(single.n) // (len(verdict.tasks) if verdict.pooled else 1)
    more = int(single.needed) - there
    needed = f"{int(single.needed):,} runs {of_each}"
    return [f"If the difference is real, about {needed} find it {found}: {more:,} more than there are."]


def _method(verdict: Verdict) -> str:
    """Return what the numbers are."""
    way, scores = verdict.way, verdict.scores
    name = _ESTIMATES.get(way.estimator, way.estimator.replace("_", " "))
    parts = [f"{name[0].upper()}{name[1:]} of runs, {way_text(way)}."]
    scale = ", normalised" if scores.normalize is not None else ""
    parts.append(f"Score: {scores.text}{scale}.")
    if scores.scoring.lower_is_better:
        parts.append("Lower is better.")
    if sum(each.difference is not None for each in verdict.tasks) > 1:
        parts.append("Answers and p of tasks are corrected for their number (Holm), the intervals are not.")
    return " ".join(parts)


def _rounding(comparison: Comparison) -> Rounding:
    found = comparison.difference
    if found is None:
        return rounding_for(comparison.estimates, [])
    return rounding_for([*comparison.estimates, found.value], [(found.high - found.low) / 2])


def _difference(comparison: Comparison, rounding: Rounding) -> str:
    found = comparison.difference
    assert found is not None
    if math.isnan(found.low):
        return f"{rounding.text(found.value)} [no interval]"
    return f"{rounding.text(found.value)} [{rounding.text(found.low)}, {rounding.text(found.high)}]"


def _p_text(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _p_value(value: float) -> str:
    return f"p {'' if value < 0.001 else '= '}{_p_text(value)}".replace("<", "< ")


def _names(verdict: Verdict) -> tuple[str, str]:
    short = all(len(arm) <= _LONGEST_NAME for arm in verdict.arms)
    return verdict.arms if short else ("A", "B")


def _percent(verdict: Verdict) -> str:
    return f"{100 * verdict.way.level:g} %"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _wrapped(text: str, mark: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark))
