"""An experiment made ready to be written into the index: what costs time to make is made where it is read."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from rla.database.index.documents import encode
from rla.database.index.entry import IndexEntry
from rla.database.index.facts import facts_of, searchable_facts, searchable_values
from rla.database.plain_values import text_of

__all__ = ["COLUMNS", "DETAILS", "Keys", "PreparedExperiment", "prepare"]

COLUMNS = ("task", "day", "name", "stamp", "trees", "status", "unfinished", "parameters", "types")
DETAILS = ("facts", "last", "rows_state")

Keys = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of keys, by kind."""


class PreparedExperiment(NamedTuple):
    """A row of the table of experiments, with what belongs to it in other tables: plain data that is quickly pickled.

    Attributes:
        columns: its columns there, in the order of `COLUMNS`.
        details: its columns in the table of details, in the order of `DETAILS`.
        facts: its columns in the table of facts: the values of `FACT_NAMES`.
        keys: the other values that can be searched.
        numbers: the readings of the values of these keys as numbers.
        texts: their texts.
        tags: its tags.
    """

    columns: tuple[Any, ...]
    details: tuple[bytes, ...]
    facts: list[float | str | None]
    keys: Keys
    numbers: list[float | None]
    texts: list[str | None]
    tags: list[str]


def prepare(entry: IndexEntry) -> PreparedExperiment:
    """Make an experiment ready to be written."""
    tags = list(map(text_of, entry.card.tags)) if entry.card else []
    facts = facts_of(entry)
    place, parameters = entry.place, entry.parameters
    columns = (
        *(place.task, place.day, place.index_name, entry.stamp, " ".join(entry.trees), entry.status, entry.unfinished),
        *(encode(parameters.plain), encode(parameters.types)),
    )
    details = (
        encode(facts | {"tags": tags}),
        encode(dict(entry.last)),
        encode(entry.rows_state),
    )
    facts_searched = searchable_facts(facts)
    values = searchable_values(entry)
    searchable = [value for of_kind in values.values() for value in of_kind.values()]
    keys = tuple((kind, _the_same(tuple(of_kind))) for kind, of_kind in values.items())
    numbers, texts = [value[0] for value in searchable], [value[1] for value in searchable]
    return PreparedExperiment(columns, details, facts_searched, keys, numbers, texts, tags)


@functools.lru_cache(maxsize=64)
def _the_same(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return one object for equal names, which most experiments have: it is pickled once."""
    return names
