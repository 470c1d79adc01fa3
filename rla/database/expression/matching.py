"""The function of SQL behind ``~``: it collects the values of a key and matches all of them at once.

At once, since a regular expression is searched by a process of its own (`rla.database.regular_expressions`), and since
thousands of experiments share a value.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rla.database.patterns import compile_name_pattern, compile_text_pattern
from rla.database.regular_expressions import SearchTime
from rla.errors import QueryError

__all__ = ["FUNCTION", "matching_function"]

FUNCTION: Final = "rla_matching"
"""``rla_matching(pattern, is_name, wanted, experiment, number, text)`` → JSON list of the experiments that match, or
that do not where ``wanted`` is 0. Those without a value are in neither."""

_LARGEST_WHOLE_NUMBER: Final = 1e21


@contextmanager
def matching_function(connection: sqlite3.Connection) -> Iterator[None]:
    """Give a connection what conditions with ``~`` call, for one question.

    The statement runs, and its rows are fetched, inside of the ``with``.

    Args:
        connection: where the statement will run.

    Raises:
        QueryError: a regular expression took too long; all those of the question have 1.5 seconds together.
    """
    question = _Question()
    connection.create_aggregate(FUNCTION, 6, question.collect)  # type: ignore[arg-type]
    try:
        yield
    except sqlite3.Error as error:
        if question.problem is None:
            raise
        raise question.problem from error


class _Question:
    """What the calls of one question share: their time, and the error that SQLite hides."""

    def __init__(self) -> None:
        self.time_left = SearchTime()
        self.problem: QueryError | None = None

    def collect(self) -> _Collected:
        return _Collected(self)


class _Collected:
    def __init__(self, question: _Question) -> None:
        self._question = question
        self._experiments: list[int] = []
        self._values: list[str | float | None] = []
        self._asked = ("", 0, 1)

    def step(
        self, pattern: str, is_name: int, wanted: int, experiment: int, number: float | None, text: str | None
    ) -> None:
        self._asked = (pattern, is_name, wanted)
        self._experiments.append(experiment)
        self._values.append(number if text is None else text)

    def finalize(self) -> str:
        pattern, is_name, wanted = self._asked
        values = {value for value in self._values if value is not None}
        numbers = {value: _as_written(value) for value in values if isinstance(value, float)}
        texts = {value for value in values if isinstance(value, str)}.union(*numbers.values())
        try:
            compile_any = compile_name_pattern if is_name else compile_text_pattern
            matched: set[str | float] = set(compile_any(pattern, self._question.time_left).select(texts))
        except QueryError as error:
            self._question.problem = error
            raise
        matched.update(number for number, written in numbers.items() if not matched.isdisjoint(written))
        chosen = matched if wanted else values - matched
        return json.dumps(list(itertools.compress(self._experiments, map(chosen.__contains__, self._values))))


def _as_written(value: float) -> list[str]:
    """Return a number as people write it. It may have been whole or not: ``1`` and ``1.0``."""
    is_whole = value.is_integer() and abs(value) < _LARGEST_WHOLE_NUMBER
    return [repr(value), str(int(value))] if is_whole else [repr(value)]
