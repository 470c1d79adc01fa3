"""Which experiments travel, where nothing but their names is known: those of another machine."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

from rla.database.expression.literals import DURATIONS, read_number
from rla.database.expression.moments import read_moment
from rla.database.index_name import parse_index_name, parse_record_date
from rla.database.patterns import REGULAR_EXPRESSION, compile_pattern
from rla.database.trees import ExperimentPlace
from rla.errors import AmbiguousExperimentError, ExperimentNotFoundError, QueryError, did_you_mean

__all__ = ["begun_since", "check_task", "choose_places", "is_glob", "name_of", "nothing_matches", "read_since"]

_SHOWN: Final = 10
_DATE_AND_TIME: Final = 19
"""Characters of ``%Y/%m/%d/%H-%M-%S``."""


def name_of(place: ExperimentPlace) -> str:
    """Return ``<task>/<%Y/%m/%d>/<index name>``."""
    return f"{place.task}/{place.day}/{place.index_name}"


def is_glob(text: str) -> bool:
    """Say whether a text is a pattern of many names, not a part of one."""
    return text.startswith(REGULAR_EXPRESSION) or any(sign in text for sign in "*?[")


def choose_places(places: Sequence[ExperimentPlace], what: Sequence[str], where: str) -> list[ExperimentPlace]:
    """Return the experiments that any of some texts means, in the order they came.

    Args:
        places: those there are.
        what: globs under the task (a date folder stands for all below it), ``re:`` and a regular expression, or any
            part of a name that only one has; all when empty.
        where: what messages call the data root.

    Raises:
        QueryError: one of them is no pattern, matches nothing, or is a part of several names.
    """
    if not what:
        return list(places)
    dated = {f"{place.day}/{place.index_name}" for place in places}
    chosen: set[str] = set()
    for each in what:
        if not each.strip("./ "):
            raise QueryError(f"The pattern {each!r} names no experiment. If you mean all of them, leave it out.")
        matching = set(compile_pattern(each).select(dated))
        found = {name_of(place) for place in places if f"{place.day}/{place.index_name}" in matching}
        chosen |= found or {_named(each, places, where)}
    return [place for place in places if name_of(place) in chosen]


def nothing_matches(what: str, places: Iterable[ExperimentPlace], where: str) -> ExperimentNotFoundError:
    """Return the error of a pattern that no experiment matches; it names what is nearest."""
    names = [name_of(place) for place in places]
    known = {form for name in names for form in _forms(name)}
    newest = sorted(names, key=lambda name: name.split("/")[-4:])[-1:]
    shown = f" The newest of {len(names)}: {newest[0]}" if newest else " It has no experiments."
    return ExperimentNotFoundError(f"No experiment of '{where}' matches '{what}'.{did_you_mean(what, known)}{shown}")


def check_task(task: str, known: Iterable[str], where: str) -> None:
    """Refuse the name of a task table that a data root does not have.

    Raises:
        QueryError: there is none of that name; the message has the nearest.
    """
    tasks = sorted(set(known))
    if task not in tasks:
        listed = ", ".join(tasks) or "none"
        raise QueryError(f"There is no task '{task}' in '{where}'.{did_you_mean(task, tasks)} Tasks: {listed}.")


def read_since(text: str, now: float | None = None) -> float:
    """Return the moment, in seconds since 1970, that a text means: ``2d`` (ago), ``2026-11-20``, ``yesterday``.

    Raises:
        QueryError: it means none.
    """
    now = time.time() if now is None else now
    number = read_number(text) if text.lower().endswith(tuple(DURATIONS)) else None
    if number is not None and 0 <= number < float("inf"):
        return now - number
    if (span := read_moment(text, now)) is None:
        raise QueryError(
            f"'{text}' is no moment. Expected a duration such as 2d or 12h (of {' '.join(DURATIONS)}), or a date such "
            "as 2026-11-20, '2026-11-20 08:00', today or yesterday."
        )
    return span.begin


def begun_since(places: Iterable[ExperimentPlace], moment: float) -> list[ExperimentPlace]:
    """Return the experiments that began at a moment or later, by their record dates.

    Args:
        places: the experiments.
        moment: seconds since 1970.
    """
    return [place for place in places if (begin := _begin(place)) is not None and begin >= moment]


def _begin(place: ExperimentPlace) -> float | None:
    index = parse_index_name(place.index_name)
    try:
        return parse_record_date(f"{place.day}/{index.time}").timestamp() if index is not None else None
    except (ValueError, OverflowError, OSError):  # a date that there never was
        return None


def _named(what: str, places: Sequence[ExperimentPlace], where: str) -> str:
    """Return the name of the one experiment that a part of a name means.

    Raises:
        ExperimentNotFoundError: no name has it.
        AmbiguousExperimentError: several have.
    """
    names = [] if is_glob(what) else [name for name in map(name_of, places) if what in name]
    if len(names) > 1:  # a whole `key=value` goes before a part of one
        names = [name for name in names if f"&{what}&" in f"{name}&" or f"/{name}".endswith(f"/{what}")] or names
    if not names:
        raise nothing_matches(what, places, where)
    if len(names) > 1:
        hint = f" The pattern '**{what}*' takes all."
        raise AmbiguousExperimentError(what, sorted(names)[-_SHOWN:], hint, len(names))
    return names[0]


def _forms(name: str) -> Iterable[str]:
    """Yield how people name an experiment: by its day, its record date, its time, a parameter."""
    *_, year, month, day, index_name = name.split("/")
    date = f"{year}/{month}/{day}"
    yield from (date, f"{date}/{index_name}"[:_DATE_AND_TIME], index_name[:8], *index_name.split("&")[1:])
