"""What a table of experiments shows: what differs between them, as many columns as the terminal is wide."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rla.cli.common import shown_duration, shown_moment, shown_number, shown_size
from rla.database.expression import FACTS

if TYPE_CHECKING:
    from rla.query.experiment import Experiment

__all__ = ["Choice", "Column", "by_interest", "by_worth", "choose_columns", "short_dates", "short_names", "shown_step"]

GAP: Final = 2
"""Between two columns."""

_WIDEST_CELL: Final = 24
_WIDEST_KEY: Final = 48
"""Of a column that was asked for."""

_COMMIT: Final = 12
_SECONDS: Final = len("2026/11/20/13-05-01")
_YEAR: Final = len("2026/")
_EXACT_STEPS: Final = 10_000
_SELDOM_ASKED: Final = ("time_used/", "system/")
_ASKED_FIRST: Final = ("return", "rew", "success", "score")
_SHOWN_ANYWAY: Final = ("task", "name", "id", "date", "start", "age", "status", "tag", "steps", "problem")


class Column(NamedTuple):
    """A column of a table: its name, a text for each experiment, and whether they are numbers."""

    name: str
    cells: list[str]
    is_number: bool = False

    @property
    def width(self) -> int:
        """How many characters it takes, with the gap to the next one."""
        return max(len(self.name), *map(len, self.cells)) + GAP


@dataclass(frozen=True)
class Choice:
    """What is shown of experiments.

    Attributes:
        columns: the columns of their table.
        alike: tracked hyper-parameters that are the same in all of them, with their value.
        left_out: hyper-parameters that differ and have no column, with the value of the first.
        unknown: keys that were asked for and that none of the experiments has.
    """

    columns: list[Column]
    alike: dict[str, str]
    left_out: dict[str, str]
    unknown: list[str]


def choose_columns(
    experiments: Sequence[Experiment], keys: Sequence[str], asked: Sequence[str], sort: str | None, width: int
) -> Choice:
    """Choose what is shown of experiments.

    Args:
        experiments: those of the table; at least one.
        keys: what is shown in any case.
        asked: what they were looked for by; shown before other things, where it differs.
        sort: what they are sorted by.
        width: of the terminal, in characters.
    """
    unknown = list(_unknown(keys, experiments))
    known = [key for key in keys if key not in unknown]
    front = [*_labels(experiments), *(_column(key, experiments, widest=_WIDEST_KEY) for key in known)]
    differing, alike = _compared(experiments)
    is_measured = sort and sort not in (*_SHOWN_ANYWAY, *differing, *alike)
    measured = [sort] if sort and is_measured else [] if keys else _metrics(experiments)[:1]
    behind = [_steps(experiments), *(_column(key, experiments) for key in measured if key not in keys)]
    taken = {each.name for each in (*front, *behind)}
    others = [key for key in asked if key not in (*taken, *_SHOWN_ANYWAY, *differing, *alike)]
    found = [each for each in (_column(key, experiments) for key in others) if _tells_something(each)]
    parameters = {key: _column(f"params.{key}", experiments, name=key) for key in differing if key not in taken}
    room = width - sum(each.width for each in (*front, *behind))
    chosen: set[str] = set()
    for each in (
        *found,
        *(
            parameters[key]
            for key in by_worth(
                {key: _identities(key, experiments) for key in parameters}, (*asked, *([sort] if sort else []))
            )
        ),
    ):
        if each.width <= room:
            room -= each.width
            chosen.add(each.name)
    middle = [each for each in (*parameters.values(), *found) if each.name in chosen]
    left_out = {key: each.cells[0] for key, each in parameters.items() if key not in chosen}
    return Choice([*front, *middle, *behind], alike, left_out, unknown)


def short_names(experiments: Sequence[Experiment]) -> list[str]:
    """Return record dates as short as they still tell these experiments from each other.

    The year is left out where all are of this year. Each of them names its experiment to other commands.
    """
    return short_dates([experiment.record_date for experiment in experiments])


def short_dates(dates: Sequence[str]) -> list[str]:
    """Return record dates cut short, as `short_names` does."""
    this_year = f"{time.localtime(time.time()).tm_year}/"
    begin = _YEAR if all(date.startswith(this_year) for date in dates) else 0
    several = Counter(date[:_SECONDS] for date in dates)
    return [date[begin:_SECONDS] if several[date[:_SECONDS]] == 1 else date[begin:] for date in dates]


def _labels(experiments: Sequence[Experiment]) -> Iterator[Column]:
    tasks = [experiment.task for experiment in experiments]
    if len(set(tasks)) > 1:
        yield Column("task", tasks)
    yield Column("record_date", short_names(experiments))
    yield Column("status", [experiment.status for experiment in experiments])
    if any(experiment.tags for experiment in experiments):
        yield Column("tags", [" ".join(experiment.tags) for experiment in experiments])


def _steps(experiments: Sequence[Experiment]) -> Column:
    return Column("step", [shown_step(experiment.step) for experiment in experiments], True)


def shown_step(step: int | float | None) -> str:
    """Return a time step as people read it: ``500k``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if step is not None and max(size, _EXACT_STEPS) <= step < math.inf:
            return f"{step / size:.4g}{letter}"
    return shown_number(step)


def _column(key: str, experiments: Sequence[Experiment], widest: int = _WIDEST_CELL, name: str | None = None) -> Column:
    """Return the column of a key, as conditions name it."""
    fact = FACTS.get(key.removeprefix("run."))
    values = [value_of(experiment, key) for experiment in experiments]
    if fact is not None and fact.type in _SHOWN_AS:
        return Column(key, ["" if value is None else _SHOWN_AS[fact.type](value) for value in values], True)
    numbers = all(value is None or isinstance(value, (int, float)) for value in values)
    if key.removeprefix("run.") == "commit":
        return Column(key, [shown_number(value)[:_COMMIT] for value in values])
    return Column(name or key, [_cell(value, widest) for value in values], numbers)


def _cell(value: Any, widest: int = _WIDEST_CELL) -> str:
    text = " ".join(shown_number(value).split())
    return text if len(text) <= widest else f"{text[: widest - 1]}…"


def value_of(experiment: Experiment, key: str) -> Any:
    """Return a fact, hyper-parameter or last value, as conditions name them."""
    kinds = {"run.": experiment.facts, "params.": experiment.flat_parameters, "last.": experiment.last}
    for prefix, values in kinds.items():
        if key.startswith(prefix) and key.removeprefix(prefix) in values:
            return values[key.removeprefix(prefix)]
    return next((values[key] for values in kinds.values() if key in values), None)


def _compared(experiments: Sequence[Experiment]) -> tuple[list[str], dict[str, str]]:
    """Return hyper-parameters that differ, and the tracked ones that do not, with values; in the order of names.

    Of a single experiment the tracked ones count as those that differ.
    """
    tracked = dict.fromkeys(
        key for each in sorted((each.tracked for each in experiments), key=len)[::-1] for key in each
    )
    others = dict.fromkeys(key for experiment in experiments for key in experiment.flat_parameters)
    differing, alike = [], {}
    for key in (*tracked, *(key for key in others if key not in tracked)):
        if len(set(_identities(key, experiments))) > 1 or (len(experiments) == 1 and key in tracked):
            differing.append(key)
        elif key in tracked:
            alike[key] = _cell(experiments[0].flat_parameters.get(key))
    return differing, alike


def _identities(key: str, experiments: Sequence[Experiment]) -> list[str]:
    """Return the values of a hyper-parameter as texts that are equal for equal values; missing ones are empty."""
    return [
        json.dumps(each.flat_parameters[key], default=str) if key in each.flat_parameters else ""
        for each in experiments
    ]


def _tells_something(column: Column) -> bool:
    return len(set(column.cells)) > 1 or (len(column.cells) == 1 and any(column.cells))


def by_worth(identities: Mapping[str, Sequence[str]], asked: Sequence[str] = ()) -> list[str]:
    """Return hyper-parameters in the order in which they get columns.

    First those that were asked for, then those that tell experiments apart which the ones before do not.

    Args:
        identities: for each hyper-parameter a text of each experiment, equal for equal values, empty where it has none.
        asked: names of values that were asked for.
    """
    first = {key.removeprefix("params.") for key in asked}

    def rank(key: str) -> tuple[bool, bool]:
        return key not in first, len({*identities[key], ""}) <= 2  # of one value, and not there in some

    groups = [0] * len(next(iter(identities.values()), ()))
    telling, others = [], []
    for key in sorted(identities, key=rank):
        pairs = list(zip(groups, identities[key], strict=True))
        numbers = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
        if len(numbers) > len(set(groups)) or key in first:
            telling.append(key)
            groups = [numbers[pair] for pair in pairs]
        else:
            others.append(key)
    return telling + others


def _metrics(experiments: Iterable[Experiment]) -> list[str]:
    """Return the keys that may be shown: returns and rewards first, no timers."""
    counts = Counter(
        key
        for experiment in experiments
        for key, value in experiment.last.items()
        if isinstance(value, (int, float)) and not key.startswith(_SELDOM_ASKED)
    )
    return by_interest(counts)


def by_interest(counts: Mapping[str, int]) -> list[str]:
    """Return recorded keys in the order in which people want to see them, by how often they were recorded."""

    def rank(key: str) -> tuple[bool, bool, int, str]:
        is_first = any(word in key.lower() for word in _ASKED_FIRST)
        return key.startswith(_SELDOM_ASKED), not is_first, -counts[key], key

    return sorted(counts, key=rank)


def _unknown(keys: Iterable[str], experiments: Sequence[Experiment]) -> Iterator[str]:
    """Yield those keys that are no facts and that none of the experiments has."""
    for key in keys:
        if key.removeprefix("run.") not in FACTS and all(value_of(each, key) is None for each in experiments):
            yield key


_SHOWN_AS: Final[dict[str, Callable[[Any], str]]] = {
    "moment": shown_moment,
    "duration": shown_duration,
    "size": shown_size,
}
