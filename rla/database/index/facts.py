"""What can be asked of an experiment: its facts, hyper-parameters and last values, each as a number and a text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from rla.database.expression import number_in
from rla.database.index.entry import IndexEntry
from rla.database.index_name import parse_index_name, parse_record_date
from rla.database.parameters import dotted
from rla.database.plain_values import text_of
from rla.names import TIME_STEP

__all__ = ["LAST", "PARAMETERS", "RUN", "Searchable", "facts_of", "searchable_values"]

RUN: Final = "run"
PARAMETERS: Final = "params"
LAST: Final = "last"

MOST_KEYS: Final = 10_000
"""So many keys of an experiment can be searched for; a table with a million columns is no record of a training."""

_LONGEST_TEXT: Final = 2_000

Searchable = tuple[float | None, str | None]
"""A value as it is compared: its reading as a number, and its text."""


def facts_of(entry: IndexEntry) -> dict[str, Any]:
    """Return the facts of an experiment by name, those that are known; moments in seconds since 1970."""
    place, card = entry.place, entry.card
    index = parse_index_name(place.index_name)
    date = f"{place.day}/{index.time}" if index else ""
    began = _moment(date) if card is None or not card.start else card.start
    heard = entry.last_sign if card is None else max(card.heartbeat, card.end or 0.0) or entry.last_sign
    known: dict[str, Any] = {
        "task": place.task,
        "name": f"{place.task}/{place.day}/{place.index_name}",
        "date": _moment(date),
        "node": index.node if index else None,
        "status": entry.status,
        "start": began,
        "end": heard if entry.status != "running" else None,
        "heartbeat": heard,
        "duration": None if began is None or heard is None else max(0.0, heard - began),
        "steps": entry.last.get(TIME_STEP),
        "size": sum(entry.sizes.values()),
        "problem": entry.problem,
    }
    known |= {f"size.{tree}": size for tree, size in entry.sizes.items()}
    if card is not None:
        known |= {
            "id": card.id,
            "host": card.host,
            "user": card.user,
            "pid": card.pid,
            "commit": card.git_commit,
            "branch": card.git_branch,
            "dirty": card.git_dirty,
            "code": card.code,
            "parent": card.parent,
            "reason": card.reason,
            "python": card.python,
            "rla": card.rla_version,
        }
    return {name: value for name, value in known.items() if value is not None and value != ""}


def searchable_values(entry: IndexEntry, facts: Mapping[str, Any]) -> dict[tuple[str, str], Searchable]:
    """Return all values of an experiment as they are compared, by kind and name."""
    found = {(RUN, name): _searchable(value) for name, value in facts.items()}
    for name, value in dotted(entry.parameters.plain):
        found[PARAMETERS, name if name.isascii() else text_of(name)] = _searchable(value)
        if len(found) > MOST_KEYS:
            break
    for number, (name, value) in enumerate(entry.last.items()):
        if number > MOST_KEYS:
            break
        found[LAST, name] = _searchable(value)
    return found


def _searchable(value: Any) -> Searchable:
    kind = type(value)
    if kind is str:
        text = value if value.isascii() else value.encode("utf-8", "replace").decode()
        return number_in(text), text[:_LONGEST_TEXT]  # SQLite stores NaN as no number
    if kind is float or kind is int:
        number = _as_float(value)
        return (None, "nan") if math.isnan(number) else (number, None)
    if kind is bool:
        return float(value), str(value)
    if value is None:
        return None, None
    return None, json.dumps(value, default=str)[:_LONGEST_TEXT]


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return math.inf if value > 0 else -math.inf


def _moment(record_date: str) -> float | None:
    try:
        return parse_record_date(record_date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
