"""Plain values of a state as every saver holds them, and back with their types.

Numbers, texts, arrays of numpy and tensors of torch stay as they are, as do lists, tuples, and dicts whose keys are
texts. Other dicts, deques, sets, named tuples and members of enums are noted as dicts that say what they were. A named
tuple or a member of an enum comes back by the name of its class, which must be loaded already: nothing is imported, and
no code of it runs.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Iterable
from enum import Enum
from typing import Any, Final

from rla.errors import CheckpointError

__all__ = ["NotPlainError", "decoded", "encoded", "is_plain"]

_KIND: Final = "rla:kind"
"""The key that tells a note of ours from a dict of the user's."""

_SCALARS: Final = frozenset({type(None), bool, int, float, complex, str, bytes})
_LISTS: Final = {"deque": deque, "set": set, "frozenset": frozenset}
_DICTS: Final = {"dict": dict, "OrderedDict": OrderedDict}
_MODULES_OF_NUMPY: Final = ("numpy", "numpy.dtypes")


class NotPlainError(Exception):
    """A value is not plain.

    Attributes:
        where: the way to what is not, such as ``[3].name``; empty where it is the value itself.
        kind: its type.
    """

    def __init__(self, where: str, kind: type) -> None:
        super().__init__(f"{where} is a {kind.__name__}" if where else f"it is a {kind.__name__}")
        self.where = where
        self.kind = kind


def encoded(value: Any, where: str = "") -> Any:
    """Return a plain value as savers hold it; arrays and tensors are not copied.

    Raises:
        NotPlainError: something in it is not plain.
    """
    try:
        return _encoded(value, where)
    except RecursionError:  # it holds itself
        raise NotPlainError(where, type(value)) from None


def is_plain(value: Any) -> bool:
    """Say whether `encoded` takes a value."""
    try:
        encoded(value)
    except NotPlainError:
        return False
    return True


def _encoded(value: Any, where: str) -> Any:
    kind = type(value)
    if kind in _SCALARS or _is_array(value):
        return value
    if kind is list:
        return _list(value, where)
    if kind is tuple:
        return tuple(_list(value, where))
    if kind is dict or kind is OrderedDict:
        return _dict(value, kind, where)
    if kind is deque:
        return {_KIND: "deque", "items": _list(value, where), "longest": value.maxlen}
    if kind is set or kind is frozenset:
        return {_KIND: kind.__name__, "items": _list(value, where)}
    if isinstance(value, Enum):
        return {_KIND: "enum", "class": _name_of(kind), "member": value.name}
    if isinstance(value, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
        return {_KIND: "named", "class": _name_of(kind), "fields": list(kind._fields), "items": _list(value, where)}
    raise NotPlainError(where, kind)


def _list(values: Iterable[Any], where: str) -> list[Any]:
    return [
        each if type(each) in _SCALARS else _encoded(each, f"{where}[{number}]") for number, each in enumerate(values)
    ]


def _dict(value: dict[Any, Any], kind: type, where: str) -> dict[str, Any]:
    if kind is dict and _KIND not in value and all(type(key) is str for key in value):
        return {key: _encoded(item, f"{where}[{key!r}]") for key, item in value.items()}
    items = [[_encoded(key, f"{where}, a key"), _encoded(item, f"{where}[{key!r}]")] for key, item in value.items()]
    return {_KIND: kind.__name__, "items": items}


def decoded(value: Any) -> Any:
    """Return the value that `encoded` was given.

    Raises:
        CheckpointError: it holds a named tuple or a member of an enum whose class is not loaded or has changed, or is
            no such note.
    """
    kind = type(value)
    if kind is list:
        return [each if type(each) in _SCALARS else decoded(each) for each in value]
    if kind is tuple:
        return tuple(map(decoded, value))
    if kind is not dict:
        return value
    if _KIND not in value:
        return {key: decoded(item) for key, item in value.items()}
    noted = value[_KIND]
    if noted in _DICTS:
        return _DICTS[noted]((decoded(key), decoded(item)) for key, item in value["items"])
    if noted in _LISTS:
        items = decoded(value["items"])
        return deque(items, value["longest"]) if noted == "deque" else _LISTS[noted](items)
    if noted == "enum":
        members = getattr(_class_of(value["class"], Enum), "_member_map_", {})
        if value["member"] not in members:
            raise CheckpointError(f"'{value['class']}' has no member '{value['member']}' any more.")
        return members[value["member"]]
    if noted == "named":
        named = _class_of(value["class"], tuple)
        if list(getattr(named, "_fields", ())) != value["fields"]:
            raise CheckpointError(f"'{value['class']}' is no named tuple of {', '.join(value['fields'])} any more.")
        return tuple.__new__(named, decoded(value["items"]))
    raise CheckpointError(f"'{noted}' is no kind of value that this version of rla knows.")


def _name_of(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class_of(name: str, base: type) -> Any:
    """Return a class by its name, where its module is loaded; nothing of the module's own runs."""
    module, _, path = str(name).partition(":")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise CheckpointError(
            f"It holds a '{path}' of the module '{module}', which is not loaded here; import it first."
        )
    return found


def _is_array(value: Any) -> bool:
    """Say whether a value is an array or a number of numpy, or a tensor, that a saver holds as it is."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return type(value) in (torch.Tensor, torch.nn.Parameter)
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return type(value).__module__ in _MODULES_OF_NUMPY and kind != "" and kind in "biufcUSMm"
