"""What is asked of the index, and the ids of the experiments that answer it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rla.database.expression import Expression, compile_sql, find_key_of, matching_function
from rla.database.index.facts import SIZE_FACTS
from rla.database.index.refresh import without_gone
from rla.database.index.store import IndexStore
from rla.database.patterns import compile_pattern
from rla.database.trees import tasks_of
from rla.errors import QueryError, did_you_mean

__all__ = ["Question", "check_task_is_there"]


@dataclass(frozen=True)
class Question:
    """What is asked; experiments must satisfy all of it.

    Attributes:
        task: the task table; all when None.
        conditions: expressions.
        patterns: globs and regular expressions of date and name.
        sorting: keys to sort by, the most important first, each with whether the largest come first.
        within: ids of the experiments that are asked about; all when None.
    """

    task: str | None = None
    conditions: tuple[Expression, ...] = ()
    patterns: tuple[str, ...] = ()
    sorting: tuple[tuple[str, bool], ...] = ()
    within: Sequence[int] | None = None

    def texts(self) -> list[str]:
        """Return what is asked as people wrote it."""
        task = [f"task == '{self.task}'"] if self.task else []
        return [*task, *(condition.text for condition in self.conditions), *self.patterns]

    @property
    def is_about_sizes(self) -> bool:
        """Whether what experiments take must be known for the answer."""
        keys = [key for keys in map(Expression.keys, self.conditions) for key in keys]
        keys += [key for key, _ in self.sorting]
        return any(key.removeprefix("run.") in SIZE_FACTS for key in keys)

    def answer(self, store: IndexStore, data_root: Path, is_up_to_date: bool) -> list[int]:
        """Return the ids of the experiments, in their order.

        Args:
            store: the index.
            data_root: the database folder.
            is_up_to_date: whether the index has just been compared with it; else what is gone is left out.

        Raises:
            QueryError: there is no such task or key, or a regular expression took too long.
        """
        parts: list[str] = ["1"]
        values: list[Any] = []
        if self.task is not None:
            check_task_is_there(data_root, self.task)
            parts.append("task = ?")
            values.append(self.task)
        if store.is_empty:
            return []  # where there is nothing, no key is unknown
        now = time.time()
        for condition in self.conditions:
            sql, its_values = compile_sql(condition, store.find_key, store.key_names, now)
            parts.append(sql)
            values += its_values
        with matching_function(store.connection):
            rows = store.select(" AND ".join(parts), values)
        if not is_up_to_date:
            rows = without_gone(store, data_root, rows)
        for pattern in map(compile_pattern, self.patterns):
            matching = set(pattern.select({f"{row[2]}/{row[3]}" for row in rows}))
            rows = [row for row in rows if f"{row[2]}/{row[3]}" in matching]
        found = [row[0] for row in rows]
        if self.within is not None:
            chosen = set(found)
            found = [number for number in self.within if number in chosen]
        for key, descending in reversed(self.sorting):
            found = _sorted(found, store, key, descending)
        return found


def check_task_is_there(data_root: Path, task: str) -> None:
    """Refuse the name of a task table that a data root does not have.

    Raises:
        QueryError: there is none of that name; the message has the nearest.
    """
    known = tasks_of(data_root)
    if task not in known:
        listed = ", ".join(known) or "none"
        raise QueryError(f"There is no task '{task}' in '{data_root}'.{did_you_mean(task, known)} Tasks: {listed}.")


def _sorted(found: list[int], store: IndexStore, key: str, descending: bool) -> list[int]:
    """Return ids in the order of a key: numbers first, then texts, then those without a value."""
    number = find_key_of(key, store.find_key, store.key_names)
    values = {} if number is None else store.values_of(number)

    def rank(number: int) -> tuple[float, str]:
        value, text = values[number]
        return (0.0, text or "") if value is None else (value, "")

    numbers = [number for number in found if number in values and values[number][0] is not None]
    texts = [number for number in found if number in values and values[number][0] is None and values[number][1]]
    known = {*numbers, *texts}
    numbers.sort(key=rank, reverse=descending)
    texts.sort(key=rank, reverse=descending)
    return [*numbers, *texts, *(number for number in found if number not in known)]
