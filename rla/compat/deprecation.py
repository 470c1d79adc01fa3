"""Deprecated spellings: each of them is told once in a process, with the name of today."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ["deprecated", "tell_once", "told"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

told: set[str] = set()
"""Old spellings that were told already."""


def tell_once(old: str, new: str, stacklevel: int = 3) -> None:
    """Warn that a spelling is deprecated, the first time that it is used.

    Args:
        old: the spelling, e.g. ``configure(task_name=…)``.
        new: that of today.
        stacklevel: how far above this function the line of the script stands, as for `warnings.warn`.
    """
    if old not in told:
        told.add(old)
        warnings.warn(f"{old} is now {new}.", DeprecationWarning, stacklevel=stacklevel)


def deprecated(old: str, new: str) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Return a decorator for a function by an old name: its first call tells that of today."""

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @functools.wraps(function)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            tell_once(old, new, stacklevel=3)
            return function(*args, **kwargs)

        return call

    return decorate
