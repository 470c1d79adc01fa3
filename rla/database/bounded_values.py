"""Documents that anybody may have written: JSON and YAML values of bounded size and depth.

Parsers build what a file says before anyone can look at it, and a small file can say a lot.
"""

from __future__ import annotations

import itertools
import json
from collections import deque
from collections.abc import Iterable
from typing import Any, Final, cast

import orjson

__all__ = ["LARGEST_DOCUMENT", "MOST_VALUES", "check_size", "parse_json", "reason"]

LARGEST_DOCUMENT: Final = 16 << 20
"""So many bytes of a JSON file are read."""

MOST_VALUES: Final = 1_000_000
DEEPEST: Final = 128
"""Our own parameter files nest up to 101 levels."""

_AS_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")
_LARGE_INTEGER: Final = b"0" * 19
"""Integers of more than 64 bits are floats to the faster parser."""

_SCALARS: Final = {type(None), bool, int, float, str, bytes}


def parse_json(content: bytes) -> Any:
    """Return the content of a JSON file.

    Raises:
        ValueError: it is no JSON, or more than anyone writes down as parameters of a run.
    """
    opened = content.count(b"[") + content.count(b"{")
    if len(content) > MOST_VALUES and content.count(b",") + opened > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES:,} values")
    try:
        try:
            found = json.loads(content) if _LARGE_INTEGER in content.translate(_AS_ZEROS) else orjson.loads(content)
        except ValueError:  # NaN, UTF-16, lone surrogates; or no JSON at all
            found = json.loads(content)
    except RecursionError:
        raise _too_deep(DEEPEST) from None
    if opened > DEEPEST or b"\0" in content:  # else it cannot be too deep; other encodings than UTF-8 count wrongly
        check_size(found)
    return found


def check_size(content: Any, most: int = MOST_VALUES, deepest: int = DEEPEST) -> None:
    """Refuse what has no end for whoever goes through it: aliases of YAML and pickles make it small on disk.

    Args:
        content: nested containers and objects.
        most: so many values may there be, each counted wherever it is seen.
        deepest: so deeply may they be nested.

    Raises:
        ValueError: there are too many values, or they are nested too deeply.
    """
    sizes: dict[int, int] = {}

    def size(container: Any, depth: int) -> int:
        known = sizes.get(id(container))
        if known is None:
            if depth > deepest:
                raise _too_deep(deepest)
            sizes[id(container)] = most + 1  # while it is counted: a value inside itself has no end
            known = 1
            for item in _inside(container):
                known += 1 if type(item) in _SCALARS else size(item, depth + 1)
            sizes[id(container)] = known
        return known

    if type(content) not in _SCALARS and size(content, 1) > most:
        raise ValueError(f"more than {most:,} values")


def _inside(value: Any) -> Iterable[Any]:
    """Return what is in a container, or an object."""
    if isinstance(value, dict):
        return itertools.chain((key for key in value if type(key) is tuple), value.values())
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return value
    if getattr(getattr(value, "dtype", None), "hasobject", False):  # an array of numpy
        return cast("Iterable[Any]", value.ravel())
    return vars(value).values() if hasattr(value, "__dict__") and not isinstance(value, type) else ()


def _too_deep(deepest: int) -> ValueError:
    return ValueError(f"values are nested more than {deepest} deep")


def reason(error: Exception) -> str:
    """Return why a file cannot be read, without its name."""
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)
