"""The tables of an index.

- ``folder``: date folders of each tree, with what they looked like when they were last read.
- ``experiment``: a row for each, with its hyper-parameters as a document.
- ``detail``: facts and last values of each, likewise; apart, since a list of hyper-parameters needs none of it.
- ``fact``: the same facts to be searched, a column for each: there are few, and most experiments have most of them.
- ``key`` and ``value``: each hyper-parameter and last value, as a number and a text; those of a key lie together.
- ``size``: what each takes, a column for each tree; there is no row, or an old one, until somebody asks for it.
- ``fact_value``: shows facts and sizes as if they stood in ``value``.
- ``tag``: the tags of each experiment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rla.database.expression import FACTS
from rla.database.index.facts import FACT_NAMES, SIZE_FACTS, TEXT_FACTS
from rla.database.index.prepared import COLUMNS, DETAILS
from rla.names import TREES

__all__ = [
    "KEYS_OF_FACTS",
    "OF_AN_EXPERIMENT",
    "SIZE_COLUMNS",
    "TABLES",
    "VERSION",
    "WRITE_DETAIL",
    "WRITE_EXPERIMENT",
    "WRITE_FACTS",
]

VERSION: Final = 3
"""Another number for other tables, or other facts."""

_TABLES: Final = """
CREATE TABLE folder (
    tree TEXT NOT NULL, task TEXT NOT NULL, day TEXT NOT NULL, stamp TEXT NOT NULL, PRIMARY KEY (task, day, tree)
) WITHOUT ROWID;
CREATE TABLE experiment (
    id INTEGER PRIMARY KEY, task TEXT NOT NULL, day TEXT NOT NULL, name TEXT NOT NULL, stamp TEXT NOT NULL,
    trees TEXT NOT NULL, status TEXT NOT NULL, unfinished INTEGER NOT NULL, parameters BLOB NOT NULL,
    types BLOB NOT NULL, UNIQUE (day, name, task)
);
CREATE TABLE detail (
    id INTEGER PRIMARY KEY, facts BLOB NOT NULL, last BLOB NOT NULL, rows_state BLOB NOT NULL, keys BLOB NOT NULL
);
CREATE INDEX unfinished ON experiment (id) WHERE unfinished;
CREATE TABLE key (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name));
CREATE TABLE value (
    key INTEGER NOT NULL, experiment INTEGER NOT NULL, number REAL, text TEXT, PRIMARY KEY (key, experiment)
) WITHOUT ROWID;
CREATE TABLE tag (tag TEXT NOT NULL, experiment INTEGER NOT NULL, PRIMARY KEY (tag, experiment)) WITHOUT ROWID;
"""

_FACT_COLUMNS: Final = {f'"{name}"': "TEXT" if name in TEXT_FACTS else "REAL" for name in FACT_NAMES}
KEYS_OF_FACTS: Final = dict(enumerate((*FACT_NAMES, *SIZE_FACTS), start=1))
"""The names of facts, by the numbers of their keys."""

SIZE_COLUMNS: Final = tuple(f'"{name}"' for name in (*SIZE_FACTS, *(f"files.{tree}" for tree in TREES)))
"""Bytes of all trees, of each tree, and files of each tree; NULL where an experiment is not."""

_NUMBER: Final = '"{}" AS number, NULL AS text'
_SHOWN_FACTS: Final = {
    "text": 'NULL AS number, "{}" AS text',
    "bool": """"{0}" AS number, CASE "{0}" WHEN 1 THEN 'True' WHEN 0 THEN 'False' END AS text""",
}
TABLES: Final = (
    *_TABLES.split(";")[:-1],
    f"CREATE TABLE fact (experiment INTEGER PRIMARY KEY, {', '.join(map(' '.join, _FACT_COLUMNS.items()))})",
    "CREATE TABLE size (experiment INTEGER PRIMARY KEY, is_old INTEGER NOT NULL, "
    f"{', '.join(f'{column} INTEGER' for column in SIZE_COLUMNS)})",
    "CREATE VIEW fact_value AS "
    + " UNION ALL ".join(
        f"SELECT {key} AS key, experiment, {_SHOWN_FACTS.get(FACTS[name].type, _NUMBER).format(name)} "
        f"FROM {'size' if name in SIZE_FACTS else 'fact'}"
        for key, name in KEYS_OF_FACTS.items()
    ),
)


def _insertion(table: str, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({marks})"


WRITE_EXPERIMENT: Final = _insertion("experiment", ("id", *COLUMNS))
WRITE_FACTS: Final = _insertion("fact", ("experiment", *_FACT_COLUMNS))
WRITE_DETAIL: Final = _insertion("detail", ("id", *DETAILS, "keys"))

OF_AN_EXPERIMENT: Final = {
    "experiment": "id",
    "detail": "id",
    "fact": "experiment",
    "size": "experiment",
    "tag": "experiment",
}
"""The tables that have rows of an experiment, ``value`` apart, with the column of its id."""
