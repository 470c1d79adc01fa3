"""What can be asked of an experiment: its facts, hyper-parameters and last values, each as a number and a text."""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Mapping
from typing import Any, Final

from rla.database.expression import FACTS, number_in
from rla.database.index.entry import IndexEntry
from rla.database.index_name import parse_record_date
from rla.database.parameters import dotted
from rla.database.plain_values import text_of
from rla.names import TIME_STEP

__all__ = [
    "FACT_NAMES",
    "LAST",
    "PARAMETERS",
    "RUN",
    "SIZE_FACTS",
    "TEXT_FACTS",
    "Searchable",
    "facts_of",
    "searchable_facts",
    "searchable_values",
]

RUN: Final = "run"
PARAMETERS: Final = "params"
LAST: Final = "last"

SIZE_FACTS: Final = tuple(name for name, fact in FACTS.items() if fact.type == "size")
"""Those that are found when somebody asks for them."""

FACT_NAMES: Final = tuple(name for name in FACTS if name not in ("age", "tag", *SIZE_FACTS))
"""The other facts that every experiment may have."""

TEXT_FACTS: Final = frozenset(name for name in FACT_NAMES if FACTS[name].type == "text")

MOST_KEYS: Final = 10_000
"""So many keys of an experiment can be searched for; a table with a million columns is no record of a training."""

_LONGEST_TEXT: Final = 2_000
_SHARED_TEXT: Final = 32

Searchable = tuple[float | None, str | None]
"""A value as it is compared: its reading as a number, and its text."""


def facts_of(entry: IndexEntry) -> dict[str, Any]:
    """Return the facts of an experiment by name, those that are known; moments in seconds since 1970, no sizes."""
    place, card, index = entry.place, entry.card, entry.index
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
        "problem": entry.problem,
    }
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


def searchable_facts(facts: Mapping[str, Any]) -> list[float | str | None]:
    """Return `FACT_NAMES` as they are compared: texts as texts, all others as numbers, None what is missing."""
    return [
        None if (value := facts.get(name)) is None else _searchable(value)[name in TEXT_FACTS] for name in FACT_NAMES
    ]


def searchable_values(entry: IndexEntry) -> dict[str, dict[str, Searchable]]:
    """Return the hyper-parameters and last values of an experiment as they are compared, by kind and name."""
    parameters = itertools.islice(dotted(entry.parameters.plain), MOST_KEYS)
    last = itertools.islice(entry.last.items(), MOST_KEYS)
    return {
        PARAMETERS: {name if name.isascii() else text_of(name): _searchable(value) for name, value in parameters},
        LAST: {name: _searchable(value) for name, value in last},
    }


def _searchable(value: Any) -> Searchable:
    kind = type(value)
    if kind is float:
        return (value, None) if value == value else (None, "nan")  # SQLite stores NaN as no number
    if kind is str:
        return _searchable_text(value) if len(value) < _SHARED_TEXT else _text(value)
    if kind is int:
        return _as_float(value), None
    if kind is bool:
        return float(value), str(value)
    if value is None:
        return None, None
    return None, json.dumps(value, default=str)[:_LONGEST_TEXT]


def _text(value: str) -> Searchable:
    text = value if value.isascii() else value.encode("utf-8", "replace").decode()
    return number_in(text), text[:_LONGEST_TEXT]


_searchable_text = functools.lru_cache(maxsize=4096)(_text)
"""Short texts are names and words, which many experiments share."""


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return math.inf if value > 0 else -math.inf


def _moment(record_date: str) -> float | None:
    try:
        return parse_record_date(record_date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
