r"""Patterns that name experiments: a glob under the task, or a regular expression after ``re:``.

    2022/03/01/21-[12]*      experiments of that day and time
    2022/11/24, 2022/*       a date folder stands for all experiments below it
    **lr=0.01*               ``**`` goes over folders: anywhere in date and index name
    re:lr=0\.0[12]            a regular expression, searched in ``2022/03/01/21-10-11-000000_ip_&lr=0.01``

A pattern is matched against names below a task and can reach nothing else.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from typing import Final

from rla.errors import QueryError

__all__ = ["Pattern", "compile_pattern"]

REGULAR_EXPRESSION: Final = "re:"
_LEVELS: Final = 4


class Pattern:
    """A compiled pattern.

    Args:
        matches: tests ``<%Y/%m/%d>/<index name>``.
        parts: one test per level of folders, for pruning; empty when only the whole can be tested.
    """

    def __init__(self, matches: Callable[[str], bool], parts: tuple[re.Pattern[str], ...] = ()) -> None:
        self.matches = matches
        self._parts = parts

    def may_hold(self, day: str) -> bool:
        """Say whether a date folder (``%Y/%m/%d``) can hold an experiment that matches."""
        return all(part.fullmatch(name) for part, name in zip(self._parts, day.split("/"), strict=False))


def compile_pattern(pattern: str | None) -> Pattern:
    """Compile a pattern; None and the empty text stand for every experiment.

    Raises:
        QueryError: it is absolute, goes up with ``..``, or is no valid regular expression.
    """
    if pattern is not None and not isinstance(pattern, str):
        raise QueryError(f"A pattern is a text such as '2026/11/*'; got {pattern!r}.")
    if not pattern:
        return Pattern(lambda _: True)
    if pattern.startswith(REGULAR_EXPRESSION):
        return _regular_expression(pattern)
    if pattern.startswith(("/", "~")) or ".." in pattern.split("/"):
        raise QueryError(f"The pattern '{pattern}' leaves its task; write it from the date on: '2026/11/20/*'.")
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if "**" in pattern:
        whole = re.compile(fnmatch.translate("/".join(parts)))
        return Pattern(lambda name: whole.fullmatch(name) is not None)
    levels = tuple(re.compile(fnmatch.translate(part)) for part in parts)

    def matches(name: str) -> bool:
        names = name.split("/", _LEVELS - 1)
        return len(levels) <= len(names) and all(
            level.fullmatch(part) for level, part in zip(levels, names, strict=False)
        )

    return Pattern(matches, levels)


def _regular_expression(pattern: str) -> Pattern:
    text = pattern.removeprefix(REGULAR_EXPRESSION)
    try:
        compiled = re.compile(text)
    except re.error as error:
        pointer = " " * (error.pos or 0) + "^"
        raise QueryError(f"Not a regular expression: {error.msg}\n  {text}\n  {pointer}") from error
    return Pattern(lambda name: compiled.search(name) is not None)
