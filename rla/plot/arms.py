"""Which experiments make an arm (a curve, a line of a table), and which a panel (a task of the benchmark)."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from rla.database.expression import parse
from rla.database.expression.tree import Comparison
from rla.errors import ExpressionError, QueryError
from rla.query import Experiment, Experiments, experiments
from rla.query.loading import parameter_names

__all__ = ["POOLED", "ArmChoice", "Member", "Source", "arrange", "experiments_from", "task_key"]

Source: TypeAlias = Experiments | str | os.PathLike[str]
"""Experiments, or the data root whose experiments are meant."""

ArmChoice: TypeAlias = str | Sequence[str] | Mapping[str, str | Experiments] | Callable[[Experiment], str | None] | None
"""What makes the arms: names of hyper-parameters (an arm for each value), conditions (an arm for each), legends with
the condition or the experiments of each, a function that returns an experiment's legend (None leaves it out); or None,
for the tracked hyper-parameters that differ."""

POOLED: Final = ""
"""The title of a panel that is not split by anything."""

_FEW: Final = 3
"""Of so few runs, a parameter that each has another value of is no identifier."""

_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?(?:e[-+]?\d+)?)")


@dataclass(frozen=True)
class Member:
    """An experiment with its place in a comparison.

    Args:
        experiment: the experiment.
        arm: the legend of its arm.
        task: the value of the key that panels are made by; empty where there is none.
        seed: the seed as text, empty where it has none.
    """

    experiment: Experiment
    arm: str
    task: str
    seed: str


def experiments_from(source: Source) -> Experiments:
    """Return the experiments that are meant.

    Raises:
        DataRootError: there is no such data root.
        QueryError: there are no experiments.
    """
    found = source if isinstance(source, Experiments) else experiments(source)
    if not len(found):
        raise QueryError(f"There is nothing to plot: {found!r}. `rla ls` lists what is there.")
    return found


def task_key(found: Sequence[Experiment], by: str | None) -> str | None:
    """Return the key that panels are made by; None where nobody has it and nobody asked for another than the default.

    Raises:
        QueryError: no experiment has it.
    """
    if by is None:
        return None
    if by == "env_id" and not any(by in experiment.flat_parameters for experiment in found):
        return None
    return parameter_names(found, by)[0]


def arrange(found: Experiments, arms: ArmChoice, by: str | None, seed_key: str = "seed") -> list[Member]:
    """Return the experiments by arm and task; arms and tasks in the order in which they are shown.

    An experiment that belongs to two arms is there twice; one that belongs to none is left out.

    Args:
        found: the experiments.
        arms: what makes the arms.
        by: the key that panels are made by, as `task_key` returns it.
        seed_key: the hyper-parameter that tells the runs of an arm from each other.

    Raises:
        QueryError: there is no such key, a condition is none, or an arm has no experiments.
    """
    every = list(found)
    pairs = _by_arm(found, every, arms, [key for key in (by, seed_key) if key is not None])
    members = [
        Member(each, arm, POOLED if by is None else value_text(_value(each, by)), _seed(each, seed_key))
        for arm, each in pairs
    ]
    if not members:
        raise QueryError(f"None of the {len(every)} experiments belongs to an arm.")
    tasks = {task: place for place, task in enumerate(_natural_order(member.task for member in members))}
    arm_order = {arm: place for place, arm in enumerate(dict.fromkeys(arm for arm, _ in pairs))}
    return sorted(members, key=lambda member: (tasks[member.task], arm_order[member.arm]))


def value_text(value: Any) -> str:
    """Return a value as a legend shows it; equal numbers have equal texts, whether they were kept as text or not."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, (int, float)):
        return str(int(value)) if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15) else repr(value)
    return str(value)


def _by_arm(
    found: Experiments, every: Sequence[Experiment], arms: ArmChoice, others: Sequence[str]
) -> list[tuple[str, Experiment]]:
    if callable(arms):
        labelled = [(arms(each), each) for each in every]
        return _in_natural_order([(str(arm), each) for arm, each in labelled if arm is not None])
    if isinstance(arms, Mapping):
        return _by_condition(found, arms)
    asked = _tracked_that_differ(every, others) if arms is None else [arms] if isinstance(arms, str) else list(arms)
    if not all(isinstance(each, str) for each in asked):
        raise QueryError(f"Arms are names of hyper-parameters, or conditions; got {arms!r}.")
    conditions = [each for each in asked if _is_condition(each)]
    if conditions and len(conditions) < len(asked):
        other = next(each for each in asked if each not in conditions)
        raise QueryError(f"Arms are all names or all conditions; '{conditions[0]}' is a condition, '{other}' a name.")
    if conditions:
        return _by_condition(found, {condition: condition for condition in conditions})
    keys = parameter_names(every, asked)
    return _in_natural_order([(_legend(each, keys), each) for each in every])


def _by_condition(found: Experiments, arms: Mapping[str, str | Experiments]) -> list[tuple[str, Experiment]]:
    pairs = []
    for legend, chosen in arms.items():
        members = found.where(chosen) if isinstance(chosen, str) else chosen
        if not len(members):
            raise QueryError(f"The arm '{legend}' has no experiments: none of {len(found)} satisfies '{chosen}'.")
        pairs += [(legend, each) for each in members]
    return pairs


def _is_condition(text: str) -> bool:
    try:
        root = parse(text).root
    except ExpressionError:
        if any(sign in text for sign in "=<>~"):
            raise
        return False  # a key with characters that an expression would quote
    return not (isinstance(root, Comparison) and not root.operator)


def _tracked_that_differ(every: Sequence[Experiment], others: Sequence[str]) -> list[str]:
    """Return the tracked hyper-parameters with several values; not those that differ in every single run."""
    values: dict[str, Counter[str]] = {}
    for each in every:
        for key in each.tracked:
            if key not in others:
                values.setdefault(key, Counter())[value_text(_value(each, key))] += 1
    runs = len(every)
    return [
        key
        for key, counts in values.items()
        if (len(counts) > 1 or counts.total() < runs) and (len(counts) < runs or runs <= _FEW)
    ]


def _legend(experiment: Experiment, keys: Sequence[str]) -> str:
    parts = []
    for key in keys:
        value = _value(experiment, key)
        text = value_text(value)
        parts.append(text if isinstance(value, str) and not _is_number(value) else f"{key}={text}")
    return ", ".join(parts) or "all runs"


def _value(experiment: Experiment, key: str) -> Any:
    flat = experiment.flat_parameters
    return flat[key] if key in flat else experiment.facts.get(key)


def _seed(experiment: Experiment, seed_key: str) -> str:
    value = experiment.flat_parameters.get(seed_key)
    return "" if value is None else value_text(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _in_natural_order(pairs: list[tuple[str, Experiment]]) -> list[tuple[str, Experiment]]:
    order = {arm: place for place, arm in enumerate(_natural_order(arm for arm, _ in pairs))}
    return sorted(pairs, key=lambda pair: order[pair[0]])


def _natural_order(names: Iterable[str]) -> list[str]:
    """Return names once each, numbers in them by their size: ``lr=0.01`` before ``lr=0.1``, ``v2`` before ``v10``."""

    def parts(name: str) -> list[str | float]:
        return [float(part) if place % 2 else part for place, part in enumerate(_NUMBER.split(name))]

    return sorted(dict.fromkeys(names), key=parts)
