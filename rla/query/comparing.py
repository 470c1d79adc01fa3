"""Why groups of experiments differ: what is the same for all of a group, and another for all of another group."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from rla.database.run_card import read_run_card
from rla.errors import QueryError
from rla.query.experiment import Experiment

__all__ = ["ABSENT", "MOST_CARDS", "Difference", "Explanation", "Group", "Variation", "explain"]

FACTS: Final = ("task", "commit", "branch", "dirty", "code", "host", "node", "user", "python", "rla")
"""Facts of a run that may explain a result."""

MOST_CARDS: Final = 200
"""Versions of packages stand in the run cards alone; those of so many runs are read."""

MOST_VALUES: Final = 1000
"""So many values of a key are told from each other in a group."""

PARAMETERS: Final = "params"
RUN: Final = "run"
PACKAGES: Final = "packages"

_LONGEST_NUMBER: Final = 40


class _Absent(Enum):
    ABSENT = "-"


ABSENT: Final = _Absent.ABSENT
"""The value of a key that no run of a group has."""


@dataclass(frozen=True)
class Group:
    """Experiments that are compared with those of other groups.

    Attributes:
        name: what they are called: their condition.
        size: how many there are.
    """

    name: str
    size: int


@dataclass(frozen=True)
class Difference:
    """A key that has one value in each group, and not the same in all.

    Attributes:
        kind: ``params``, ``run`` or ``packages``.
        key: a dotted hyper-parameter, one of `FACTS`, or a distribution.
        values: its value in each group; `ABSENT` where no run has it.
    """

    kind: str
    key: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Variation:
    """A key that has several values inside a group.

    Attributes:
        kind: as that of a difference.
        key: likewise.
        counts: how many values it has in each group, `MOST_VALUES` at most; being absent counts as one.
    """

    kind: str
    key: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Explanation:
    """What groups of experiments differ in.

    Attributes:
        groups: the groups.
        differences: what is constant inside each group and differs between them.
        variations: what varies inside a group.
        shared: how many keys have one value in all groups.
        overlapping: how many experiments are in more than one group.
        without_packages: why the versions of packages were not compared; None when they were.
    """

    groups: list[Group]
    differences: list[Difference]
    variations: list[Variation]
    shared: int
    overlapping: int
    without_packages: str | None


class _Values:
    """The values that the runs of a group have, by key."""

    def __init__(self) -> None:
        self.runs = 0
        self._values: dict[str, dict[str, Any]] = {}
        self._having: Counter[str] = Counter()

    def add(self, values: Mapping[str, Any]) -> None:
        """Take in the values of a run."""
        self.runs += 1
        for key, value in values.items():
            self._having[key] += 1
            known = self._values.setdefault(key, {})
            if len(known) < MOST_VALUES:
                known.setdefault(_comparable(value), value)

    @property
    def keys(self) -> Iterable[str]:
        """The keys that a run has."""
        return self._values

    def count(self, key: str) -> int:
        """Return how many values a key has; being absent is one."""
        return len(self._values.get(key, ())) + (self._having[key] < self.runs)

    def first(self, key: str) -> tuple[str, Any]:
        """Return a value of a key, as it is compared and as it is."""
        return next(iter(self._values[key].items())) if key in self._values else ("", ABSENT)


def explain(groups: Mapping[str, Sequence[Experiment]]) -> Explanation:
    """Return what is constant inside each of several groups of experiments, and differs between them.

    Looked at are hyper-parameters, the facts of `FACTS`, and the versions of packages, which are read from the run
    cards where there are at most `MOST_CARDS` runs in all. A text equals what it reads as: ``"0.1"`` the number.

    Args:
        groups: experiments by the name of their group.

    Raises:
        QueryError: there are fewer than two groups, or one is empty.
    """
    if len(groups) < 2:
        raise QueryError(f"A comparison needs at least two groups; got {len(groups)}.")
    for name, experiments in groups.items():
        if not experiments:
            raise QueryError(f"There is nothing to compare: no experiment satisfies '{name}'.")
    number = sum(len(experiments) for experiments in groups.values())
    several: Counter[str] = Counter()
    found = [_values_of(experiments, number <= MOST_CARDS, several) for experiments in groups.values()]
    without = None
    if number > MOST_CARDS:
        without = f"there are more than {MOST_CARDS} runs"
    elif not all(values[PACKAGES].runs for values in found):
        without = "a group has no run card that names them"
    kinds = (PARAMETERS, RUN) if without else (PARAMETERS, RUN, PACKAGES)
    differences, variations, shared = _compared(found, kinds)
    return Explanation(
        [Group(name, len(experiments)) for name, experiments in groups.items()],
        differences,
        variations,
        shared,
        sum(times > 1 for times in several.values()),
        without,
    )


def _values_of(experiments: Iterable[Experiment], with_packages: bool, several: Counter[str]) -> dict[str, _Values]:
    """Return the values of a group by kind, and count its experiments by name."""
    found = {kind: _Values() for kind in (PARAMETERS, RUN, PACKAGES)}
    for experiment in experiments:
        several[experiment.name] += 1
        found[PARAMETERS].add(experiment.flat_parameters)
        found[RUN].add({fact: experiment.facts[fact] for fact in FACTS if fact in experiment.facts})
        card = read_run_card(experiment.log_dir) if with_packages else None
        if card is not None and card.packages:  # of a run that does not tell, nothing is known
            found[PACKAGES].add(card.packages)
    return found


def _compared(
    groups: Sequence[Mapping[str, _Values]], kinds: Sequence[str]
) -> tuple[list[Difference], list[Variation], int]:
    differences, variations, shared = [], [], 0
    for kind in kinds:
        of_kind = [group[kind] for group in groups]
        for key in dict.fromkeys(key for values in of_kind for key in values.keys):
            counts = tuple(values.count(key) for values in of_kind)
            if max(counts) > 1:
                variations.append(Variation(kind, key, counts))
            elif len({values.first(key)[0] for values in of_kind}) > 1:
                differences.append(Difference(kind, key, tuple(values.first(key)[1] for values in of_kind)))
            else:
                shared += 1
    return differences, variations, shared


def _comparable(value: Any) -> str:
    """Return a text that is the same for values that count as equal, and never empty."""
    if isinstance(value, str):
        text = value.strip()
        if len(text) <= _LONGEST_NUMBER and "_" not in text:
            with contextlib.suppress(ValueError):
                return repr(float(text))
        return value or "''"
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        with contextlib.suppress(OverflowError):  # an integer of hundreds of digits
            return repr(float(value))
    return json.dumps(value, sort_keys=True, default=str)
