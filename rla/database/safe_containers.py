"""Containers and scalars of Python from pickles that nobody trusts.

A pickle calls what it names: ``list(range(10 ** 12))`` is plain data, and takes all the memory. These stand-ins make
the same values, and count what they take.
"""

from __future__ import annotations

import builtins
import collections
from typing import Any, Final

from rla.database.pickle_check import Budget

__all__ = ["SafeRange", "SafeType", "stand_ins"]

_CONTAINERS: Final = (dict, list, tuple, set, frozenset)
_COLLECTIONS: Final = (collections.OrderedDict, collections.deque, collections.defaultdict)
_SCALARS: Final = (str, int, float, bool, complex)
_TEXTS: Final = (str, bytes, int, float, complex)


class SafeType:
    """Stands for a type until the pickle is read; `kind` is the type. Called, it makes a value of it.

    Args:
        kind: the type.
        budget: the memory that its values may take.
    """

    __slots__ = ("_budget", "kind")

    def __init__(self, kind: type, budget: Budget) -> None:
        self.kind = kind
        self._budget = budget

    def __setstate__(self, state: Any) -> None:
        """Take nothing: a pickle may not change what it names."""
        raise ValueError("it changes a type")

    def __call__(self, *arguments: Any) -> Any:
        """Make a value; a scalar of a scalar, since ``str`` of a list may be longer than any memory."""
        if self.kind in _SCALARS and not all(isinstance(each, _TEXTS) for each in arguments):
            raise ValueError(f"{self.kind.__name__} of a {type(arguments[0]).__name__}")
        if self.kind is bytearray and not all(isinstance(each, (str, bytes)) for each in arguments):
            raise ValueError("bytearray of a number")
        self._budget.spend_on(*arguments)
        return self.kind(*arguments)


class SafeRange:
    """Stands for a range until the pickle is read, so that nothing can be filled with it.

    Args:
        arguments: those of ``range``.
    """

    def __init__(self, *arguments: Any) -> None:
        self.value = range(*arguments)


def stand_ins(budget: Budget) -> dict[tuple[str, str], Any]:
    """Return what a pickle gets for the names of plain types: (module, name) → stand-in."""
    kinds = (*_CONTAINERS, *_COLLECTIONS, *_SCALARS, bytearray)
    found: dict[tuple[str, str], Any] = {(kind.__module__, kind.__name__): SafeType(kind, budget) for kind in kinds}
    found[builtins.range.__module__, "range"] = type("SafeRange", (SafeRange,), {})

    def encode(text: Any, encoding: Any) -> bytes:  # how protocol 2 writes bytes
        if not isinstance(text, str) or encoding != "latin1":
            raise ValueError(f"it is encoded in {encoding!r}")
        budget.spend_on(text)
        return text.encode("latin1")

    found["_codecs", "encode"] = encode
    return found
