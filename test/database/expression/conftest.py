"""A database for the tests of expressions: experiments made of plain values, asked through real SQL."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from rla.database.expression import compile_sql, matching_function, number_in, parse

NOW = datetime(2026, 11, 21, 15, 30).timestamp()

SCHEMA = """
CREATE TABLE key (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name));
CREATE TABLE value (key INTEGER NOT NULL, experiment INTEGER NOT NULL, number REAL, text TEXT,
                    PRIMARY KEY (key, experiment)) WITHOUT ROWID;
CREATE VIEW fact_value AS SELECT * FROM value;
CREATE TABLE experiment (id INTEGER PRIMARY KEY);
CREATE TABLE tag (experiment INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (tag, experiment)) WITHOUT ROWID;
"""


class Database:
    """Experiments, numbered from 0: ``add(lr=1e-3)``, then ``find("lr < 1")``."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.executescript(SCHEMA)
        self.count = 0

    def add(
        self,
        run: Mapping[str, Any] | None = None,
        last: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        **params: Any,
    ) -> int:
        number = self.count
        self.count += 1
        self.connection.execute("INSERT INTO experiment VALUES (?)", (number,))
        for kind, values in (("run", run or {}), ("params", params), ("last", last or {})):
            for name, value in values.items():
                self.connection.execute("INSERT OR IGNORE INTO key (kind, name) VALUES (?, ?)", (kind, name))
                row = (self.find_key(kind, name), number, *row_of(value))
                self.connection.execute("INSERT INTO value VALUES (?, ?, ?, ?)", row)
        self.connection.executemany("INSERT INTO tag VALUES (?, ?)", [(number, tag) for tag in tags])
        return number

    def find_key(self, kind: str, name: str) -> int | None:
        query = "SELECT id FROM key WHERE kind = ? AND name = ?"
        found = self.connection.execute(query, (kind, name)).fetchone()
        return None if found is None else int(found[0])

    def known_keys(self) -> list[str]:
        return [name for (name,) in self.connection.execute("SELECT name FROM key WHERE kind != 'run' ORDER BY id")]

    def compile(self, text: str) -> tuple[str, list[Any]]:
        return compile_sql(parse(text), self.find_key, self.known_keys, NOW)

    def find(self, text: str) -> list[int]:
        condition, parameters = self.compile(text)
        with matching_function(self.connection):
            rows = self.connection.execute(f"SELECT id FROM experiment WHERE {condition} ORDER BY id", parameters)
            return [number for (number,) in rows]


def row_of(value: Any) -> tuple[float | None, str | None]:
    """Return how a value is stored, as `rla.database.expression` describes it."""
    if value is None:
        return None, None
    if isinstance(value, bool):
        return float(value), str(value)
    if isinstance(value, (int, float)):
        return (None, "nan") if math.isnan(value) else (float(value), None)
    if isinstance(value, str):
        number = number_in(value)
        return (None if number is None or math.isnan(number) else number), value
    return None, json.dumps(value, separators=(",", ":"))


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture(scope="session")
def new_database() -> Callable[[], Database]:
    return Database


@pytest.fixture(scope="session")
def now() -> float:
    """The moment that questions are asked at: the 21st of November 2026, half past three in the afternoon."""
    return NOW
