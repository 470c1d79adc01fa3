"""The keys of rows to come: what a journal will bring is told from its schemas, without decoding its rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from rla import files
from rla.output.codec import FRAME, SCHEMA, frames, read_schema
from rla.output.journal import HEADER, Position, segment_path, segments_of

__all__ = ["keys_ahead", "keys_for"]

_BLOCK_BYTES: Final = 1 << 20


def keys_ahead(folder: Path, position: Position) -> dict[str, frozenset[str]]:
    """Return the keys of the rows behind a position, in the order of their appearance, sorted within a row.

    Args:
        folder: the journal's folder.
        position: where to start.

    Returns:
        The formats that do not get a key, as they are where it appears first, by key.
    """
    found: dict[str, frozenset[str]] = {}
    for segment in segments_of(folder):
        if segment >= position.segment:
            start = position.offset if segment == position.segment else HEADER.size
            with files.open_regular(segment_path(folder, segment)) as stream:
                for payload in _schemas(stream, max(start, HEADER.size)):
                    _, keys, excluded = read_schema(payload)
                    for key in sorted(set(keys).difference(found)):
                        found[key] = excluded.get(key, frozenset())
    return found


def keys_for(format_name: str, found: Mapping[str, frozenset[str]]) -> list[str]:
    """Return the keys that a format gets."""
    return [key for key, excluded in found.items() if format_name not in excluded]


def _schemas(stream: BinaryIO, start: int) -> Iterator[bytes]:
    """Yield the payloads of the schemas behind a place; of other frames only the head is looked at."""
    size, header, unpack = os.fstat(stream.fileno()).st_size, FRAME.size, FRAME.unpack_from
    while start + header <= size:
        stream.seek(start)
        block = stream.read(_BLOCK_BYTES)
        offset = 0
        while offset + header <= len(block):
            length, _, kind = unpack(block, offset)
            if kind == SCHEMA:
                if offset + header + length > len(block) and offset:
                    break  # the next block begins with it
                stream.seek(start + offset)
                schema = next(frames(stream.read(header + length)), None)
                if schema is None:  # the end of a segment that was cut short
                    return
                yield schema[1]
            offset += header + length
        start += offset
