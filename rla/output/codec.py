"""Records as bytes: msgpack inside a frame of length, checksum and kind. The format is in `docs/formats.md`.

The names of the values are written once for a segment, as a *schema*; a row says which one it follows. So a row costs
about as much as its numbers, and rows of different keys may take turns. The number of a schema is the offset of its
frame, so that a row which was found from the end of a segment is understood without reading all before it.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Generic, TypeVar

import google_crc32c
import ormsgpack

from rla.output.episodes.arguments import RETURN
from rla.output.records import Episodes, Event, Record, Row, Text, Value
from rla.output.values import CELL_TYPES, as_number, as_value, text_of

__all__ = ["FRAME", "ROW", "ROW_ALONE", "SCHEMA", "Decoder", "Encoder", "Excluded", "frame", "frames", "read_schema"]

FRAME: Final = struct.Struct("<IIB")
"""Length of the payload, CRC-32C of the payload (started with the kind), kind."""

SCHEMA, ROW, TEXT, EVENT, ROW_ALONE, EPISODES = 1, 2, 3, 4, 5, 6
REMEMBERED_KEYS: Final = 100_000
"""Schemas are forgotten once they have more keys in all: writers write them again, readers look them up."""

_BIG_INTEGER: Final = 1  # extension type of msgpack: decimal digits
_OPTIONS: Final = (
    ormsgpack.OPT_SERIALIZE_NUMPY
    | ormsgpack.OPT_PASSTHROUGH_BIG_INT
    | ormsgpack.OPT_PASSTHROUGH_SUBCLASS
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
)

Excluded = Mapping[str, frozenset[str]]
_Schema = tuple[tuple[str, ...], Excluded]
_Known = TypeVar("_Known")
_Found = TypeVar("_Found")

_checksum = google_crc32c.extend
_header = FRAME.pack
_packb = ormsgpack.packb
_unpackb = ormsgpack.unpackb


def frame(kind: int, payload: bytes) -> bytes:
    """Return a payload in its frame."""
    return _header(len(payload), _checksum(kind, payload), kind) + payload


def frames(buffer: bytes, start: int = 0) -> Iterator[tuple[int, bytes, int]]:
    """Yield kind, payload and end of one frame after the other, ending before the first that is not whole."""
    offset, header, size, unpack = start, FRAME.size, len(buffer), FRAME.unpack_from
    while offset + header <= size:
        length, checksum, kind = unpack(buffer, offset)
        begin = offset + header
        offset = begin + length
        if offset > size:
            return
        payload = buffer[begin:offset]
        if _checksum(kind, payload) != checksum:
            return
        yield kind, payload, offset


class _Schemas(Generic[_Known, _Found]):
    """The schemas of a segment, of bounded size: the encoder's, by content, or the decoder's, by number."""

    def __init__(self) -> None:
        self.known: dict[_Known, _Found] = {}
        self._keys = 0

    def add(self, known: _Known, found: _Found, keys: int) -> None:
        if self._keys + keys > REMEMBERED_KEYS:
            self.clear()
        self.known[known] = found
        self._keys += keys

    def clear(self) -> None:
        self.known.clear()
        self._keys = 0


class Encoder:
    """Encodes records of one journal segment, remembering the schemas that stand there."""

    def __init__(self) -> None:
        self._schemas = _Schemas[object, int]()
        self._keys: tuple[str, ...] = ()
        self._excluded: Excluded = {}
        self._number = 0  # of the schema that the last row followed; no schema has 0

    def forget_schemas(self) -> None:
        """Write each schema anew before the next row, as a new segment needs it."""
        self._schemas.clear()
        self._number = 0

    def row(self, row: Mapping[str, Any], step: int | float, time: float, excluded: Excluded, offset: int) -> bytes:
        """Return a row in its frame, with its schema before it when that does not stand in the segment yet.

        Args:
            row: values by key.
            step: the time step.
            time: seconds since 1970.
            excluded: formats that shall not get a key, by key.
            offset: where in the segment the bytes will stand.
        """
        keys = tuple(row)
        if not self._number or keys != self._keys or excluded != self._excluded:
            before = self._take_schema(keys, excluded, offset)
            return before + frame(ROW, self._packed(row, step, time))
        try:
            payload = _packb((self._number, step, time, (*row.values(),)), option=_OPTIONS, default=_packable)
        except (TypeError, ValueError):  # bad Unicode, or something strange inside a container
            payload = self._packed(row, step, time)
        return _header(len(payload), _checksum(ROW, payload), ROW) + payload

    def _packed(self, row: Mapping[str, Any], step: int | float, time: float) -> bytes:
        return _packed_row((self._number, step, time, list(row.values())))

    def _take_schema(self, keys: tuple[str, ...], excluded: Excluded, offset: int) -> bytes:
        """Go over to another schema; return its frame when it must be written."""
        content = (keys, frozenset(excluded.items()))
        known = self._schemas.known.get(content)
        self._keys, self._excluded, self._number = keys, dict(excluded), known or offset
        if known:
            return b""
        self._schemas.add(content, offset, len(keys))
        return frame(SCHEMA, _packed_schema(offset, keys, excluded))

    def encode(self, record: Record, offset: int, alone: bool = False) -> bytes:
        """Return a record in its frame.

        Args:
            record: a row, with its schema before it when that does not stand in the segment yet; episodes; a line
                of text; an event.
            offset: where in the segment the bytes will stand.
            alone: rely on no schema, nor add one: a row then carries its own keys.
        """
        if isinstance(record, Text):
            content = (record.level, as_number(record.step), record.time, text_of(record.text))
            return frame(TEXT, _packb(content, option=_OPTIONS, default=_packable))
        if isinstance(record, Event):
            return frame(EVENT, record.encoded)
        if isinstance(record, Episodes):
            return frame(EPISODES, _packb(tuple(record), option=_OPTIONS, default=_packable))
        if not alone:
            values = dict(zip(record.keys, record.values, strict=True))
            return self.row(values, record.step, record.time, record.excluded, offset)
        schema = _packed_schema(0, record.keys, record.excluded)
        return frame(ROW_ALONE, _packed_row((0, record.step, record.time, list(record.values), schema)))


def _packed_schema(number: int, keys: tuple[str, ...], excluded: Excluded) -> bytes:
    names = [text_of(str(key)) for key in keys]
    return _packb((number, names, {text_of(str(key)): sorted(formats) for key, formats in excluded.items()}))


def _packed_row(row: tuple[Any, ...]) -> bytes:
    try:
        return _packb(row, option=_OPTIONS, default=_packable)
    except (TypeError, ValueError):
        number, step, time, values, *schema = row
        cells = [as_value(value) for value in values]
        return _packb((number, as_number(step), time, cells, *schema), option=_OPTIONS, default=_packable)


def _packable(value: Any) -> Any:
    """Return what msgpack can hold in place of what it cannot."""
    found = as_value(value)
    return ormsgpack.Ext(_BIG_INTEGER, str(found).encode()) if type(found) is int and _is_big(found) else found


def _is_big(number: int) -> bool:
    return not -(1 << 63) <= number < 1 << 64


def _extension(tag: int, data: bytes) -> int:
    if tag != _BIG_INTEGER:
        raise ValueError(f"unknown extension type: {tag}")
    return int(data)


class Decoder:
    """Decodes the records of one journal segment, in order.

    Args:
        fetch: returns the frames that stand at an offset of the segment, for a schema that did not pass by.
    """

    def __init__(self, fetch: Callable[[int], bytes]) -> None:
        self._fetch = fetch
        self._schemas = _Schemas[int, _Schema]()

    def decode(self, buffer: bytes, start: int = 0, limit: int = sys.maxsize) -> tuple[list[Record], int]:
        """Decode frames one after the other, ending before the first that is not whole.

        Args:
            buffer: bytes of a segment.
            start: where in the buffer the first frame stands.
            limit: how many records at most.

        Returns:
            The records, and where in the buffer the next frame would stand.
        """
        records: list[Record] = []
        schema_of, is_plain, unpack, extension = self._schemas.known.get, CELL_TYPES.issuperset, _unpackb, _extension
        offset = start
        for kind, payload, end in frames(buffer, start):
            try:
                if kind == ROW:
                    number, step, time, values = unpack(payload, ext_hook=extension)
                    keys, excluded = schema_of(number) or self._fetched(number)
                    cells = values if is_plain(map(type, values)) else _cells(values)
                    if len(cells) != len(keys):
                        break
                    records.append(Row(keys, cells, step, time, excluded))
                elif kind == SCHEMA:
                    self._take(payload)
                else:
                    records.append(_decoded(kind, payload))
            except (ValueError, TypeError, AttributeError, KeyError):  # a foreign or newer writer: the end for us
                break
            offset = end
            if len(records) >= limit:
                break
        return records, offset

    def _take(self, payload: bytes) -> tuple[int, _Schema]:
        number, keys, excluded = read_schema(payload)
        self._schemas.add(number, (keys, excluded), len(keys))
        return number, (keys, excluded)

    def _fetched(self, number: int) -> _Schema:
        """Return a schema that did not pass by.

        Raises:
            ValueError: it does not stand where its number says.
        """
        for kind, payload, _ in frames(self._fetch(number)):
            if kind == SCHEMA:
                found, schema = self._take(payload)
                if found == number:
                    return schema
            break
        raise ValueError(f"there is no schema {number}")


def _decoded(kind: int, payload: bytes) -> Record:
    if kind == ROW_ALONE:
        _, step, time, values, schema = _unpackb(payload, ext_hook=_extension)
        _, keys, excluded = read_schema(schema)
        return Row(keys, _checked(_cells(values), len(keys)), step, time, excluded)
    if kind == TEXT:
        return Text(*_unpackb(payload, ext_hook=_extension))
    if kind == EVENT:
        return Event(payload)
    if kind == EPISODES:
        step, time, columns = _unpackb(payload, ext_hook=_extension)
        number = len(columns[RETURN])
        checked = {key: _checked(_cells(values), number) for key, values in columns.items()}
        return Episodes(step, float(time), checked)
    raise ValueError(f"unknown kind of record: {kind}")


def _checked(cells: list[Value], number: int) -> list[Value]:
    if len(cells) != number:
        raise ValueError(f"expected {number} cells, got {len(cells)}")
    return cells


def read_schema(payload: bytes) -> tuple[int, tuple[str, ...], Excluded]:
    """Return the number of a schema, its keys, and the formats that shall not get them, by key."""
    number, keys, excluded = _unpackb(payload)
    return number, tuple(map(sys.intern, keys)), {key: frozenset(formats) for key, formats in excluded.items()}


def _cells(values: list[Any]) -> list[Value]:
    """Return decoded values as cells: containers, which msgpack holds as they are, become numbers or texts."""
    return [value if type(value) in CELL_TYPES else as_value(value) for value in values]
