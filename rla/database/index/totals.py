"""Sums over all experiments, straight from the tables of an index: no document is read for them."""

from __future__ import annotations

from collections.abc import Sequence

from rla.database.index.store import IndexStore

__all__ = ["count_of_experiments", "counts_of_tags", "largest", "sums_by_task"]

_OF_TASK = "experiment IN (SELECT id FROM experiment WHERE task = ?)"


def sums_by_task(store: IndexStore, facts: Sequence[str], task: str | None = None) -> dict[str, list[int]]:
    """Return the sums of some facts, by task.

    Args:
        store: the index.
        facts: their names; their values are whole numbers.
        task: the task to look at; all when None.
    """
    where, values = ("1", ()) if task is None else ("task = ?", (task,))
    sums = ", ".join(f'total("{name}")' for name in facts)
    rows = store.connection.execute(f"SELECT task, {sums} FROM fact WHERE {where} GROUP BY 1", values)
    return {row[0]: list(map(int, row[1:])) for row in rows}


def largest(store: IndexStore, fact: str, number: int, task: str | None = None) -> list[int]:
    """Return the experiments with the largest values of a fact, the largest first.

    Args:
        store: the index.
        fact: its name; its values are numbers.
        number: how many at most; all when negative.
        task: the task to look at; all when None.
    """
    where, values = ("1", ()) if task is None else ("task = ?", (task,))
    rows = store.connection.execute(
        f'SELECT experiment FROM fact WHERE {where} ORDER BY "{fact}" DESC, experiment LIMIT ?', (*values, number)
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
