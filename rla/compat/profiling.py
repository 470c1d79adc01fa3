"""Timing as users of OpenAI baselines know it: seconds that add up in the open row, below ``wait_<name>``."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from rla import logger

__all__ = ["ProfileKV", "profile"]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


class ProfileKV:
    """Adds the seconds of a ``with`` block to the key ``wait_<name>`` of the open row.

    Args:
        name: what is timed.

    Attributes:
        key: the key.
    """

    def __init__(self, name: str) -> None:
        self.key = f"wait_{name}"
        self._started: list[float] = []

    def __enter__(self) -> ProfileKV:
        self._started.append(time.perf_counter())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logger.record_sum(self.key, time.perf_counter() - self._started.pop())


def profile(name: str) -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
    """Add the seconds of each call of a function to the key ``wait_<name>`` of the open row; a decorator.

    Args:
        name: what is timed.
    """

    def decorate(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
        @functools.wraps(function)
        def timed(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
            with ProfileKV(name):
                return function(*args, **kwargs)

        return timed

    return decorate
