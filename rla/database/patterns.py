r"""Patterns that name experiments: a glob under the task, or a regular expression after ``re:``.

    2022/03/01/21-[12]*      experiments of that day and time
    2022/11/24, 2022/*       a date folder stands for all experiments below it
    **lr=0.01*               ``**`` goes over folders: anywhere in date and index name
    re:lr=0\.0[12]            a regular expression, searched in ``2022/03/01/21-10-11-000000_ip_&lr=0.01``

A pattern is matched against names below a task and can reach nothing else. No pattern hangs: globs take a time that
grows with the length of the name, regular expressions are given up after 1.5 seconds for all names together.
"""

from __future__ import annotations

import fnmatch
import functools
import itertools
import re
from collections.abc import Callable, Iterable
from typing import Final

from rla.database.regular_expressions import SearchTime, search_all, syntax_problem
from rla.errors import QueryError

__all__ = ["REGULAR_EXPRESSION", "Pattern", "compile_name_pattern", "compile_pattern", "compile_text_pattern"]

REGULAR_EXPRESSION: Final = "re:"
_LEVELS: Final = 4

Matches = Callable[[str], object]
"""Whether a name matches: anything true, such as a match of `re`."""

Select = Callable[[Iterable[str]], list[str]]


class Pattern:
    """A compiled pattern.

    Args:
        select: returns those of many names that match, in their order. All names are handed over at once, since each
            call of a regular expression starts a process.
        parts: one test per level of folders, for pruning; empty when only the whole can be tested.
    """

    def __init__(self, select: Select, parts: tuple[re.Pattern[str], ...] = ()) -> None:
        self.select = select
        self._parts = parts

    def may_hold(self, day: str) -> bool:
        """Say whether a date folder (``%Y/%m/%d``) can hold an experiment that matches."""
        return _fit(self._parts, day.split("/"))


def compile_pattern(pattern: str | None, time_left: SearchTime | None = None) -> Pattern:
    """Compile a pattern of names ``<%Y/%m/%d>/<index name>``; None and the empty text stand for every experiment.

    Args:
        pattern: a glob, or ``re:`` and a regular expression.
        time_left: what regular expressions of the same question have left; by default `SECONDS`.

    Raises:
        QueryError: it is absolute, goes up with ``..``, or is no valid regular expression.
    """
    if pattern is not None and not isinstance(pattern, str):
        raise QueryError(f"A pattern is a text such as '2026/11/*'; got {pattern!r}.")
    if not pattern:
        return Pattern(list)
    if pattern.startswith(REGULAR_EXPRESSION):
        return Pattern(_regular_expression(pattern, time_left))
    matches, levels = _below_a_task(pattern)
    return Pattern(_each(matches), levels)


def compile_text_pattern(pattern: str, time_left: SearchTime | None = None) -> Pattern:
    """Compile a pattern of any texts: a glob of the whole text, or ``re:`` and a regular expression.

    Raises:
        QueryError: it is no valid regular expression.
    """
    if pattern.startswith(REGULAR_EXPRESSION):
        return Pattern(_regular_expression(pattern, time_left))
    return Pattern(_each(_glob(pattern).fullmatch))


def compile_name_pattern(pattern: str, time_left: SearchTime | None = None) -> Pattern:
    """Compile a pattern of whole names ``<task>/<%Y/%m/%d>/<index name>``.

    What `compile_pattern` finds below a task is found, with and without (a pattern of) the task in front; and so is
    what the glob matches as one text, where ``*`` goes over slashes: ``*lr=0.01*``. A task stands for all below it.

    Raises:
        QueryError: as for `compile_pattern`.
    """
    if pattern.startswith(REGULAR_EXPRESSION):
        return Pattern(_regular_expression(pattern, time_left))
    whole, (dated, levels) = _glob(pattern), _below_a_task(pattern)
    if "**" in pattern:
        return Pattern(_each(lambda name: whole.fullmatch(name) or dated("/".join(name.split("/")[-_LEVELS:]))))

    @functools.cache
    def inside(folder: str) -> Matches:
        """Return the test of index names in a date folder; the same one for hundreds of experiments."""
        names = folder.split("/")
        above = [folders for folders in (names, names[1 - _LEVELS :]) if _fit(levels, folders)]
        if any(len(levels) <= len(folders) for folders in above):
            return lambda _: True
        last = any(len(levels) == len(folders) + 1 for folders in above)
        return levels[-1].fullmatch if last else lambda _: False

    def matches(name: str) -> object:
        folder, _, index_name = name.rpartition("/")
        return inside(folder)(index_name) or whole.fullmatch(name)

    return Pattern(_each(matches))


def _each(matches: Matches) -> Select:
    return lambda names: list(filter(matches, names))


def _fit(levels: Iterable[re.Pattern[str]], names: Iterable[str]) -> bool:
    """Say whether folders are what the levels of a pattern say, as far as both go."""
    return all(level.fullmatch(name) for level, name in zip(levels, names, strict=False))


def _glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob. It takes time in proportion to the text: what a ``*`` has matched stays matched."""
    try:
        return re.compile(fnmatch.translate(pattern))
    except re.error as error:  # a range like [z-a], which older versions of fnmatch hand on as it is
        raise QueryError(f"The pattern '{pattern}' has brackets that hold no set: {error.msg}.") from error


def _below_a_task(pattern: str) -> tuple[Matches, tuple[re.Pattern[str], ...]]:
    """Return the test of names below a task, and the patterns of their levels."""
    if pattern.startswith(("/", "~")) or ".." in pattern.split("/"):
        raise QueryError(f"The pattern '{pattern}' leaves its task; write it from the date on: '2026/11/20/*'.")
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if "**" in pattern:
        return _glob("/".join(parts)).fullmatch, ()
    levels = tuple(_glob(part) for part in parts)

    def matches(name: str) -> bool:
        names = name.split("/", _LEVELS - 1)
        return len(levels) <= len(names) and _fit(levels, names)

    return matches, levels


def _regular_expression(pattern: str, time_left: SearchTime | None) -> Select:
    text = pattern.removeprefix(REGULAR_EXPRESSION)
    if problem := syntax_problem(text):
        raise QueryError(f"Not a regular expression: {problem[0]}\n  {text}\n  {' ' * problem[1]}^")
    shared = time_left or SearchTime()

    def select(names: Iterable[str]) -> list[str]:
        listed = list(names)
        return list(itertools.compress(listed, search_all(text, listed, shared)))

    return select
