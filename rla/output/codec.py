"""Records as bytes: msgpack inside a frame of length, checksum and kind. The format is in `docs/formats.md`.

The names of the values are written once as a *schema*; the rows that follow only hold values. So a row costs about as
much as its numbers.
"""

from __future__ import annotations

import contextlib
import datetime
import enum
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import ormsgpack

from rla.output.records import Event, Record, Row, Text, Value

__all__ = ["Decoder", "Encoder", "as_number", "as_value", "shown", "text_of"]

FRAME: Final = struct.Struct("<IIB")
"""Length of the payload, CRC-32 of kind and payload, kind."""

SCHEMA, ROW, TEXT, EVENT, ROW_ALONE = 1, 2, 3, 4, 5
LARGEST_PAYLOAD: Final = 1 << 30

_CELL_TYPES: Final = frozenset({type(None), bool, int, float, str})
_OPTIONS: Final = (
    ormsgpack.OPT_SERIALIZE_NUMPY
    | ormsgpack.OPT_PASSTHROUGH_SUBCLASS
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
)


def frame(kind: int, payload: bytes) -> bytes:
    """Return a payload in its frame."""
    return FRAME.pack(len(payload), zlib.crc32(payload, kind), kind) + payload


def as_value(value: Any) -> Value:
    """Turn whatever was recorded into what a row holds: None, bool, int, float or text.

    Scalars and arrays of one number, of any library, become that number; larger arrays and everything else a text.
    """
    try:
        return _as_value(value)
    except Exception:  # whatever a foreign type raises, the row must not be lost
        return f"<{type(value).__name__}>"


def _as_value(value: Any) -> Value:
    if value is None or type(value) in (bool, int, float):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, enum.Enum):
        return as_value(value.value)
    if isinstance(value, int):  # the number itself, whatever the class that derives from int does
        return int.__pos__(value)
    if isinstance(value, float):
        return float.__pos__(value)
    if isinstance(value, (list, tuple)):
        return as_value(value[0]) if len(value) == 1 else text_of(str([_plain_item(item) for item in value]))
    if hasattr(value, "tolist"):
        plain = value.tolist()
        return as_value(plain) if type(plain) is not type(value) else float(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if not isinstance(value, (bytes, bytearray)):
        with contextlib.suppress(TypeError, ValueError, AttributeError):
            return float(value)
    return text_of(str(value))


def _plain_item(item: Any) -> Any:
    return [_plain_item(inner) for inner in item] if isinstance(item, (list, tuple)) else as_value(item)


def shown(value: Any) -> str:
    """Return a value as `print` shows it, whatever its class does then."""
    try:
        return str(value)
    except Exception:  # a __str__ of the user's
        return f"<{type(value).__name__}>"


def text_of(text: str) -> str:
    """Return a text that UTF-8 can hold."""
    return str.encode(text, "utf-8", "backslashreplace").decode("utf-8")


def as_number(value: Any) -> int | float:
    """Return a time step as a number that msgpack can hold; what is none becomes 0."""
    number = _packable(as_value(value))
    if isinstance(number, str):
        try:
            number = float(number)
        except ValueError:
            return 0
    return number if isinstance(number, (int, float)) else 0


def _packable(value: Value) -> Value:
    """Return the value, or its float where msgpack cannot hold it (integers beyond 64 bits)."""
    if type(value) is int and not -(1 << 63) <= value < 1 << 64:
        try:
            return float(value)
        except OverflowError:
            return str(value) if value.bit_length() < 10_000 else hex(value)
    return value


class Encoder:
    """Encodes records of one journal segment, remembering the schema that stands there."""

    def __init__(self) -> None:
        self._keys: tuple[str, ...] | None = None
        self._excluded: Mapping[str, frozenset[str]] = {}

    def forget_schema(self) -> None:
        """Write the schema anew before the next row, as a new segment needs it."""
        self._keys = None

    def encode(self, record: Record, alone: bool = False) -> bytes:
        """Return a record in its frame.

        Args:
            record: a row, with the schema before it when that has changed; a line of text; an event.
            alone: do not rely on the schema, nor change it: a row then carries its own keys.
        """
        if isinstance(record, Row):
            if alone:
                return frame(ROW_ALONE, _packed_row(record, ormsgpack.packb(_schema(record))))
            return self._schema_before(record) + frame(ROW, _packed_row(record))
        if isinstance(record, Text):
            return frame(
                TEXT, ormsgpack.packb((record.level, as_number(record.step), record.time, text_of(record.text)))
            )
        return frame(EVENT, record.encoded)

    def _schema_before(self, row: Row) -> bytes:
        if row.keys == self._keys and row.excluded == self._excluded:
            return b""
        self._keys, self._excluded = row.keys, dict(row.excluded)
        return frame(SCHEMA, ormsgpack.packb(_schema(row)))


def _schema(row: Row) -> tuple[list[str], dict[str, list[str]]]:
    keys = [text_of(str(key)) for key in row.keys]
    return keys, {text_of(str(key)): sorted(formats) for key, formats in row.excluded.items()}


def _packed_row(row: Row, *schema: bytes) -> bytes:
    try:
        return ormsgpack.packb((row.step, row.time, row.values, *schema), option=_OPTIONS, default=as_value)
    except (TypeError, ValueError):  # a huge integer, bad Unicode, or something strange inside a container
        values = [_packable(as_value(value)) for value in row.values]
        return ormsgpack.packb((as_number(row.step), row.time, values, *schema))


class Decoder:
    """Decodes the records of one journal segment."""

    def __init__(self) -> None:
        self.keys: tuple[str, ...] = ()
        self.excluded: dict[str, frozenset[str]] = {}

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
            return Row(self.keys, _cells(values), step, time, self.excluded)
        if kind == SCHEMA:
            self.keys, self.excluded = _read_schema(payload)
            return None
        if kind == ROW_ALONE:
            step, time, values, schema = ormsgpack.unpackb(payload)
            keys, excluded = _read_schema(schema)
            return Row(keys, _cells(values), step, time, excluded)
        if kind == TEXT:
            return Text(*ormsgpack.unpackb(payload))
        if kind == EVENT:
            return Event(payload)
        raise ValueError(f"unknown kind of record: {kind}")


def _read_schema(payload: bytes) -> tuple[tuple[str, ...], dict[str, frozenset[str]]]:
    keys, excluded = ormsgpack.unpackb(payload)
    return tuple(keys), {key: frozenset(formats) for key, formats in excluded.items()}


def _cells(values: list[Any]) -> list[Value]:
    """Return decoded values as cells: containers, which msgpack holds as they are, become numbers or texts."""
    if _CELL_TYPES.issuperset(map(type, values)):
        return values
    return [value if type(value) in _CELL_TYPES else as_value(value) for value in values]
