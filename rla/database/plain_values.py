"""Values of any kind as plain JSON values, and back.

What JSON cannot hold (tuples, paths, enums, NaN, …) is written as the nearest plain value or as its `repr`, and noted
by its JSON pointer (RFC 6901), so that our own reader gives equal values back and any other reader still understands.
"""

from __future__ import annotations

import argparse
import ast
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

from rla.names import MASK, SECRET_KEYS

__all__ = ["as_mapping", "escaped", "is_secret", "mask_secrets", "plain_parameters", "restore", "text_of"]

Plain = Any
"""What JSON holds: None, bool, int, float, str, lists of these, and dicts of these by text."""

_DEEPEST: Final = 100
_LARGEST_ARRAY: Final = 1 << 28


def plain_parameters(values: Mapping[Any, Any]) -> tuple[dict[str, Plain], dict[str, str]]:
    """Turn hyper-parameters of any kind into plain values.

    Args:
        values: nested mappings, dataclasses, namespaces, OmegaConf or DotMap objects, scalars and arrays of numpy and
            torch, enums, paths, tuples, sets, dates, and anything else (written as its ``repr``).

    Returns:
        The plain values, and a note for each that JSON cannot hold, by JSON pointer.
    """
    notes: dict[str, str] = {}
    return _plain_mapping(as_mapping(values) or {}, "", notes, ()), notes


def mask_secrets(plain: dict[str, Plain], notes: dict[str, str]) -> list[str]:
    """Mask the texts behind secret keys in plain values, as `plain_parameters` gives them.

    Args:
        plain: the values; they are changed.
        notes: their notes; those of masked values are removed.

    Returns:
        The keys that were masked, with dots where they are nested.
    """
    masked: list[str] = []

    def go_through(value: Plain, pointer: str, name: str, behind_secret: bool) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            inside, path = f"{pointer}/{escaped(str(key))}", f"{name}.{key}" if name else str(key)
            secret = behind_secret or is_secret(key)
            if isinstance(item, str) and item and secret:
                value[key] = MASK
                notes.pop(inside, None)
                masked.append(path)
            go_through(item, inside, path, secret)

    go_through(plain, "", "", behind_secret=False)
    return masked


def is_secret(key: object) -> bool:
    """Say whether the name of a value says that nobody may see it: one of `SECRET_KEYS`, in any case, with - or _."""
    return isinstance(key, str) and key.lower().replace("-", "_") in SECRET_KEYS


def _plain(value: Any, pointer: str, notes: dict[str, str], active: tuple[int, ...]) -> Plain:
    if value is None or type(value) is bool:
        return value
    if type(value) is int:  # Python writes no more than 4300 decimal digits
        return value if value.bit_length() < 10_000 else _noted(hex(value), "hex", pointer, notes)
    if type(value) is str:
        return (
            value
            if _is_unicode(value)
            else _noted(value.encode("utf-8", "surrogatepass").hex(), "surrogates", pointer, notes)
        )
    if type(value) is float:
        return value if math.isfinite(value) else _noted(repr(value), "float", pointer, notes)
    if len(active) > _DEEPEST or id(value) in active:  # too deep, or inside itself
        return _noted(f"<{type(value).__name__}>", "repr", pointer, notes)
    mapping = as_mapping(value)
    if mapping is not None:
        return _plain_mapping(mapping, pointer, notes, (*active, id(value)))
    sequence = _as_sequence(value)
    if sequence is not None:
        return _plain_sequence(sequence, pointer, notes, (*active, id(value)))
    return _plain_object(value, pointer, notes, active)


def as_mapping(value: Any) -> Mapping[Any, Any] | None:
    """See a value as a mapping, if it is one by another name."""
    omegaconf = sys.modules.get("omegaconf")
    if omegaconf is not None and isinstance(value, omegaconf.DictConfig):
        # unresolved: an interpolation may stand for a secret of the environment, or for nothing yet
        content: Any = omegaconf.OmegaConf.to_container(value, resolve=False)
        return content if isinstance(content, dict) else {}
    if isinstance(value, Mapping):
        return value
    if isinstance(value, argparse.Namespace):
        return vars(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return None


def _as_sequence(value: Any) -> list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any] | None:
    """See a value as a list, tuple or set, if it is one or derives from one."""
    omegaconf = sys.modules.get("omegaconf")
    if omegaconf is not None and isinstance(value, omegaconf.ListConfig):
        content: Any = omegaconf.OmegaConf.to_container(value, resolve=False)
        return content if isinstance(content, list) else []
    return value if isinstance(value, (list, tuple, set, frozenset)) else None


def _plain_mapping(
    mapping: Mapping[Any, Any], pointer: str, notes: dict[str, str], active: tuple[int, ...]
) -> dict[str, Plain]:
    plain: dict[str, Plain] = {}
    kinds: dict[str, str] = {}
    for key, value in mapping.items():
        name = text_of(key)
        if type(key) is not str:
            while name in mapping or name in plain:  # 1 and "1" in one mapping
                name += f" ({type(key).__name__})"
            kinds[name] = type(key).__name__
        plain[name] = _plain(value, f"{pointer}/{escaped(name)}", notes, active)
    if kinds:
        notes[pointer] = "keys:" + json.dumps(kinds)
    return plain


def _plain_sequence(value: Iterable[Any], pointer: str, notes: dict[str, str], active: tuple[int, ...]) -> list[Plain]:
    for base in (tuple, set, frozenset):
        if isinstance(value, base):
            notes[pointer] = base.__name__
    items = sorted(value, key=text_of) if isinstance(value, (set, frozenset)) else value
    return [_plain(item, f"{pointer}/{index}", notes, active) for index, item in enumerate(items)]


def _plain_object(value: Any, pointer: str, notes: dict[str, str], active: tuple[int, ...]) -> Plain:
    if isinstance(value, enum.Enum):
        kind = f"enum:{type(value).__module__}:{type(value).__qualname__}:{value.name}"
        return _noted(_plain(value.value, pointer, {}, active), kind, pointer, notes)
    if isinstance(value, PurePath):
        return _noted(str(value), "path", pointer, notes)
    for kind, (type_, write, _) in _TEXT_TYPES.items():
        if type(value) is type_:
            return _noted(write(value), kind, pointer, notes)
    if isinstance(value, (bool, int, float, str)):  # subclasses; numpy.float64 is one of float
        for base in (bool, int, float, str):
            if isinstance(value, base):
                return _plain(base(value), pointer, notes, active)
    number = _number_of(value)
    if number is not None:
        return _plain(number, pointer, notes, active)
    dtype = getattr(value, "dtype", None)
    if dtype is not None and hasattr(value, "tolist") and getattr(dtype, "kind", "f") in "biufcUM":
        return _plain_array(value, pointer, notes, active)
    return _noted(text_of(value, repr), "repr", pointer, notes)


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


def _plain_array(value: Any, pointer: str, notes: dict[str, str], active: tuple[int, ...]) -> Plain:
    detached = value.detach().cpu() if hasattr(value, "detach") else value
    notes_inside: dict[str, str] = {}
    plain = _plain(detached.tolist(), pointer, notes_inside, active)
    # numpy reads all else back from what stands there, as "nan"
    notes.update({inside: kind for inside, kind in notes_inside.items() if kind == "surrogates"})
    kind = "tensor" if hasattr(value, "detach") else "array"
    shape = "x".join(map(str, value.shape)) if 0 in value.shape else ""  # an empty list has lost it
    return _noted(plain, f"{kind}:{str(value.dtype).removeprefix('torch.')}:{shape}", pointer, notes)


def _noted(plain: Plain, kind: str, pointer: str, notes: dict[str, str]) -> Plain:
    notes[pointer] = kind
    return plain


def text_of(value: Any, show: Callable[[Any], str] = str) -> str:
    """Return a value as a text that UTF-8 can hold, whatever its own class does when it is shown."""
    try:
        return show(value).encode("utf-8", "backslashreplace").decode()
    except Exception:  # a __str__ or __repr__ of the user's; an integer of more digits than Python writes
        return f"<{type(value).__name__}>"


def _is_unicode(text: str) -> bool:
    """Say whether UTF-8 can hold the text; lone surrogates it cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def escaped(name: str) -> str:
    """Return a name as it stands in a JSON pointer (RFC 6901)."""
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

_LONGEST_KEY: Final = 10_000
"""Longer texts are no keys of a dict; the parser of Python takes much memory for them."""

_KEY_KINDS: Final[dict[str, Callable[[str], Any]]] = {
    "int": int,
    "float": float,
    "bool": lambda text: text == "True",
    "NoneType": lambda text: None,
    "tuple": lambda text: ast.literal_eval(text[:_LONGEST_KEY]),  # reads literals only
}


def restore(plain: Plain, notes: Mapping[str, str], pointer: str = "") -> Any:
    """Give plain values their noted types back.

    Enum members come back where their class is already imported (reading imports nothing), else as their value;
    what was written as a ``repr`` stays that text.

    Args:
        plain: values as read from `parameter.json`.
        notes: ``types`` of the run card.
        pointer: where ``plain`` stands in the whole.
    """
    if not notes:
        return plain
    kind = notes.get(pointer, "")
    value = plain
    if isinstance(plain, dict):
        value = {key: restore(item, notes, f"{pointer}/{escaped(key)}") for key, item in plain.items()}
    elif isinstance(plain, list):
        value = [restore(item, notes, f"{pointer}/{index}") for index, item in enumerate(plain)]
    try:
        return _restored(value, kind) if kind else value
    except Exception:  # edited by hand since, or a note that nobody of ours wrote: what stands there counts
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
        return _restored_array(value, *rest.split(":"))
    simple: dict[str, Callable[[Any], Any]] = {
        "float": float,
        "hex": lambda text: int(text, 16),
        "surrogates": lambda text: bytes.fromhex(text).decode("utf-8", "surrogatepass"),
        "path": Path,
    }
    if name in simple:
        return simple[name](value)
    sequences: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
    return sequences[name](value) if name in sequences and isinstance(value, list) else value


def _restored_array(value: Any, dtype: str, shape: str = "") -> Any:
    import numpy

    kind = None if dtype == "bfloat16" else numpy.dtype(dtype)
    if kind is not None and (kind.kind not in "biufcUM" or kind.itemsize * numpy.asarray(value).size > _LARGEST_ARRAY):
        raise ValueError(f"no array of ours is of {dtype}")
    array = numpy.asarray(value, dtype=kind)
    return array.reshape([int(length) for length in shape.split("x")]) if shape else array


def _restored_enum(value: Any, reference: str) -> Any:
    module, qualified_name, member = reference.split(":")
    found: Any = sys.modules.get(module)
    for part in qualified_name.split("."):
        found = vars(found).get(part)  # unlike getattr, it runs no code of the module or class
    if isinstance(found, type) and issubclass(found, enum.Enum):
        if issubclass(found, enum.Flag) and type(value) is int:  # several flags at once have no member of their own
            return found(value)
        return found.__members__.get(member, value)
    return value
