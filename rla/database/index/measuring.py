"""Finding the sizes of experiments when somebody asks for them, and keeping them.

To look into all folders of an experiment takes as long as to read all else of it, and few questions are about sizes.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rla.database.index.reading import Job, read_experiments
from rla.database.index.refresh import Progress
from rla.database.index.sizes import Sizes, sizes_of
from rla.database.index.store import IndexStore
from rla.database.index.tables import SIZE_COLUMNS
from rla.database.trees import ExperimentPlace
from rla.names import TREES

__all__ = ["known_sizes", "measure"]

_WRITTEN_AT_ONCE: Final = 10_000
_LARGEST: Final = (1 << 63) - 1
"""What SQLite can hold; files with holes may seem to be larger."""

_MISSING: Final = (
    "SELECT task, day, name FROM experiment WHERE NOT EXISTS "
    "(SELECT 1 FROM size WHERE size.experiment = experiment.id AND NOT is_old) AND {} ORDER BY day, name, task"
)
_WRITE: Final = (  # by name: another process may have given the number to another experiment meanwhile
    f"INSERT OR REPLACE INTO size (experiment, is_old, {', '.join(SIZE_COLUMNS)}) "
    f"SELECT id, 0, {', '.join('?' * len(SIZE_COLUMNS))} FROM experiment WHERE task = ? AND day = ? AND name = ?"
)


class _Measurer(NamedTuple):
    """Finds the sizes of experiments.

    Attributes:
        data_root: the database folder.
    """

    data_root: Path

    def read(self, job: Job) -> tuple[int, Sizes]:
        """Find the sizes of an experiment."""
        try:
            return job.number, sizes_of(ExperimentPlace(self.data_root, job.task, job.day, job.name))
        except Exception:  # as `Reader.read`: one experiment must not hide the others
            return job.number, Sizes({}, {})


def measure(
    store: IndexStore,
    data_root: Path,
    task: str | None = None,
    ids: Sequence[int] | None = None,
    progress: Progress = lambda done, total: None,
) -> None:
    """Find the sizes of experiments that are not known, and write them into an index.

    Args:
        store: the index; it is up to date.
        data_root: the database folder.
        task: the task to look at; all when None.
        ids: the experiments to look at; all when None.
        progress: is told how far it is.

    Raises:
        sqlite3.Error: the index cannot be read or written.
    """
    jobs = [Job(number, *place) for number, place in enumerate(_missing(store, task, ids))]
    found: list[tuple[Any, ...]] = []
    with contextlib.closing(read_experiments(jobs, _Measurer(data_root))) as answers:
        for done, (number, sizes) in enumerate(answers, start=1):
            found.append((*_row(sizes), *jobs[number][1:4]))
            if len(found) >= _WRITTEN_AT_ONCE:
                _write(store, found)
            progress(done, len(jobs))
    _write(store, found)


def _missing(store: IndexStore, task: str | None, ids: Sequence[int] | None) -> list[tuple[str, str, str]]:
    conditions, values = ["1"], []
    if task is not None:
        conditions.append("task = ?")
        values.append(task)
    if ids is not None:
        conditions.append("id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(list(ids)))
    return store.connection.execute(_MISSING.format(" AND ".join(conditions)), values).fetchall()


def _row(sizes: Sizes) -> list[int | None]:
    """Return sizes in the order of `SIZE_COLUMNS`."""
    known = sizes.bytes
    numbers = [sum(known.values()), *map(known.get, TREES), *map(sizes.files.get, TREES)]
    return [number if number is None else min(number, _LARGEST) for number in numbers]


def _write(store: IndexStore, found: list[tuple[Any, ...]]) -> None:
    if found:
        with store.transaction():
            store.connection.executemany(_WRITE, found)
        found.clear()


def known_sizes(store: IndexStore, ids: Sequence[int]) -> dict[int, Sizes]:
    """Return the sizes of experiments that were found, by id."""
    rows = store.connection.execute(
        f"SELECT experiment, {', '.join(SIZE_COLUMNS[1:])} FROM size WHERE experiment IN "
        "(SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {row[0]: Sizes(_by_tree(row[1 : 1 + len(TREES)]), _by_tree(row[1 + len(TREES) :])) for row in rows}


def _by_tree(numbers: Sequence[int | None]) -> dict[str, int]:
    return {tree: number for tree, number in zip(TREES, numbers, strict=True) if number is not None}
