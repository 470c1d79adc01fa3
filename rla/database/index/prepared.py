"""An experiment made ready to be written into the index: what costs time to make is made where it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rla.database.index.documents import encode
from rla.database.index.entry import IndexEntry
from rla.database.index.facts import Searchable, facts_of, searchable_values
from rla.database.plain_values import text_of

__all__ = ["PreparedExperiment", "prepare"]


@dataclass(frozen=True)
class PreparedExperiment:
    """A row of the table of experiments, with what belongs to it in other tables.

    Attributes:
        task, day, name: where it lies.
        columns: its other columns there, by name.
        details: its columns in the table of details, by name.
        values: what can be searched, by kind and name of its key.
        tags: its tags.
    """

    task: str
    day: str
    name: str
    columns: dict[str, Any]
    details: dict[str, Any]
    values: dict[tuple[str, str], Searchable]
    tags: list[str]


def prepare(entry: IndexEntry) -> PreparedExperiment:
    """Make an experiment ready to be written."""
    tags = list(map(text_of, entry.card.tags)) if entry.card else []
    facts = facts_of(entry)
    columns = {
        "stamp": entry.stamp,
        "status": entry.status,
        "trees": " ".join(entry.sizes),
        "unfinished": entry.unfinished,
        "parameters": encode(entry.parameters.plain),
        "types": encode(entry.parameters.types),
    }
    details = {
        "facts": encode(facts | {"tags": tags, "sizes": entry.sizes}),
        "last": encode(dict(entry.last)),
        "rows_state": encode(entry.rows_state),
    }
    place = entry.place
    values = searchable_values(entry, facts)
    return PreparedExperiment(place.task, place.day, place.index_name, columns, details, values, tags)
