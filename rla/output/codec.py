"""Records as bytes: msgpack inside a frame of length, checksum and kind. The format is in `docs/formats.md`.

The names of the values are written once as a *schema*; the rows that follow only hold values. So a row costs about as
much as its numbers.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import ormsgpack

from rla.output.records import Event, Record, Row, Text, Value

__all__ = ["Decoder", "Encoder"]

FRAME: Final = struct.Struct("<IIB")
"""Length of the payload, CRC-32 of kind and payload, kind."""

SCHEMA, ROW, TEXT, EVENT = 1, 2, 3, 4
LARGEST_PAYLOAD: Final = 1 << 30

_CELL_TYPES: Final = frozenset({type(None), bool, int, float, str})
_OPTIONS: Final = ormsgpack.OPT_SERIALIZE_NUMPY | ormsgpack.OPT_PASSTHROUGH_SUBCLASS


def frame(kind: int, payload: bytes) -> bytes:
    """Return a payload in its frame."""
    return FRAME.pack(len(payload), zlib.crc32(payload, kind), kind) + payload


def _cell(value: Any) -> Value:
    """Return a decoded value as one cell: an array of one number is that number, anything larger a text."""
    if type(value) in _CELL_TYPES:
        return value  # type: ignore[no-any-return]
    return _cell(value[0]) if isinstance(value, list) and len(value) == 1 else str(value)


def as_value(value: Any) -> Value:
    """Turn whatever was recorded into what a row holds: None, bool, int, float or text."""
    if value is None or type(value) in (bool, int, float, str):
        return value if not isinstance(value, str) else _text(value)
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return as_value(kind(value))
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "size", None) is not None:
        try:
            return as_value(item())
        except Exception:  # an array of many values, or a foreign type: it is recorded as text
            return _text(repr(value))
    try:
        return float(value)
    except Exception:  # whatever a foreign type raises, the row must not be lost
        try:
            return _text(str(value))
        except Exception:
            return f"<{type(value).__name__}>"


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Encoder:
    """Encodes records of one journal segment, remembering the schema that stands there."""

    def __init__(self) -> None:
        self._keys: tuple[str, ...] | None = None
        self._excluded: Mapping[str, frozenset[str]] = {}

    def forget_schema(self) -> None:
        """Write the schema anew before the next row, as a new segment needs it."""
        self._keys = None

    def row(
        self,
        keys: tuple[str, ...],
        values: list[Any],
        step: int | float,
        time: float,
        excluded: Mapping[str, frozenset[str]],
    ) -> bytes:
        """Encode a row, with the schema before it when that has changed."""
        schema = b""
        if keys != self._keys or excluded != self._excluded:
            names = [_text(str(key)) for key in keys]
            left_out = {_text(str(key)): sorted(formats) for key, formats in excluded.items()}
            schema = frame(SCHEMA, ormsgpack.packb((names, left_out)))
            self._keys, self._excluded = keys, dict(excluded)
        try:
            payload = ormsgpack.packb((step, time, values), option=_OPTIONS, default=_refuse)
        except (TypeError, ValueError):  # a type that msgpack does not know, an array, a huge integer, bad Unicode
            payload = ormsgpack.packb((as_number(step), time, [_packable(as_value(value)) for value in values]))
        return schema + frame(ROW, payload)

    def text(self, text: Text) -> bytes:
        """Encode a line of text."""
        return frame(TEXT, ormsgpack.packb((text.level, as_number(text.step), text.time, _text(text.text))))

    def event(self, event: Event) -> bytes:
        """Encode an event."""
        return frame(EVENT, event.encoded)


def _refuse(value: Any) -> Any:
    raise TypeError(type(value).__name__)


def _packable(value: Value) -> Value:
    """Return the value, or its float where msgpack cannot hold it (integers beyond 64 bits)."""
    if type(value) is int and not -(1 << 63) <= value < 1 << 64:
        try:
            return float(value)
        except OverflowError:
            return str(value)
    return value


def as_number(value: Any) -> int | float:
    """Return a time step as a number that msgpack can hold."""
    number = _packable(as_value(value))
    return number if isinstance(number, (int, float)) else 0


class Decoder:
    """Decodes the records of one journal segment."""

    def __init__(self) -> None:
        self.keys: tuple[str, ...] = ()
        self.excluded: dict[str, frozenset[str]] = {}

    def copy(self) -> Decoder:
        """Return a decoder that knows the same schema."""
        twin = Decoder()
        twin.keys, twin.excluded = self.keys, self.excluded
        return twin

    def decode(self, buffer: bytes | memoryview, start: int = 0) -> Iterator[tuple[int, Record | None]]:
        """Decode frames one after the other, ending before the first that is not whole.

        Args:
            buffer: bytes of a segment.
            start: offset of the first frame.

        Yields:
            The offset after each frame, and its record (None for a schema).
        """
        view = memoryview(buffer)
        offset = start
        while offset + FRAME.size <= len(view):
            length, checksum, kind = FRAME.unpack_from(view, offset)
            end = offset + FRAME.size + length
            if length > LARGEST_PAYLOAD or end > len(view):
                return
            payload = view[offset + FRAME.size : end]
            if zlib.crc32(payload, kind) != checksum:
                return
            try:
                record = self._record(kind, bytes(payload))
            except (ValueError, TypeError):  # a foreign or newer writer: nothing behind it can be trusted
                return
            offset = end
            yield offset, record

    def _record(self, kind: int, payload: bytes) -> Record | None:
        if kind == ROW:
            step, time, values = ormsgpack.unpackb(payload)
            if not _CELL_TYPES.issuperset(map(type, values)):
                values = [_cell(value) for value in values]
            return Row(self.keys, values, step, time, self.excluded)
        if kind == SCHEMA:
            names, excluded = ormsgpack.unpackb(payload, option=ormsgpack.OPT_NON_STR_KEYS)
            self.keys = tuple(names)
            self.excluded = {key: frozenset(formats) for key, formats in excluded.items()}
            return None
        if kind == TEXT:
            return Text(*ormsgpack.unpackb(payload))
        if kind == EVENT:
            return Event(payload)
        raise ValueError(f"unknown kind of record: {kind}")
