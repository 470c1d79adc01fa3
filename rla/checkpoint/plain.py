"""Plain checkpoints: arrays of numpy and values that JSON can hold, in one `.npz` file. No framework is needed.

The file is an uncompressed zip: ``content.json`` has the values, their types and the places of the arrays, each array
is a member ``array_<n>.npy``. `numpy.load` opens it as well.
"""

from __future__ import annotations

import functools
import json
import zipfile
from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple

from rla.checkpoint.base import CheckpointSaver, Stream
from rla.database.plain_values import escaped, plain_parameters, restore

__all__ = ["ArrayOfKind", "PlainSaver", "read_plain", "write_plain"]

_CONTENT: Final = "content.json"


class ArrayOfKind(NamedTuple):
    """An array of numpy that stands for one of another kind.

    Attributes:
        array: its elements.
        kind: what makes the other one of it, in values that JSON can hold.
    """

    array: Any
    kind: dict[str, Any]


class _Place:
    """Stands in the values where an array is; its ``repr`` is the member that holds it."""

    def __init__(self, member: str) -> None:
        self.member = member

    def __repr__(self) -> str:
        return self.member


class PlainSaver(CheckpointSaver):
    """Saves nested dicts, lists and tuples of arrays, numbers, texts and the other values of hyper-parameters."""

    suffix: ClassVar[str] = ".npz"

    def write(self, content: dict[str, Any], stream: Stream) -> None:
        """Write a checkpoint.

        Raises:
            TypeError: a value is neither plain data nor an array of numbers or texts; the message says where.
        """
        write_plain(content, stream)

    def frozen(self, content: dict[str, Any]) -> Callable[[Stream], None]:
        text, arrays = _split(content)
        copies = {member: array.copy() for member, array in arrays.items()}
        return functools.partial(_put, text, copies)

    def read(self, path: str, trust: bool) -> Any:
        return read_plain(path)


def write_plain(content: Any, stream: Stream) -> None:
    """Write values and arrays as a plain checkpoint.

    Raises:
        TypeError: a value is neither plain data nor an array of numbers or texts; the message says where.
    """
    _put(*_split(content), stream)


def read_plain(path: str, made: Callable[[ArrayOfKind], Any] = lambda found: found.array) -> Any:
    """Read a plain checkpoint.

    Args:
        path: the file.
        made: makes an array of its own kind of one that was written as an `ArrayOfKind`.

    Raises:
        Exception: the file is damaged.
    """
    import numpy

    with zipfile.ZipFile(path) as archive:
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise ValueError("it is compressed, as none of ours is")
        content = json.loads(archive.read(_CONTENT))
        if len(set(content["arrays"].values())) < len(content["arrays"]):
            raise ValueError("an array is named twice")  # a small file could fill the memory
        kinds = content.get("kinds", {})
        arrays: dict[str, Any] = {}
        for pointer, member in content["arrays"].items():
            with archive.open(member) as part:
                array = numpy.lib.format.read_array(part, allow_pickle=False)
                if part.read(1):
                    raise ValueError(f"'{member}' goes on behind its array")
            arrays[pointer] = made(ArrayOfKind(array, kinds[member])) if member in kinds else array
    return restore(_with_arrays(content["values"], arrays, ""), content["types"])


def _split(content: Any) -> tuple[str, dict[str, Any]]:
    """Return the text of ``content.json``, and the arrays by member."""
    arrays: dict[str, Any] = {}
    kinds: dict[str, dict[str, Any]] = {}
    values, types = plain_parameters(_without_arrays(content, arrays, kinds))
    places = {pointer: _at(values, pointer) for pointer, kind in types.items() if kind == "repr"}
    for pointer, member in places.items():
        if member not in arrays:
            raise TypeError(f"'{pointer[1:]}' is {member}: plain checkpoints hold arrays of numpy and plain values")
        del types[pointer]
    text = {"values": values, "types": types, "arrays": places}
    return json.dumps({**text, "kinds": kinds} if kinds else text), arrays


def _put(text: str, arrays: dict[str, Any], stream: Stream) -> None:
    import numpy

    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        archive.writestr(_CONTENT, text)
        for member, array in arrays.items():
            with archive.open(member, "w", force_zip64=True) as part:
                numpy.lib.format.write_array(part, array, allow_pickle=False)


def _without_arrays(value: Any, arrays: dict[str, Any], kinds: dict[str, dict[str, Any]]) -> Any:
    """Replace the arrays in dicts, lists and tuples by places, and collect them by member."""
    import numpy

    if hasattr(value, "detach") or (isinstance(value, numpy.ndarray) and type(value) is not numpy.ndarray):
        kind = f"{type(value).__module__}.{type(value).__name__}"
        raise TypeError(f"a {kind} cannot be in a plain checkpoint; give an array of numpy, or set DL_FRAMEWORK: torch")
    typed = isinstance(value, ArrayOfKind)
    array = value.array if isinstance(value, ArrayOfKind) else value
    if isinstance(array, numpy.ndarray) and (typed or array.ndim) and array.dtype.kind in "biufcUSMm":
        member = f"array_{len(arrays)}.npy"
        arrays[member] = array
        if isinstance(value, ArrayOfKind):
            kinds[member] = value.kind
        return _Place(member)
    if isinstance(value, dict):
        return {key: _without_arrays(item, arrays, kinds) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_without_arrays(item, arrays, kinds) for item in value)
    return value


def _with_arrays(value: Any, arrays: dict[str, Any], pointer: str) -> Any:
    if pointer in arrays:
        return arrays[pointer]
    if isinstance(value, dict):
        return {key: _with_arrays(item, arrays, f"{pointer}/{escaped(key)}") for key, item in value.items()}
    if isinstance(value, list):
        return [_with_arrays(item, arrays, f"{pointer}/{index}") for index, item in enumerate(value)]
    return value


def _at(value: Any, pointer: str) -> Any:
    """Return what a JSON pointer (RFC 6901) names."""
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part.replace("~1", "/").replace("~0", "~")]
    return value
