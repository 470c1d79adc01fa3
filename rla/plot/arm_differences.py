"""What besides the compared hyper-parameters may explain that arms differ: code that changed, other settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rla.database.expression import parse
from rla.errors import ExpressionError
from rla.plot.arms import ArmChoice, value_text
from rla.plot.run_notes import some
from rla.plot.scored_runs import RunScores
from rla.query import Experiment
from rla.query.comparing import ABSENT, PARAMETERS, Difference, Explanation, explain

__all__ = ["notes_on_differences"]

CODE: Final = ("code", "commit", "dirty")
"""Facts that tell versions of the code apart, the surest first."""

VERSIONS: Final = ("python", "rla")

_LONGEST: Final = 20


def notes_on_differences(found: RunScores, arms: ArmChoice, others: Sequence[str | None]) -> Iterator[str]:
    """Yield what differs inside of arms, or between them, and is not what is compared.

    Args:
        found: the scores of two arms.
        arms: what makes the arms.
        others: keys that are meant to differ: the one of the tasks, the one of the seeds.
    """
    groups: dict[str, dict[str, Experiment]] = {arm: {} for arm in found.arms}
    for member in found.members:
        groups[member.arm][member.experiment.name] = member.experiment
    chosen = {arm: list(members.values()) for arm, members in groups.items()}
    explanation = explain(chosen)
    meant = {key for key in others if key} | _compared_keys(arms, chosen)
    yield from _code_inside(explanation, found.arms)
    yield from _settings_inside(explanation, chosen, meant)
    yield from _between(explanation, meant)


def _compared_keys(arms: ArmChoice, groups: Mapping[str, Sequence[Experiment]]) -> set[str]:
    """Return the hyper-parameters that the arms are made of."""
    if arms is None:
        return {key for members in groups.values() for each in members for key in each.tracked}
    if callable(arms):
        return set()
    texts = [arms] if isinstance(arms, str) else list(arms.values() if isinstance(arms, Mapping) else arms)
    keys: set[str] = set()
    for text in texts:
        if isinstance(text, str):
            try:
                keys.update(parse(text).keys())
            except ExpressionError:  # a key with characters that an expression would quote
                keys.add(text)
    return {key.removeprefix("params.") for key in keys}


def _code_inside(explanation: Explanation, arms: Sequence[str]) -> Iterator[str]:
    kinds = {"code": "versions", "commit": "commits", "dirty": "states, with and without uncommitted changes"}
    for place, arm in enumerate(arms):
        counts = {each.key: each.counts[place] for each in explanation.variations if each.kind != PARAMETERS}
        several = next((key for key in CODE if counts.get(key, 1) > 1), None)
        if several:
            yield f"The code of the runs of '{arm}' is not the same: {counts[several]} {kinds[several]}."


def _settings_inside(
    explanation: Explanation, groups: Mapping[str, Sequence[Experiment]], meant: set[str]
) -> Iterator[str]:
    """Yield which hyper-parameters vary inside an arm; not names of runs, which each has another of."""
    sizes = [len(members) for members in groups.values()]
    varying = [
        f"{each.key} ({max(each.counts)} values)"
        for each in explanation.variations
        if each.kind == PARAMETERS
        and each.key not in meant
        and any(1 < count < size for count, size in zip(each.counts, sizes, strict=True))
    ]
    if varying:
        yield f"Runs of an arm differ in {some(varying)}."


def _between(explanation: Explanation, meant: set[str]) -> Iterator[str]:
    code = [each for each in explanation.differences if each.kind == "run" and each.key in CODE]
    if code:
        first = min(code, key=lambda each: CODE.index(each.key))
        yield f"The arms ran different code: {_told(first)}."
    others = [
        each
        for each in explanation.differences
        if (each.kind == PARAMETERS and each.key not in meant)
        or each.kind == "packages"
        or (each.kind == "run" and each.key in VERSIONS)
    ]
    if others:
        yield f"The arms differ in {some([_told(each) for each in others])}, too; `rla why` shows all."


def _told(difference: Difference) -> str:
    return f"{difference.key} ({' / '.join(map(_short, difference.values))})"


def _short(value: Any) -> str:
    if value is ABSENT:
        return "-"
    text = value_text(value) if value is None or isinstance(value, (str, int, float, bool)) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
