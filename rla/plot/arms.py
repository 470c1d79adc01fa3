"""Which experiments make an arm (a curve, a line of a table), and which a panel (a task of the benchmark)."""

from __future__ import annotations

import os
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from rla.database.expression import number_in, parse
from rla.database.expression.tree import Comparison
from rla.errors import ExpressionError, QueryError
from rla.query import Experiment, Experiments, experiments
from rla.query.loading import parameter_names

__all__ = ["POOLED", "ArmChoice", "Member", "Source", "arms_in_order", "arrange", "experiments_from", "task_key"]

Source: TypeAlias = Experiments | str | os.PathLike[str]
"""Experiments, or the data root whose experiments are meant."""

ArmChoice: TypeAlias = (
    str | Sequence[str] | Mapping[str, str | Sequence[Experiment]] | Callable[[Experiment], str | None] | None
)
"""What makes the arms: names of hyper-parameters (an arm for each value), conditions (an arm for each), legends with
the condition or the experiments of each, a function that returns an experiment's legend (None leaves it out); or None,
for the tracked hyper-parameters that differ."""

POOLED: Final = ""
"""The title of a panel that is not split by anything."""

_SEED: Final = "seed"

_FEW: Final = 3
"""Of so few runs, a parameter that each has another value of is no identifier."""

_WORDS: Final = {"True": True, "False": False, "None": None}
"""As they stand in an index name, which is all that is known of some old runs."""

_EXACT: Final = 1e15
"""Whole numbers below this are shown as such."""

_NUMBER: Final = re.compile(r"((?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|\d+(?:\.\d+)?(?:e[-+]?\d+)?)")


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
        QueryError: there are no experiments, or it is neither.
    """
    if not isinstance(source, (Experiments, str, os.PathLike)):
        raise QueryError(
            f"Expected experiments (rla.query.experiments(...)) or a data root; got {reprlib.repr(source)}."
        )
    found = source if isinstance(source, Experiments) else experiments(source)
    if not len(found):
        raise QueryError(f"There is nothing to plot: {found!r}. `rla ls` lists what is there.")
    return found


def task_key(found: Sequence[Experiment], by: str | None) -> str | None:
    """Return the key that panels are made by; None where nobody has it and nobody asked for another than the default.

    Raises:
        QueryError: no experiment has it, or it is no name.
    """
    if by is None:
        return None
    if not isinstance(by, str):
        raise QueryError(f"by={by!r} is no hyper-parameter; expected one name, such as 'env_id', or None.")
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
    if not isinstance(seed_key, str):
        raise QueryError(f"seed_key={seed_key!r} is no hyper-parameter; expected a name, such as 'seed'.")
    if seed_key != _SEED:
        parameter_names(every, seed_key)
    pairs = _by_arm(found, every, arms, by, seed_key)
    members = [
        Member(each, arm, POOLED if by is None else value_text(_value(each, by)), _seed(each, seed_key))
        for arm, each in pairs
    ]
    if not members:
        raise QueryError(f"None of the {len(every)} experiments belongs to an arm; arms={arms!r}.")
    tasks = {task: place for place, task in enumerate(_natural_order(member.task for member in members))}
    arm_order = {arm: place for place, arm in enumerate(dict.fromkeys(arm for arm, _ in pairs))}
    return sorted(members, key=lambda member: (tasks[member.task], arm_order[member.arm]))


def arms_in_order(members: Iterable[Member], arms: ArmChoice) -> tuple[str, ...]:
    """Return the legends of arms in the order in which they were asked for, also where an arm lacks the first task."""
    there = list(dict.fromkeys(member.arm for member in members))
    asked = [] if arms is None or isinstance(arms, str) or callable(arms) else list(arms)
    return tuple([arm for arm in asked if arm in there] if set(there) <= set(asked) else _natural_order(there))


def value_text(value: Any) -> str:
    """Return a value as a legend shows it; equal values have equal texts, whether they were kept as text or not."""
    if isinstance(value, str):
        value = _WORDS.get(value, value)
    if isinstance(value, str) and (number := number_in(value)) is not None and abs(number) < _EXACT:
        value = number
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    return str(value)


def _by_arm(
    found: Experiments, every: Sequence[Experiment], arms: ArmChoice, by: str | None, seed_key: str
) -> list[tuple[str, Experiment]]:
    """Return the experiments with the legends of their arms, arms in the order in which they are shown."""
    if isinstance(arms, Mapping):
        return _by_condition(found, arms)
    if callable(arms):
        return _by_function(every, arms)
    if arms is None:
        return _by_values(every, _tracked_that_differ(every, by, seed_key))
    asked = [arms] if isinstance(arms, str) else list(arms) if isinstance(arms, Iterable) else [arms]
    if not all(isinstance(each, str) for each in asked):
        raise QueryError(
            "Arms are names of hyper-parameters ('algo'), conditions ('algo=sac'), a dict of legends and conditions, "
            f"or a function of an experiment; got {reprlib.repr(arms)}."
        )
    conditions = [each for each in asked if _is_condition(each)]
    if conditions and len(conditions) < len(asked):
        other = next(each for each in asked if each not in conditions)
        raise QueryError(f"Arms are all names or all conditions; '{conditions[0]}' is a condition, '{other}' a name.")
    if conditions:
        return _by_condition(found, {condition: condition for condition in conditions})
    return _by_values(every, parameter_names(every, asked))


def _by_values(every: Sequence[Experiment], keys: Sequence[str]) -> list[tuple[str, Experiment]]:
    return _in_natural_order([(_legend(each, keys), each) for each in every])


def _by_function(
    every: Sequence[Experiment], legend_of: Callable[[Experiment], str | None]
) -> list[tuple[str, Experiment]]:
    pairs = []
    for each in every:
        try:
            legend = legend_of(each)
        except Exception as error:  # it is the user's
            raise QueryError(
                f"The function that makes the arms failed for '{each.name}': {type(error).__name__}: {error}"
            ) from error
        if legend is not None:
            pairs.append((legend if isinstance(legend, str) else value_text(legend), each))
    return _in_natural_order(pairs)


def _by_condition(found: Experiments, arms: Mapping[str, str | Sequence[Experiment]]) -> list[tuple[str, Experiment]]:
    pairs = []
    for legend, chosen in arms.items():
        if not isinstance(legend, str):
            raise QueryError(f"The legend of an arm is a text; got {legend!r}.")
        members = _members(found, legend, chosen)
        if not members:
            raise QueryError(f"The arm '{legend}' has no experiments: none of {len(found)} satisfies '{chosen}'.")
        pairs += [(legend, each) for each in members]
    return pairs


def _members(found: Experiments, legend: str, chosen: str | Sequence[Experiment]) -> list[Experiment]:
    if isinstance(chosen, str):
        return list(found.where(chosen))
    members = list(chosen) if isinstance(chosen, Iterable) else [chosen]
    if not all(isinstance(each, Experiment) for each in members):
        raise QueryError(
            f"The arm '{legend}' is {reprlib.repr(chosen)}; expected a condition, such as 'algo=sac', or experiments."
        )
    root = os.path.realpath(found.data_root)
    for other in {each.place.data_root for each in members}:
        if os.path.realpath(other) != root:
            raise QueryError(
                f"The arm '{legend}' has experiments of '{other}'; all arms come from one data root: '{root}'."
            )
    return members


def _is_condition(text: str) -> bool:
    try:
        root = parse(text).root
    except ExpressionError:
        if any(sign in text for sign in "=<>~"):
            raise
        return False  # a key with characters that an expression would quote
    return not (isinstance(root, Comparison) and not root.operator)


def _tracked_that_differ(every: Sequence[Experiment], by: str | None, seed_key: str) -> list[str]:
    """Return the tracked hyper-parameters that tell arms apart.

    They have several values, and are no seeds. One that every run has another value of is an id, or was drawn at
    random: it counts only where nothing else tells the runs apart, not even a seed.
    """
    values: dict[str, Counter[str]] = {}
    for each in every:
        for key in each.tracked:
            values.setdefault(key, Counter())[value_text(_value(each, key))] += 1
    runs = len(every)
    several = [key for key, counts in values.items() if len(counts) > 1 or counts.total() < runs]
    chosen = [key for key in several if key != by and key != seed_key and not key.lower().endswith(_SEED)]
    shared = [key for key in chosen if len(values[key]) < runs or runs <= _FEW]
    return shared if shared or len({_seed(each, seed_key) for each in every}) > 1 else chosen


def _legend(experiment: Experiment, keys: Sequence[str]) -> str:
    values = {key: _value(experiment, key) for key in keys}
    return ", ".join(_named(key, value) for key, value in values.items()) or "all runs"


def _named(key: str, value: Any) -> str:
    """Return a value with its key, or a text that speaks for itself alone: ``lr=0.1``, ``sac``."""
    speaks = isinstance(value, str) and value.strip() and value not in _WORDS and number_in(value) is None
    return value_text(value) if speaks else f"{key}={value_text(value)}"


def _value(experiment: Experiment, key: str) -> Any:
    flat = experiment.flat_parameters
    return flat[key] if key in flat else experiment.facts.get(key)


def _seed(experiment: Experiment, seed_key: str) -> str:
    value = experiment.flat_parameters.get(seed_key)
    return "" if value is None else value_text(value)


def _in_natural_order(pairs: list[tuple[str, Experiment]]) -> list[tuple[str, Experiment]]:
    order = {arm: place for place, arm in enumerate(_natural_order(arm for arm, _ in pairs))}
    return sorted(pairs, key=lambda pair: order[pair[0]])


def _natural_order(names: Iterable[str]) -> list[str]:
    """Return names once each, numbers in them by their size: ``lr=0.01`` before ``lr=0.1``, ``v2`` before ``v10``."""

    def parts(name: str) -> list[str | float]:
        return [float(part) if place % 2 else part for place, part in enumerate(_NUMBER.split(name))]

    return sorted(dict.fromkeys(names), key=parts)
