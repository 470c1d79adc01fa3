"""The folder of a journal: every record of a run stands there, in the kernel's hands, before `dump_tabular` returns.

A folder of segments `00000001.journal`, …, each a header and frames (`codec`). Outputs read the records back from
here, each from its own `Position`; a commit file says how far each output is known good, so that a run killed at any
instant can be folded into its files with no row twice and none lost. The folder disappears when the run ends.
"""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path
from typing import Final, NamedTuple

from rla import files
from rla.errors import JournalVersionError

__all__ = ["Position", "discard_journal", "discard_records", "discard_segments", "segments_of"]

HEADER: Final = struct.Struct("<4sHHQ")
"""Magic, version, reserved, and how many rows the run had before this segment."""

MAGIC: Final = b"RLAJ"
VERSION: Final = 2

SUFFIX: Final = ".journal"
COMMIT_FILE: Final = "commit"
LOCK_FILE: Final = "lock"

_SEGMENT: Final = re.compile(r"([0-9]{1,18})\.journal")


class Position(NamedTuple):
    """A place in a journal: before the frame at ``offset`` of ``segment``, with ``rows`` rows of the run before it."""

    segment: int
    offset: int
    rows: int


def segments_of(folder: str | os.PathLike[str]) -> list[int]:
    """Return the numbers of the segments in a journal folder, in order; none when there is no journal.

    Raises:
        OSError: the folder cannot be listed now; to take it for empty would lose what it holds.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(int(found[1]) for name in names if (found := _SEGMENT.fullmatch(name)))


def segment_path(folder: Path, number: int) -> Path:
    """Return the path of a segment."""
    return folder / f"{number:08d}{SUFFIX}"


def read_header(path: Path) -> int | None:
    """Return how many rows the run had before a segment; None when the header is not whole.

    Raises:
        JournalVersionError: another version of rla has written it.
        OSError: the segment cannot be read.
    """
    with files.open_regular(path) as stream:
        header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    magic, version, _, rows = HEADER.unpack(header)
    if magic == MAGIC and version != VERSION:
        raise JournalVersionError(str(path), version, VERSION)
    return int(rows) if magic == MAGIC else None


def discard_segments(folder: Path, before: int) -> None:
    """Remove the segments that every output has passed."""
    for number in segments_of(folder):
        if number < before:
            files.remove(segment_path(folder, number))


def discard_records(folder: Path) -> None:
    """Remove what a journal holds, once every output has it.

    The commit goes first: without one, what is left when a later removal fails is only compared with the rows that the
    files hold. An older commit would cut the files back to what it knows, and replay what the journal has lost.

    Raises:
        OSError: something could not be removed; the rest can be discarded again.
    """
    files.remove(folder / COMMIT_FILE)
    for number in segments_of(folder):
        files.remove(segment_path(folder, number))


def discard_journal(folder: Path) -> None:
    """Remove a journal that has been written out completely.

    Raises:
        OSError: as `discard_records`.
    """
    discard_records(folder)
    files.remove(folder / LOCK_FILE)
    files.remove_directory(folder)
