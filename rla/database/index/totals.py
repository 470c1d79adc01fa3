"""Sums over all experiments, straight from the tables of an index: no document is read for them."""

from __future__ import annotations

from rla.database.index.store import IndexStore
from rla.names import TREES

__all__ = ["bytes_by_task", "count_of_experiments", "counts_of_tags", "largest"]

_OF_TASK = "experiment IN (SELECT id FROM experiment WHERE task = ?)"


def bytes_by_task(store: IndexStore, task: str | None = None) -> dict[str, dict[str, int]]:
    """Return what the experiments take whose sizes were found, by task and tree.

    Args:
        store: the index.
        task: the task to look at; all when None.
    """
    where, values = ("1", ()) if task is None else ("task = ?", (task,))
    sums = ", ".join(f'total("size.{tree}")' for tree in TREES)
    rows = store.connection.execute(
        f"SELECT task, {sums} FROM size JOIN fact USING (experiment) WHERE {where} GROUP BY 1", values
    )
    return {row[0]: dict(zip(TREES, map(int, row[1:]), strict=True)) for row in rows}


def largest(store: IndexStore, number: int, task: str | None = None) -> list[int]:
    """Return the largest experiments of those whose sizes were found, the largest first.

    Args:
        store: the index.
        number: how many at most; all when negative.
        task: the task to look at; all when None.
    """
    where, values = ("1", ()) if task is None else (_OF_TASK, (task,))
    rows = store.connection.execute(
        f"SELECT experiment FROM size WHERE {where} ORDER BY size DESC, experiment LIMIT ?", (*values, number)
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
