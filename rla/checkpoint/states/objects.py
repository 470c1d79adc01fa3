"""The state of any object of a training: networks, optimizers, environments, normalizers, buffers, generators.

An object with `state_dict()` and `load_state_dict()` says itself what its state is. Of any other one, its plain
attributes and items (numbers, texts, arrays, tensors, and containers of these) are its state, and those of the objects
inside it: the wrappers of an environment, its spaces, running means. What is neither (a simulator written in C, a
window, another process) cannot be taken, and is named.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import sys
import threading
import types
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rla.checkpoint.states.giving import slots_of
from rla.checkpoint.states.random_numbers import take_generator
from rla.checkpoint.states.values import NotPlainError, encoded
from rla.errors import CheckpointError

__all__ = ["take_state", "taken_value"]

_CONSTANT: Final = (
    *(type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial),
    *(property, staticmethod, classmethod, types.MethodDescriptorType, types.WrapperDescriptorType),
    *(types.ClassMethodDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType, types.GenericAlias),
    *(
        types.MethodWrapperType,
        types.MappingProxyType,
        types.CodeType,
        types.UnionType,
        type(NotImplemented),
        type(...),
    ),
    *(os.PathLike, re.Pattern, logging.Logger, weakref.ReferenceType, type(threading.Lock()), type(threading.RLock())),
)
"""What is no part of a training's state: what it is built of, where it writes, what keeps its threads apart."""

_FIXED: Final = ("numpy.dtype", "torch.dtype", "torch.device", "torch.Size", "_abc._abc_data")
_DTYPES: Final = "numpy.dtypes"
_OWN: Final = "rla."
_WRAPPERS: Final = "rla.adapt."
"""Of our own, only the wrappers of environments have a state in them; loggers and managers keep theirs."""

_LOOKED_INTO: Final = frozenset(
    {"abc", "argparse", "builtins", "collections", "contextlib", "dataclasses", "numbers", "random", "types", "typing"}
)
"""Modules of Python whose objects are made of plain values. Those of the others are files, threads, processes, pipes:
to give them the numbers that they had in another process would break them."""

_CONTAINERS: Final = (dict, OrderedDict, defaultdict, Counter, list, tuple, deque)

_POINTER: Final = 8
_OF_EACH_INSTANCE: Final = 2
"""Pointers that instances of Python's classes have: to their attributes, and to weak references. Who has more in its
instances is written in C, and what that is, nobody knows."""

_MOST_OBJECTS: Final = 10_000


def taken_value(value: Any) -> tuple[Any] | None:
    """Return a plain value as it is saved; None when it is an object whose state is to be taken.

    Raises:
        CheckpointError: it is neither: a function, a class, an iterator.
    """
    try:
        return (encoded(value),)
    except NotPlainError:
        if _is_constant(value):
            raise CheckpointError(f"a {type(value).__name__} is no state; save what is needed to make it") from None
        return None


def take_state(value: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the state of an object, as plain data, and names of what in it could not be taken.

    Nothing is copied: arrays and tensors in it are those of the object.

    Args:
        value: the object.

    Raises:
        CheckpointError: it holds too many objects to be looked through, or says itself that its state is something
            that cannot be saved.
    """
    with contextlib.suppress(NotPlainError):
        return {"value": encoded(value)}, []
    taker = _Taker()
    state = taker.take(value, "") or {}
    if isinstance(value, tuple):  # who holds it does not see another one
        taker.left_out += [f"[{key}] (plain, but in a tuple)" for key, _ in state.get("items", ())]
    return state, taker.left_out


class _Taker:
    """Goes through an object; each object in it is taken once, however often it is met."""

    def __init__(self) -> None:
        self.left_out: list[str] = []
        self._met: dict[int, Any] = {}  # the objects themselves: a number may be given again to a new one

    def take(self, value: Any, name: str) -> dict[str, Any] | None:
        """Return the state of an object; None when there is none to take."""
        if id(value) in self._met or _is_constant(value):
            return None
        self._met[id(value)] = value
        if len(self._met) > _MOST_OBJECTS:
            raise CheckpointError(
                f"it holds more than {_MOST_OBJECTS:,} objects; give those whose state matters, and keep transitions "
                "in arrays, tuples or named tuples"
            )
        if callable(getattr(value, "state_dict", None)) and callable(getattr(value, "load_state_dict", None)):
            return {"state_dict": self._state_dict(value)}
        if (generator := take_generator(value)) is not None:
            return {"generator": generator}
        items = _items_of(value)
        attributes = _attributes_of(value) if _is_looked_into(value) else None
        if attributes is None:
            self.left_out.append(f"{name} ({type(value).__name__})" if name else type(value).__name__)
            return None
        dotted = f"{name}." if name else ""
        state: dict[str, Any] = {"class": type(value).__qualname__}
        state["attributes"], state["inside"] = self._split((key, each, dotted + key) for key, each in attributes)
        if items is not None:
            plain, inside = self._split((key, each, f"{name}[{key!r}]") for key, each in items)
            state["length"] = len(value)
            state["items"] = self._pairs(plain, name)
            state["objects"] = self._pairs(inside, name)
        return state

    def _split(self, values: Iterator[tuple[Any, Any, str]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
        """Return the plain ones of values, and the states of the objects among them."""
        plain, inside = {}, {}
        for key, value, name in values:
            try:
                plain[key] = encoded(value)
            except NotPlainError:
                if (state := self.take(value, name)) is not None:
                    inside[key] = state
        return plain, inside

    def _pairs(self, values: Mapping[Any, Any], name: str) -> list[list[Any]]:
        """Return what stands under keys that are plain."""
        pairs = []
        for key, value in values.items():
            try:
                pairs.append([encoded(key), value])
            except NotPlainError:
                self.left_out.append(f"{name}[{type(key).__name__} as key]")
        return pairs

    def _state_dict(self, value: Any) -> Any:
        try:
            return encoded(dict(value.state_dict()))
        except NotPlainError as error:
            raise CheckpointError(
                f"state_dict() of a {type(value).__name__} has a {error.kind.__name__} at {error.where or 'its top'}; "
                "a state holds numbers, texts, arrays and tensors, so that no code runs when it is loaded"
            ) from None


def _items_of(value: Any) -> Iterator[tuple[Any, Any]] | None:
    """Return keys and items of a container; None for what is none."""
    if isinstance(value, dict):
        return iter(dict.items(value))
    return iter(enumerate(value)) if isinstance(value, (list, tuple, deque)) else None


def _attributes_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an object, those in ``__slots__``, too; nothing of its own runs, as a property might."""
    for key, slot in slots_of(type(value)).items():
        try:
            yield key, slot.__get__(value)
        except AttributeError:  # it was never set
            continue
    for key, each in getattr(value, "__dict__", {}).items():
        if type(key) is str:
            yield key, each


def _is_looked_into(value: Any) -> bool:
    """Say whether the attributes of an object are its state."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if (numpy is not None and isinstance(value, numpy.ndarray)) or (
        torch is not None and isinstance(value, torch.Tensor)
    ):
        return False  # one of a kind that no saver holds: its values are not among its attributes
    kind = type(value)
    if any(_is_closed(base.__module__) for base in kind.__mro__):
        return False
    if (
        kind not in _CONTAINERS
        and not hasattr(value, "__dict__")
        and not any("__slots__" in vars(base) for base in kind.__mro__)
    ):
        return False
    container = next(base for base in (dict, list, tuple, deque, object) if issubclass(kind, base))
    container = next((base for base in kind.__mro__ if base in (OrderedDict, defaultdict)), container)
    return kind.__basicsize__ <= container.__basicsize__ + _POINTER * (len(slots_of(kind)) + _OF_EACH_INSTANCE)


def _may_have_attributes(value: Any) -> bool:
    return hasattr(value, "__dict__") or any("__slots__" in vars(base) for base in type(value).__mro__)


@functools.cache
def _is_closed(module: str) -> bool:
    """Say whether a module is one of Python's own, whose objects are not looked into."""
    top = module.partition(".")[0]
    if top in _LOOKED_INTO or top not in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(top), "__file__", None)  # somebody may have a module of that name
    return file is None or os.path.dirname(os.__file__) in file


def _is_own(kind: type) -> bool:
    return kind.__module__.startswith(_OWN) and not kind.__module__.startswith(_WRAPPERS)


def _is_constant(value: Any) -> bool:
    """Say whether nothing in a value ever changes, or is state: it is a class, a function, a dtype, a device."""
    kind = type(value)
    if isinstance(value, _CONSTANT) or kind.__module__ == _DTYPES or _is_own(kind):
        return True
    return f"{kind.__module__}.{kind.__name__}" in _FIXED
