"""Arrays of numpy from pickles that nobody trusts.

A pickle may call what it names, and numpy's own constructors can be made to look at memory that is not theirs. These
stand-ins take the same arguments and state, and make arrays of plain numbers, texts and dates from them, or of objects
that the pickle brought along; `finished` puts true arrays in their places.
"""

from __future__ import annotations

import pickle
import re
from collections import defaultdict
from typing import Any, Final

from rla.database.safe_containers import SafeRange, SafeType

__all__ = ["SafeArray", "SafeDtype", "finished", "stand_ins"]

_PLAIN_DTYPE: Final = re.compile(r"[<>|=]?(?:[?biufcSUO]\d*|[Mm]8)")


class _ArrayClass:
    """Stands for `numpy.ndarray` where a pickle names it; nobody can call it."""


class SafeDtype:
    """Stands for a `numpy.dtype`.

    Args:
        code: its code, such as ``f8``.
        align: not looked at, as all that follows.

    Raises:
        UnpicklingError: it is none of plain numbers, texts, dates or objects.
    """

    def __init__(self, code: Any, align: Any = False, copy: Any = False) -> None:
        if not isinstance(code, str) or not _PLAIN_DTYPE.fullmatch(code):
            raise pickle.UnpicklingError(f"arrays of {code!r} are not read from a pickle")
        self.code = "O" if code.startswith("O") else code

    def __setstate__(self, state: Any) -> None:
        """Take the order of the bytes, and the unit of dates; nothing else is believed."""
        if self.code[-2:] in ("M8", "m8") and len(state) > 8:
            unit, count = state[8][1][:2]
            name = unit.decode() if isinstance(unit, bytes) else str(unit)
            if not re.fullmatch(r"[A-Za-zμ]{1,7}", name) or not isinstance(count, int):
                raise ValueError(f"{name!r} is no unit of time")
            self.code += f"[{count}{name}]"
        if state[1] in ("<", ">"):
            self.code = state[1] + self.code.lstrip("<>=|")

    @property
    def dtype(self) -> Any:
        """The dtype of numpy."""
        import numpy

        return numpy.dtype(self.code)


class SafeArray:
    """Stands for an array until the pickle is read; `value` is the array."""

    def __init__(self, *arguments: Any) -> None:
        self.value: Any = None

    def __setstate__(self, state: Any) -> None:
        """Take version, shape, dtype, order and content, as numpy writes them."""
        _, shape, dtype, is_fortran, content = state
        self.value = _array(content, dtype, shape, "F" if is_fortran else "C")


def _array(content: Any, dtype: Any, shape: Any, order: str) -> Any:
    import numpy

    if not isinstance(dtype, SafeDtype) or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError("an array without a plain dtype and shape")
    if dtype.dtype.hasobject:
        flat = numpy.empty(len(content), dtype=object)
        flat[:] = list(content)
    else:
        raw = content.encode("latin1") if isinstance(content, str) else bytes(content)
        flat = numpy.frombuffer(raw, dtype.dtype) if raw or 0 not in shape else numpy.empty(0, dtype.dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C").copy()


def _reconstruct(kind: Any, shape: Any, code: Any) -> SafeArray:
    return SafeArray()


def _scalar(dtype: SafeDtype, content: Any = b"") -> Any:
    return _array([content] if dtype.dtype.hasobject else content, dtype, (1,), "C")[0]


def _frombuffer(content: Any, dtype: Any, shape: Any, order: Any, axis_order: Any = None) -> SafeArray:
    array = SafeArray()
    array.value = _array(content, dtype, shape, str(order))
    return array


def stand_ins() -> dict[tuple[str, str], Any]:
    """Return what a pickle gets for the names of numpy that arrays are written by: (module, name) → stand-in.

    Each is made anew: a pickle may set attributes on what it gets, and that must not outlive it.
    """
    found: dict[tuple[str, str], Any] = {
        ("numpy", "ndarray"): _ArrayClass(),
        ("numpy", "dtype"): type("SafeDtype", (SafeDtype,), {}),
    }
    for part in ("core", "_core"):
        found[f"numpy.{part}.multiarray", "_reconstruct"] = lambda *arguments: _reconstruct(*arguments)
        found[f"numpy.{part}.multiarray", "scalar"] = lambda *arguments: _scalar(*arguments)
        found[f"numpy.{part}.numeric", "_frombuffer"] = lambda *arguments: _frombuffer(*arguments)
    return found


def finished(value: Any, seen: dict[int, Any] | None = None) -> Any:
    """Return what a pickle held, with arrays in the places of their stand-ins.

    Args:
        value: what was read; its dicts, lists and objects are changed.
        seen: what was gone through.
    """
    known: dict[int, Any] = {} if seen is None else seen
    if id(value) in known:
        return known[id(value)][1]
    result: Any = value
    if isinstance(value, (SafeArray, SafeRange)):
        result = value.value
    elif isinstance(value, SafeType):
        result = value.kind
    elif isinstance(value, SafeDtype):
        result = value.dtype
    elif isinstance(value, tuple) and type(value) is tuple:
        result = tuple(finished(item, known) for item in value)
    known[id(value)] = (value, result)  # the value too: a number that is free again would mean another one
    if isinstance(value, dict):
        if isinstance(value, defaultdict) and isinstance(value.default_factory, SafeType):
            value.default_factory = value.default_factory.kind
        for key, item in list(value.items()):
            value[key] = finished(item, known)
    elif type(value) is list:
        value[:] = [finished(item, known) for item in value]
    elif hasattr(value, "maxlen"):  # a deque
        items = [finished(item, known) for item in value]
        value.clear()
        value.extend(items)
    elif type(value).__module__ not in ("builtins", "numpy") and hasattr(value, "__dict__") and not callable(value):
        finished(vars(value), known)
    elif result is not value and getattr(result, "dtype", None) is not None and result.dtype.hasobject:
        flat = result.reshape(-1)
        for index, item in enumerate(flat):
            flat[index] = finished(item, known)
    return result
