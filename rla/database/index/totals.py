"""Sums over all experiments, straight from the tables of an index: no document is read for them."""

from __future__ import annotations

from collections.abc import Sequence

from rla.database.index.store import IndexStore

__all__ = ["count_of_experiments", "counts_of_tags", "largest", "sums_by_task"]

_OF_TASK = "experiment IN (SELECT id FROM experiment WHERE task = ?)"


def sums_by_task(store: IndexStore, keys: Sequence[int], task: str | None = None) -> list[tuple[str, int, int, int]]:
    """Return tasks and keys, with the sum of the values of the key and how many there are.

    Args:
        store: the index.
        keys: numbers of keys whose values are whole numbers.
        task: the task to look at; all when None.
    """
    where, values = ("1", ()) if task is None else ("experiment.task = ?", (task,))
    found = []
    for key in keys:
        # the tasks come from SQLite's own index of names, and values of a key lie together: neither is far to go
        rows = store.connection.execute(
            "SELECT experiment.task, sum(value.number), count(*) FROM experiment CROSS JOIN value "
            f"ON value.key = ? AND value.experiment = experiment.id WHERE {where} GROUP BY experiment.task",
            (key, *values),
        )
        found += [(of_task, key, int(total), count) for of_task, total, count in rows]
    return found


def largest(store: IndexStore, key: int, number: int, task: str | None = None) -> list[int]:
    """Return the experiments with the largest values of a key, the largest first.

    Args:
        store: the index.
        key: number of a key whose values are numbers.
        number: how many at most; all when negative.
        task: the task to look at; all when None.
    """
    where, values = ("1", ()) if task is None else (_OF_TASK, (task,))
    rows = store.connection.execute(
        f"SELECT experiment FROM value WHERE key = ? AND {where} ORDER BY number DESC, experiment LIMIT ?",
        (key, *values, number),
    )
    return [experiment for (experiment,) in rows]


def count_of_experiments(store: IndexStore, task: str | None = None) -> dict[str, int]:
    """Return how many experiments there are, by task."""
    where, values = ("1", ()) if task is None else ("task = ?", (task,))
    rows = store.connection.execute(f"SELECT task, count(*) FROM experiment WHERE {where} GROUP BY task", values)
    return dict(rows.fetchall())


def counts_of_tags(store: IndexStore, task: str | None = None) -> dict[str, int]:
    """Return how many experiments have a tag, by tag, in the order of their names."""
    where, values = ("1", ()) if task is None else (_OF_TASK, (task,))
    rows = store.connection.execute(f"SELECT tag, count(*) FROM tag WHERE {where} GROUP BY tag ORDER BY tag", values)
    return dict(rows.fetchall())
