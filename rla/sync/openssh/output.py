"""What rsync says of each file, by a format of ours (``--out-format``, its letters are in ``rsyncd.conf(5)``)."""

from __future__ import annotations

import calendar
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rla.sync.transport import FILE, FOLDER, LINK, OTHER, RemoteFile

__all__ = ["LISTED", "TRAVELLED", "Finished", "Item", "Lines", "unescaped"]

LISTED: Final = "rla %i %l %M %n"
"""The format for what is listed: with the time of modification."""

TRAVELLED: Final = "rla %i %l %b %n"
"""The format for what travelled: with the bytes that were needed for it. It appears when a file is done."""

_ITEM: Final = re.compile(rb"rla (.{11}) (\d+) (\S+) (.*)", re.DOTALL)
_PROGRESS: Final = re.compile(rb"\s*([\d,.]+)\s+\d+%\s")
_ESCAPED: Final = re.compile(rb"\\#([0-7]{3})")
_KINDS: Final = {b"f": FILE, b"d": FOLDER, b"L": LINK}


@dataclass(frozen=True)
class Item:
    """What rsync says of one file.

    Attributes:
        path: below the folder that was named.
        kind: as of a `RemoteFile`.
        travelled: whether its content did.
        size: its size in bytes.
        last: what the last field of the format is.
    """

    path: str
    kind: str
    travelled: bool
    size: int
    last: str

    def described(self) -> RemoteFile:
        """Return the file that was listed."""
        modified = calendar.timegm(time.strptime(self.last, "%Y/%m/%d-%H:%M:%S"))
        return RemoteFile(self.path, self.kind, self.size, float(modified))


@dataclass(frozen=True)
class Finished:
    """How a run of rsync ended.

    Attributes:
        code: its exit code; None where the time was up.
        items: what it said of files.
        errors: what else it said, line by line.
    """

    code: int | None
    items: list[Item]
    errors: list[str]


class Lines:
    """Reads what rsync prints, in pieces as they come.

    Args:
        progress: is told how many bytes of the present file have been passed so far.
        item: is told of each file.
    """

    def __init__(self, progress: Callable[[int], object], item: Callable[[Item], object]) -> None:
        self.items: list[Item] = []
        self.others: list[bytes] = []
        self._progress = progress
        self._item = item
        self._rest = b""

    def take(self, data: bytes) -> None:
        """Read a piece."""
        *lines, self._rest = re.split(rb"[\r\n]", self._rest + data)
        for line in lines:
            if found := _ITEM.fullmatch(line):
                item = _item(*found.groups())
                self.items.append(item)
                self._item(item)
            elif progress := _PROGRESS.match(line):
                self._progress(int(re.sub(rb"\D", b"", progress[1])))
            elif line.strip():
                self.others.append(line)


def unescaped(text: bytes) -> str:
    """Return what rsync says with the names as they are: it writes their special bytes as numbers."""
    return os.fsdecode(_ESCAPED.sub(lambda found: bytes([int(found[1], 8) & 0xFF]), text))


def _item(flags: bytes, size: bytes, last: bytes, name: bytes) -> Item:
    path = unescaped(name)
    kind = _KINDS.get(flags[1:2], OTHER)
    return Item(path.rstrip("/"), kind, flags[:1] in b"<>" and kind == FILE, int(size), last.decode("ascii", "replace"))
