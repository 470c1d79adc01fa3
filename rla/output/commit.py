"""The commit of a journal: how far each output is known good."""

from __future__ import annotations

import errno
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import ormsgpack

from rla import files
from rla.output.journal import COMMIT_FILE, Position

__all__ = ["Commit"]

SLOT_BYTES: Final = 4096


class Commit:
    """How far each output is known good: two slots in one file, written in turn, so that one is always whole.

    Args:
        folder: the journal's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / COMMIT_FILE
        self._fd = -1
        self._turn = 0

    def write(self, state: Mapping[str, tuple[Position, int]]) -> None:
        """Replace the older slot by the position and the file size of each output.

        Raises:
            OSError: it could not be written; the newer slot still holds.
        """
        if self._fd < 0:
            self._fd = files.open_for_update(self._path)
        self._turn += 1
        content = ormsgpack.packb((self._turn, {name: (*position, size) for name, (position, size) in state.items()}))
        slot = struct.pack("<II", len(content), zlib.crc32(content)) + content
        if len(slot) > SLOT_BYTES:
            raise OSError(errno.EFBIG, f"the positions of {len(state)} outputs take more than {SLOT_BYTES} bytes")
        files.overwrite(self._fd, SLOT_BYTES * (self._turn % 2), slot.ljust(SLOT_BYTES, b"\0"))

    def sync(self) -> None:
        """Wait until the slots are on the disk.

        Raises:
            OSError: it is not known whether they are.
        """
        if self._fd >= 0:
            files.fsync(self._fd)

    def read(self) -> dict[str, tuple[Position, int]]:
        """Return the newer slot that is whole; empty when there is none."""
        try:
            content = files.read_regular(self._path)
        except OSError:
            return {}
        slots = [slot for start in (0, SLOT_BYTES) if (slot := _read_slot(content[start : start + SLOT_BYTES]))]
        if not slots:
            return {}
        turn, state = max(slots, key=lambda slot: slot[0])
        self._turn = turn
        return {name: (Position(*entry[:3]), entry[3]) for name, entry in state.items()}

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _read_slot(slot: bytes) -> tuple[int, dict[str, list[int]]] | None:
    if len(slot) < 8:
        return None
    length, checksum = struct.unpack_from("<II", slot)
    content = slot[8 : 8 + length]
    if not length or len(content) < length or zlib.crc32(content) != checksum:
        return None
    turn, state = ormsgpack.unpackb(content)
    return turn, state
