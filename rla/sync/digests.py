"""What tells one content of a file from another: its SHA-256, or that of its end where a file only grows."""

from __future__ import annotations

import hashlib
import os
from typing import Final

from rla import files
from rla.sync.selection import LocalFile

__all__ = ["Digests"]

END_BYTES: Final = 64 << 10
"""So much of the end of a growing file tells whether what was sent of it still stands there."""

_READ_AT_ONCE: Final = 1 << 20


class Digests:
    """Digests of files; that of a file which is replaced as a whole is computed once for each content."""

    def __init__(self) -> None:
        self._computed: dict[str, tuple[tuple[int, int, int], str]] = {}

    def of(self, file: LocalFile, size: int | None = None) -> str:
        """Return the digest of the first bytes of a file.

        Args:
            file: the file.
            size: how many bytes; all that it had when it was looked at, when None.

        Raises:
            OSError: it cannot be read.
        """
        if file.grows:
            return _digest(file.source, file.size if size is None else size, END_BYTES)
        if size not in (None, file.size):
            return ""  # a file that is replaced as a whole has no part that counts
        version = (file.size, file.modified_ns, file.inode)
        computed = self._computed.get(file.source)
        if computed is None or computed[0] != version:
            computed = self._computed[file.source] = (version, _digest(file.source, file.size, file.size))
        return computed[1]


def _digest(path: str, size: int, length: int) -> str:
    """Return the SHA-256 of the last ``length`` of the first ``size`` bytes of a file."""
    digest = hashlib.sha256()
    with files.descriptor(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)) as fd:
        position = max(0, size - length)
        while position < size and (chunk := os.pread(fd, min(_READ_AT_ONCE, size - position), position)):
            digest.update(chunk)
            position += len(chunk)
    return digest.hexdigest()
