"""`RLA.trackers.memory_used_recorder`: which variables take the most memory."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any, Final, NamedTuple

from rla.output.logger import Logger, process_logger

__all__ = ["Variable", "largest_variables", "print_large_memory_variable", "tell_largest_variables"]

SHOWN: Final = 10

LARGEST_SEARCH: Final = 1_000_000
"""So many objects are looked at in all, in about a second."""

_MEBIBYTE: Final = 1 << 20
_NOT_COUNTED: Final = (ModuleType, type, FunctionType, MethodType, BuiltinFunctionType, CodeType, FrameType)
"""What belongs to the program rather than to its data."""


class Variable(NamedTuple):
    """A variable and what it holds.

    Attributes:
        name: its name.
        place: the function or module that has it.
        kind: the name of its class.
        size: bytes of the object and of all that it contains.
    """

    name: str
    place: str
    kind: str
    size: int


def print_large_memory_variable() -> None:
    """Show the ten largest variables, by name and size, as lines of text of the logger.

    These are the local variables of the functions that are running, from the caller outwards, and the global ones of
    their modules and of the script. A size is that of the object with all that it contains (items, attributes, the data
    of arrays and tensors). What several variables share is counted for the first of them alone.
    """
    tell_largest_variables(process_logger)


def tell_largest_variables(logger: Logger) -> None:
    """Show what `print_large_memory_variable` does as text of a logger."""
    variables, complete = largest_variables(sys._getframe(1))
    logger.info(f"The largest variables{'' if complete else f', as far as {LARGEST_SEARCH} objects show'}:")
    for variable in variables:
        size = f"{variable.size / _MEBIBYTE:10.3f} MiB"
        logger.info(f"{size}  {variable.name} ({variable.kind}, in {variable.place})")


def largest_variables(frame: FrameType | None, number: int = SHOWN) -> tuple[list[Variable], bool]:
    """Return the largest variables that a frame can see, or those that called it; rla's own are left out.

    Args:
        frame: where to begin.
        number: how many.

    Returns:
        The variables, the largest first, and whether all objects were looked at.
    """
    sizes = _Sizes()
    found = [
        Variable(name, place, type(value).__name__, size)
        for place, variables in _places(frame)
        for name, value in variables.items()
        if not name.startswith("__") and (size := sizes.of(value))
    ]
    return sorted(found, key=lambda variable: -variable.size)[:number], sizes.left > 0


def _places(frame: FrameType | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the functions that are running with their variables, then their modules and the script with theirs."""
    modules: dict[str, Mapping[str, Any]] = {}
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "?"))
        if module.partition(".")[0] != "rla":
            modules.setdefault(module, frame.f_globals)
            if frame.f_locals is not frame.f_globals:
                yield f"{frame.f_code.co_name}()", dict(frame.f_locals)
        frame = frame.f_back
    modules.setdefault("__main__", vars(sys.modules["__main__"]))
    for name, variables in modules.items():
        yield f"module {name}", dict(variables)


class _Sizes:
    """Adds up the sizes of objects, each of which counts once.

    Attributes:
        left: how many objects may still be looked at.
    """

    def __init__(self) -> None:
        self.left = LARGEST_SEARCH
        self._seen: dict[int, Any] = {}  # keeps them, so that no other object gets the same number

    def of(self, value: Any) -> int:
        """Return the bytes of an object and of all that it contains, and that was not counted before."""
        size = 0
        waiting = [value]
        while waiting and self.left > 0:
            each = waiting.pop()
            if id(each) in self._seen:
                continue
            self._seen[id(each)] = each
            self.left -= 1
            with contextlib.suppress(Exception):  # a class of anybody's may raise anything when it is asked
                own, inner = _own_size(each)
                waiting.extend(inner)
                size += own
        return size


def _own_size(value: Any) -> tuple[int, Iterable[Any]]:
    """Return the bytes of an object alone, and what it refers to."""
    if isinstance(value, _NOT_COUNTED):
        return 0, ()
    own = sys.getsizeof(value)
    kind = type(value)  # it is asked, as some objects (DotMap) make whatever attribute they are asked for
    if hasattr(kind, "nbytes") and isinstance(value.nbytes, int):  # arrays and tensors
        return max(own, value.nbytes), ()
    if hasattr(kind, "memory_usage"):  # tables of pandas: they have told all of it
        return own, ()
    return own, gc.get_referents(value)
