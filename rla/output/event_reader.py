"""Reading TensorBoard's event files and summaries, without TensorFlow: the counterpart of `events`.

Sources: the same as there. A file is read up to its first record that is cut short or damaged, as TensorBoard does.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from rla import files
from rla.output.events import masked_checksum

__all__ = ["StoredEvent", "SummaryValue", "event_of", "read_events", "summary_values"]

_LENGTH: Final = struct.Struct("<Q")
_FLOAT: Final = struct.Struct("<f")
_CHECKSUM_BYTES: Final = 4
_LONGEST_INTEGER: Final = 70  # bits

# a field begins with a key: its number and the kind of its content
_INTEGER, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_EVENT_TIME, _EVENT_STEP, _EVENT_SUMMARY = 1 << 3 | _EIGHT_BYTES, 2 << 3 | _INTEGER, 5 << 3 | _BYTES
_EVENT_SESSION, _SESSION_STATUS, _START = 7 << 3 | _BYTES, 1 << 3 | _INTEGER, 1
_SUMMARY_VALUE: Final = 1 << 3 | _BYTES
_TAG, _SIMPLE_VALUE, _TENSOR, _METADATA = 1 << 3 | _BYTES, 2 << 3 | _FOUR_BYTES, 8 << 3 | _BYTES, 9 << 3 | _BYTES
_PLUGIN, _DATA_CLASS, _PLUGIN_NAME = 1 << 3 | _BYTES, 4 << 3 | _INTEGER, 1 << 3 | _BYTES
_ELEMENT_TYPE: Final = 1 << 3 | _INTEGER

_SCALAR_PLUGIN: Final = b"scalars"
_SCALAR_CLASS: Final = 1

_CONTENT: Final = 4
_IN_CONTENT: Final = {1: "<f", 2: "<d", 3: "<i", 9: "<q"}
"""Type of a tensor's elements → how one stands in the field of its content."""
_LISTED: Final = {5: "<f", 6: "<d"}
_LISTED_INTEGERS: Final = (7, 10)
"""Fields that list the elements one by one."""


class SummaryValue(NamedTuple):
    """One value of a summary.

    Attributes:
        tag: its name.
        number: the scalar; None where it is an image, a histogram, a text, …
        encoded: all of it, as bytes of the protocol buffer ``tensorboard.Summary.Value``.
    """

    tag: str
    number: float | None
    encoded: bytes


class StoredEvent(NamedTuple):
    """One event of a file.

    Attributes:
        step: the time step.
        time: wall time, seconds since 1970.
        values: what its summary holds.
        restarts: whether it is the start of a session: earlier events from its step on are void.
    """

    step: int
    time: float
    values: list[SummaryValue]
    restarts: bool = False


_Tags = dict[bytes, str]
"""Tags by the bytes of a plain scalar up to its number: the same ones come again and again."""


def read_events(path: str | os.PathLike[str]) -> Iterator[StoredEvent]:
    """Yield the events of a file, up to the first that is cut short or damaged.

    Raises:
        OSError: the file is not there, or cannot be read.
        ValueError: a record is whole, but holds no event.
    """
    tags: _Tags = {}
    with files.open_regular(path) as stream:
        for record in _records(stream):
            try:
                yield event_of(record, tags)
            except ValueError as error:
                raise ValueError(f"'{os.fspath(path)}' holds a record that is no event: {error}") from error


def _records(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the content of each whole record."""
    header = _LENGTH.size + _CHECKSUM_BYTES
    while len(start := stream.read(header)) == header:
        length = start[: _LENGTH.size]
        size: int = _LENGTH.unpack(length)[0]
        if masked_checksum(length) != start[_LENGTH.size :] or size > os.fstat(stream.fileno()).st_size:
            return
        content = stream.read(size)
        if masked_checksum(content) != stream.read(_CHECKSUM_BYTES):
            return
        yield content


def event_of(encoded: bytes, tags: _Tags | None = None) -> StoredEvent:
    """Unpack an event.

    Args:
        encoded: bytes of the protocol buffer ``tensorboard.Event``.
        tags: what is known from other events, and is added to.

    Raises:
        ValueError: the bytes are no event.
    """
    step, time, restarts = 0, 0.0, False
    values: list[SummaryValue] = []
    for key, content in _fields(encoded):
        if key == _EVENT_TIME:
            time = struct.unpack("<d", content)[0]
        elif key == _EVENT_STEP:
            step = _signed(content)
        elif key == _EVENT_SUMMARY:
            values += summary_values(content, tags)
        elif key == _EVENT_SESSION:
            restarts = (_SESSION_STATUS, _START) in _fields(content)
    return StoredEvent(step, time, values, restarts)


def summary_values(encoded: bytes, tags: _Tags | None = None) -> list[SummaryValue]:
    """Unpack a summary.

    Args:
        encoded: bytes of the protocol buffer ``tensorboard.Summary``.
        tags: what is known from other summaries, and is added to.

    Raises:
        ValueError: the bytes are no summary.
    """
    values = []
    for key, content in _fields(encoded):
        if key != _SUMMARY_VALUE:
            raise ValueError(f"a summary has values only, and no field {key >> 3} of kind {key & 7}")
        values.append(_value(content, {} if tags is None else tags))
    return values


def _value(encoded: bytes, tags: _Tags) -> SummaryValue:
    start = encoded[: -_FLOAT.size]
    if (known := tags.get(start)) is not None:
        return SummaryValue(known, _FLOAT.unpack(encoded[-_FLOAT.size :])[0], encoded)
    found = dict(fields := list(_fields(encoded)))
    tag = found.get(_TAG, b"").decode("utf-8", "replace")
    if _SIMPLE_VALUE in found:
        if [key for key, _ in fields] == [_TAG, _SIMPLE_VALUE]:
            tags[start] = tag
        return SummaryValue(tag, _FLOAT.unpack(found[_SIMPLE_VALUE])[0], encoded)
    number = _number_of(found[_TENSOR]) if _TENSOR in found and _says_scalar(found.get(_METADATA, b"")) else None
    return SummaryValue(tag, number, encoded)


def _says_scalar(metadata: bytes) -> bool:
    """Say whether the metadata of a tensor call it a scalar, as TensorFlow 2 and torch do."""
    return any(
        (key == _DATA_CLASS and content == _SCALAR_CLASS)
        or (key == _PLUGIN and (_PLUGIN_NAME, _SCALAR_PLUGIN) in _fields(content))
        for key, content in _fields(metadata)
    )


def _number_of(tensor: bytes) -> float | None:
    """Return the only element of a tensor; None where it has several, or none that is a number of a usual type."""
    kind = 0
    found: list[tuple[int, Any]] = []
    for key, content in _fields(tensor):
        if key == _ELEMENT_TYPE:
            kind = content
        elif key >> 3 in (_CONTENT, *_LISTED, *_LISTED_INTEGERS):
            found.append((key >> 3, content))
    if len(found) != 1:
        return None
    ((field, content),) = found
    if field in _LISTED_INTEGERS:
        number, end = (content, 0) if isinstance(content, int) else _integer(content, 0)
        return float(_signed(number)) if isinstance(content, int) or end == len(content) else None
    layout = _IN_CONTENT.get(kind) if field == _CONTENT else _LISTED[field]
    if layout is None or isinstance(content, int) or len(content) != struct.calcsize(layout):
        return None
    return float(struct.unpack(layout, content)[0])


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield key and content of each field of a message; the content is an integer or bytes, as the key says.

    Raises:
        ValueError: it is no message.
    """
    place, size = 0, len(message)
    while place < size:
        key, begin = _integer(message, place)
        kind = key & 7
        if kind == _INTEGER:
            number, place = _integer(message, begin)
            yield key, number
            continue
        if kind == _BYTES:
            length, begin = _integer(message, begin)
        elif kind in (_FOUR_BYTES, _EIGHT_BYTES):
            length = 4 if kind == _FOUR_BYTES else 8
        else:
            raise ValueError(f"a field of kind {kind} at byte {place}")
        if begin + length > size:
            raise ValueError(f"the field at byte {place} is cut short")
        yield key, message[begin : begin + length]
        place = begin + length


def _integer(message: bytes, place: int) -> tuple[int, int]:
    """Return an integer that begins at a place, and the place behind it."""
    number = 0
    for position, byte in enumerate(message[place : place + _LONGEST_INTEGER // 7], place):
        number |= (byte & 0x7F) << 7 * (position - place)
        if byte < 0x80:
            return number & (1 << 64) - 1, position + 1
    raise ValueError(f"the integer at byte {place} has no end")


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
