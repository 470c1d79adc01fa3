"""The newest rows of a journal, found from its end, so that a long run is not read whole for its last row."""

from __future__ import annotations

import contextlib
from collections import deque
from pathlib import Path
from typing import Final

from rla.output.journal import Position, segments_of
from rla.output.journal_reader import JournalReader
from rla.output.records import Row

__all__ = ["newest_rows"]

MOST_ROWS: Final = 1000
_SLICE: Final = 1024


def newest_rows(folder: Path) -> list[Row]:
    """Return the last rows of a journal, in order: those of its last stretch, at least one where there is any.

    Args:
        folder: the journal's folder.
    """
    segments: list[int] = []
    with contextlib.suppress(OSError):  # of another user, say
        segments = segments_of(folder)
    for segment in reversed(segments):
        with contextlib.suppress(OSError):  # every output has passed it just now, or it is none that we can read
            if rows := _rows_of(JournalReader.near_the_end(folder, segment)):
                return rows
            if rows := _rows_of(JournalReader(folder, Position(segment, 0, 0))):
                return rows
    return []


def _rows_of(reader: JournalReader | None) -> list[Row]:
    found: deque[Row] = deque(maxlen=MOST_ROWS)
    if reader is not None:
        with contextlib.closing(reader):
            while records := reader.read(_SLICE):
                found.extend(record for record in records if isinstance(record, Row))
    return list(found)
