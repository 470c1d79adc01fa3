"""Keywords that are known by two names, of which the caller may give either."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

__all__ = ["also_called", "renamed"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def renamed(
    function: str, keywords: Mapping[str, Any], names: Mapping[str, str], tell: Callable[[str, str], object]
) -> dict[str, Any]:
    """Return keywords by the names that a function knows.

    Args:
        function: the name of the function, for the message.
        keywords: as they were given.
        names: other name → the one that the function knows.
        tell: called with both, for each that was given by its other name.

    Raises:
        TypeError: both were given.
    """
    known = dict(keywords)
    for other, name in names.items():
        if other in known:
            if name in known:
                raise TypeError(f"{function}() got both '{other}' and '{name}', which mean the same; give '{name}'.")
            tell(other, name)
            known[name] = known.pop(other)
    return known


def also_called(**names: str) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Return a decorator for a function that takes keywords by other names as well: ``also_called(old="new")``."""

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Result:
            return function(*args, **renamed(function.__name__, kwargs, names, lambda other, name: None))

        return call

    return decorate
