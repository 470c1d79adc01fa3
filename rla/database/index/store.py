"""The SQLite file of an index: how experiments are written into it and taken out. Its tables are in `tables`."""

from __future__ import annotations

import array
import contextlib
import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rla.database.index.documents import decode
from rla.database.index.facts import RUN
from rla.database.index.prepared import Keys, PreparedExperiment
from rla.database.index.tables import (
    KEYS_OF_FACTS,
    OF_AN_EXPERIMENT,
    TABLES,
    VERSION,
    WRITE_DETAIL,
    WRITE_EXPERIMENT,
    WRITE_FACTS,
)

__all__ = ["IndexStore", "KnownExperiment", "NewerIndexError"]

_BUSY_SECONDS: Final = 60.0
_MOST_NUMBERED: Final = 200_000
_PAGE_BYTES: Final = 16384
"""Most experiments fit into one page, and few reads fetch many of them."""


class NewerIndexError(sqlite3.DatabaseError):
    """The index was written by another version of rla."""


class KnownExperiment(NamedTuple):
    """What the index remembers of an experiment, to see whether it has changed."""

    id: int
    name: str
    stamp: str
    trees: str
    unfinished: bool


class IndexStore:
    """An index that is open.

    Args:
        path: its file, made when missing; None keeps it in memory.

    Raises:
        NewerIndexError: another version of rla has written it.
        sqlite3.Error: it cannot be opened, or is none.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.connection = sqlite3.connect(
            ":memory:" if path is None else path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._numbers: dict[Keys, tuple[list[int], bytes]] = {}
        try:
            self._prepare()
        except BaseException:
            self.connection.close()
            raise

    def _prepare(self) -> None:
        version = self._version()
        if version not in (0, VERSION):
            raise NewerIndexError(f"it has format {version}; this version of rla has format {VERSION}")
        if version == 0:
            self.connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            self.connection.execute("PRAGMA journal_mode = WAL")  # the file remembers both
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA cache_size = -32768")
        self.connection.execute("PRAGMA temp_store = MEMORY")
        if version == 0:
            with self.transaction():
                if self._version() == 0:  # another process may have been faster
                    for statement in TABLES:
                        self.connection.execute(statement)
                    keys = [(key, RUN, name) for key, name in KEYS_OF_FACTS.items()]
                    self.connection.executemany("INSERT INTO key (id, kind, name) VALUES (?, ?, ?)", keys)
                    self.connection.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self) -> int:
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        return int(version)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all or nothing; other processes wait meanwhile."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._numbers.clear()
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    # ---- folders -----------------------------------------------------------------------------------------------------

    def folder_stamps(self, task: str | None = None) -> dict[tuple[str, str, str], str]:
        """Return what date folders looked like, by tree, task and day."""
        where, values = ("", ()) if task is None else (" WHERE task = ?", (task,))
        rows = self.connection.execute(f"SELECT tree, task, day, stamp FROM folder{where}", values)
        return {(tree, of_task, day): stamp for tree, of_task, day, stamp in rows}

    def set_folders(self, task: str, day: str, stamps: dict[str, str]) -> None:
        """Note what the date folders of a day look like, by tree; those of other trees are gone."""
        self.connection.execute("DELETE FROM folder WHERE task = ? AND day = ?", (task, day))
        self.connection.executemany(
            "INSERT OR REPLACE INTO folder (tree, task, day, stamp) VALUES (?, ?, ?, ?)",
            [(tree, task, day, stamp) for tree, stamp in stamps.items()],
        )

    # ---- experiments -------------------------------------------------------------------------------------------------

    def known_in(self, task: str, day: str) -> dict[str, KnownExperiment]:
        """Return the experiments of a day by index name."""
        rows = self.connection.execute(
            "SELECT id, name, stamp, trees, unfinished FROM experiment WHERE task = ? AND day = ?", (task, day)
        )
        return {row[1]: KnownExperiment(*row) for row in rows}

    def unfinished(self, task: str | None = None) -> list[tuple[int, str, str, str, str, str]]:
        """Return id, task, day, name, stamp and status of the experiments that must be looked at again."""
        where, values = ("", ()) if task is None else (" AND task = ?", (task,))
        rows = self.connection.execute(
            f"SELECT id, task, day, name, stamp, status FROM experiment WHERE unfinished{where}", values
        )
        return rows.fetchall()

    def rows_before(self, experiment: int) -> tuple[dict[str, Any], Any] | None:
        """Return last values and state of rows as they were read the last time."""
        found = self.connection.execute("SELECT last, rows_state FROM detail WHERE id = ?", (experiment,)).fetchone()
        return None if found is None else (decode(found[0]), decode(found[1]))

    def write(self, experiments: Iterable[PreparedExperiment]) -> None:
        """Add experiments, or replace what was known of them; within `transaction`."""
        written: dict[Keys, list[tuple[int, PreparedExperiment]]] = {}
        for experiment in experiments:
            written.setdefault(experiment.keys, []).append((self._write(experiment), experiment))
        for keys, those in written.items():
            self._write_values(keys, those)

    def _write(self, experiment: PreparedExperiment) -> int:
        """Write all but its values; return its id."""
        execute = self.connection.execute
        keys, as_bytes = self._numbers_of(experiment.keys)
        known = execute(
            "SELECT id, keys FROM experiment JOIN detail USING (id) WHERE task = ? AND day = ? AND name = ?",
            experiment.columns[:3],
        ).fetchone()
        if known is not None:
            self._forget_values(known[0], set(array.array("I", known[1])).difference(keys))
            execute("DELETE FROM tag WHERE experiment = ?", known[:1])
            execute("UPDATE size SET is_old = 1 WHERE experiment = ?", known[:1])
        number = execute(WRITE_EXPERIMENT, (known and known[0], *experiment.columns)).lastrowid or 0
        execute(WRITE_DETAIL, (number, *experiment.details, as_bytes))
        execute(WRITE_FACTS, (number, *experiment.facts))
        for tag in experiment.tags:
            execute("INSERT OR IGNORE INTO tag (tag, experiment) VALUES (?, ?)", (tag, number))
        return number

    def _write_values(self, keys: Keys, experiments: Sequence[tuple[int, PreparedExperiment]]) -> None:
        """Write the values of experiments that have the same keys, one key after the other, as they lie in the file."""
        ids = [number for number, _ in experiments]
        numbers = zip(*(experiment.numbers for _, experiment in experiments), strict=True)
        texts = zip(*(experiment.texts for _, experiment in experiments), strict=True)
        for key, of_numbers, of_texts in zip(self._numbers_of(keys)[0], numbers, texts, strict=True):
            self.connection.executemany(
                "INSERT OR REPLACE INTO value (key, experiment, number, text) VALUES (?, ?, ?, ?)",
                zip(itertools.repeat(key), ids, of_numbers, of_texts, strict=False),
            )

    def _numbers_of(self, keys: Keys) -> tuple[list[int], bytes]:
        """Return the numbers of keys, which they get where they have none, and the same as bytes."""
        found = self._numbers.get(keys)
        if found is None:
            if sum(len(numbers) for numbers, _ in self._numbers.values()) > _MOST_NUMBERED:
                self._numbers.clear()
            names = [(kind, name) for kind, of_kind in keys for name in of_kind]
            self.connection.executemany("INSERT OR IGNORE INTO key (kind, name) VALUES (?, ?)", names)
            numbers = [self.find_key(*name) or 0 for name in names]
            found = self._numbers[keys] = numbers, array.array("I", sorted(numbers)).tobytes()
        return found

    @property
    def is_empty(self) -> bool:
        """Whether there are no experiments."""
        return self.connection.execute("SELECT 1 FROM experiment LIMIT 1").fetchone() is None

    @property
    def number_of_experiments(self) -> int:
        """How many experiments there are."""
        (number,) = self.connection.execute("SELECT count(*) FROM experiment").fetchone()
        return int(number)

    def select(self, condition: str, values: Sequence[Any] = ()) -> list[tuple[int, str, str, str]]:
        """Return id, task, day and index name of experiments, in the order of their record dates.

        Args:
            condition: an SQL expression over the columns of ``experiment``.
            values: the values of its question marks.
        """
        rows = self.connection.execute(
            f"SELECT id, task, day, name FROM experiment WHERE {condition} ORDER BY day, name, task", values
        )
        return rows.fetchall()

    def documents(self, experiments: Sequence[int]) -> dict[int, tuple[str, str, str, bytes, bytes]]:
        """Return task, day, index name, parameters and their types of experiments, by id."""
        return self._rows("SELECT id, task, day, name, parameters, types FROM experiment", experiments)

    def details(self, experiments: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        """Return facts and last values of experiments, by id."""
        return self._rows("SELECT id, facts, last FROM detail", experiments)

    def _rows(self, columns: str, experiments: Sequence[int]) -> dict[int, Any]:
        rows = self.connection.execute(
            f"{columns} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(experiments)),)
        )
        return {row[0]: row[1:] for row in rows}

    def values_of(self, key: int) -> dict[int, tuple[float | None, str | None]]:
        """Return number and text of a key, by experiment."""
        table = "fact_value" if key in KEYS_OF_FACTS else "value"
        rows = self.connection.execute(f"SELECT experiment, number, text FROM {table} WHERE key = ?", (key,))
        return {experiment: (number, text) for experiment, number, text in rows}

    def find_key(self, kind: str, name: str) -> int | None:
        """Return the number of a key; None when no experiment has it."""
        found = self.connection.execute("SELECT id FROM key WHERE kind = ? AND name = ?", (kind, name)).fetchone()
        return None if found is None else int(found[0])

    def key_names(self) -> list[str]:
        """Return the names of all hyper-parameters and recorded keys."""
        return [name for (name,) in self.connection.execute("SELECT DISTINCT name FROM key WHERE kind != ?", (RUN,))]

    def forget(self, experiments: Sequence[int]) -> None:
        """Remove experiments; within `transaction`."""
        for experiment in experiments:
            found = self.connection.execute("SELECT keys FROM detail WHERE id = ?", (experiment,)).fetchone()
            if found is not None:
                self._forget_values(experiment, array.array("I", found[0]))
                for table, column in OF_AN_EXPERIMENT.items():
                    self.connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (experiment,))

    def _forget_values(self, experiment: int, keys: Iterable[int]) -> None:
        self.connection.executemany(
            "DELETE FROM value WHERE key = ? AND experiment = ?", [(key, experiment) for key in keys]
        )
