"""Values of any kind as plain JSON values, and back.

What JSON cannot hold (tuples, paths, enums, NaN, …) is written as the nearest plain value or as its `repr`, and noted
by its JSON pointer (RFC 6901), so that our own reader gives equal values back and any other reader still understands.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import decimal
import enum
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, Final

__all__ = ["as_mapping", "plain_parameters", "restore"]

Plain = Any
"""What JSON holds: None, bool, int, float, str, lists of these, and dicts of these by text."""

_DEEPEST: Final = 40


def plain_parameters(values: Mapping[Any, Any]) -> tuple[dict[str, Plain], dict[str, str]]:
    """Turn hyper-parameters of any kind into plain values.

    Args:
        values: nested mappings, dataclasses, namespaces, OmegaConf or DotMap objects, scalars and arrays of numpy and
            torch, enums, paths, tuples, sets, dates, and anything else (written as its ``repr``).

    Returns:
        The plain values, and a note for each that JSON cannot hold, by JSON pointer.
    """
    notes: dict[str, str] = {}
    plain = _plain(dict(values), "", notes, 0)
    assert isinstance(plain, dict)
    return plain, notes


def _plain(value: Any, pointer: str, notes: dict[str, str], depth: int) -> Plain:
    if value is None or type(value) in (bool, int):
        return value
    if type(value) is str:
        return value if _is_unicode(value) else _noted(json.dumps(value), "json", pointer, notes)
    if type(value) is float:
        return value if math.isfinite(value) else _noted(repr(value), "float", pointer, notes)
    if depth > _DEEPEST:
        return _noted(repr(value), "repr", pointer, notes)
    mapping = as_mapping(value)
    if mapping is not None:
        return _plain_mapping(mapping, pointer, notes, depth)
    if type(value) in (list, tuple, set, frozenset) or _is_omega_list(value):
        return _plain_sequence(value, pointer, notes, depth)
    return _plain_object(value, pointer, notes, depth)


def as_mapping(value: Any) -> Mapping[Any, Any] | None:
    """See a value as a mapping, if it is one by another name."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, argparse.Namespace):
        return vars(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    omegaconf = sys.modules.get("omegaconf")
    if omegaconf is not None and isinstance(value, omegaconf.DictConfig):
        content: Mapping[Any, Any] = omegaconf.OmegaConf.to_container(value, resolve=False)
        return content
    return None


def _is_omega_list(value: Any) -> bool:
    omegaconf = sys.modules.get("omegaconf")
    return omegaconf is not None and isinstance(value, omegaconf.ListConfig)


def _plain_mapping(mapping: Mapping[Any, Any], pointer: str, notes: dict[str, str], depth: int) -> dict[str, Plain]:
    plain: dict[str, Plain] = {}
    kinds: dict[str, str] = {}
    for key, value in mapping.items():
        name = str(key).encode("utf-8", "backslashreplace").decode()
        if name in plain:  # 1 and "1" in one mapping
            name = f"{name} ({type(key).__name__})"
        if type(key) is not str:
            kinds[name] = type(key).__name__
        plain[name] = _plain(value, f"{pointer}/{_escaped(name)}", notes, depth + 1)
    if kinds:
        notes[pointer] = "keys:" + json.dumps(kinds)
    return plain


def _plain_sequence(value: Iterable[Any], pointer: str, notes: dict[str, str], depth: int) -> list[Plain]:
    kind = type(value).__name__
    items = sorted(value, key=repr) if kind in ("set", "frozenset") else list(value)
    if kind in ("tuple", "set", "frozenset"):
        notes[pointer] = kind
    return [_plain(item, f"{pointer}/{index}", notes, depth + 1) for index, item in enumerate(items)]


def _plain_object(value: Any, pointer: str, notes: dict[str, str], depth: int) -> Plain:
    if isinstance(value, enum.Enum):
        kind = f"enum:{type(value).__module__}:{type(value).__qualname__}:{value.name}"
        return _noted(_plain(value.value, pointer, {}, depth + 1), kind, pointer, notes)
    if isinstance(value, PurePath):
        return _noted(str(value), "path", pointer, notes)
    for kind, (type_, write, _) in _TEXT_TYPES.items():
        if type(value) is type_:
            return _noted(write(value), kind, pointer, notes)
    if isinstance(value, (bool, int, float, str)):  # subclasses; numpy.float64 is one of float
        for base in (bool, int, float, str):
            if isinstance(value, base):
                return _plain(base(value), pointer, notes, depth + 1)
    number = _number_of(value)
    if number is not None:
        return _plain(number, pointer, notes, depth + 1)
    dtype = getattr(value, "dtype", None)
    if dtype is not None and hasattr(value, "tolist") and getattr(value, "size", None) is not None:
        return _plain_array(value, pointer, notes, depth)
    return _noted(repr(value).encode("utf-8", "backslashreplace").decode(), "repr", pointer, notes)


def _number_of(value: Any) -> bool | int | float | complex | None:
    """Return the Python number in a scalar of numpy or torch, None for anything else."""
    item = getattr(value, "item", None)
    if item is None or getattr(value, "shape", None) not in ((), []):
        return None
    try:
        number = item()
    except Exception:  # foreign types: whatever goes wrong there, the value is then written as its repr
        return None
    return number if isinstance(number, (bool, int, float, complex)) else None


def _plain_array(value: Any, pointer: str, notes: dict[str, str], depth: int) -> Plain:
    detached = value.detach().cpu() if hasattr(value, "detach") else value
    notes_inside: dict[str, str] = {}
    plain = _plain(detached.tolist(), pointer, notes_inside, depth + 1)
    kind = "tensor" if hasattr(value, "detach") else "array"
    return _noted(plain, f"{kind}:{str(value.dtype).removeprefix('torch.')}", pointer, notes)


def _noted(plain: Plain, kind: str, pointer: str, notes: dict[str, str]) -> Plain:
    notes[pointer] = kind
    return plain


def _is_unicode(text: str) -> bool:
    """Say whether UTF-8 can hold the text; lone surrogates it cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


_TEXT_TYPES: Final[dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]]] = {
    "complex": (complex, repr, complex),
    "decimal": (decimal.Decimal, str, decimal.Decimal),
    "datetime": (datetime.datetime, datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    "date": (datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
    "time": (datetime.time, datetime.time.isoformat, datetime.time.fromisoformat),
    "timedelta": (
        datetime.timedelta,
        lambda span: f"{span.days} {span.seconds} {span.microseconds}",
        lambda text: datetime.timedelta(*map(int, text.split())),
    ),
    "bytes": (bytes, bytes.hex, bytes.fromhex),
    "range": (range, lambda span: f"{span.start} {span.stop} {span.step}", lambda text: range(*map(int, text.split()))),
}
"""Kinds that are written as a text: their type, how they are written, and how they are read."""

_KEY_KINDS: Final[dict[str, Callable[[str], Any]]] = {"int": int, "float": float, "bool": lambda text: text == "True"}


def restore(plain: Plain, notes: Mapping[str, str], pointer: str = "") -> Any:
    """Give plain values their noted types back.

    Enum members come back where their class is already imported (reading imports nothing), else as their value;
    what was written as a ``repr`` stays that text.

    Args:
        plain: values as read from `parameter.json`.
        notes: ``types`` of the run card.
        pointer: where ``plain`` stands in the whole.
    """
    kind = notes.get(pointer, "")
    value = plain
    if isinstance(plain, dict):
        value = {key: restore(item, notes, f"{pointer}/{_escaped(key)}") for key, item in plain.items()}
    elif isinstance(plain, list):
        value = [restore(item, notes, f"{pointer}/{index}") for index, item in enumerate(plain)]
    try:
        return _restored(value, kind) if kind else value
    except (ValueError, TypeError, ArithmeticError):  # edited by hand since: what stands there counts
        return value


def _restored(value: Any, kind: str) -> Any:
    name, _, rest = kind.partition(":")
    if name in _TEXT_TYPES:
        return _TEXT_TYPES[name][2](value)
    if name == "keys":
        kinds = json.loads(rest)
        return {
            _KEY_KINDS.get(kinds.get(key, ""), str)(key.partition(" (")[0] if key in kinds else key): item
            for key, item in value.items()
        }
    if name == "enum":
        return _restored_enum(value, rest)
    if name in ("array", "tensor"):
        import numpy

        return numpy.asarray(value, dtype=rest) if rest != "bfloat16" else numpy.asarray(value)
    simple: dict[str, Callable[[Any], Any]] = {
        "float": float,
        "json": json.loads,
        "path": Path,
        "tuple": tuple,
        "set": set,
        "frozenset": frozenset,
    }
    return simple[name](value) if name in simple else value


def _restored_enum(value: Any, reference: str) -> Any:
    module, qualified_name, member = reference.split(":")
    found: Any = sys.modules.get(module)
    for part in qualified_name.split("."):
        found = getattr(found, part, None)
    if isinstance(found, type) and issubclass(found, enum.Enum):
        return found.__members__.get(member, value)
    return value
