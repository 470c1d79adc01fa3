"""Columns of runs that have been read before, in a SQLite file beside the index: asked again, they come at once.

A cache like the index: it can be deleted at any time. Columns count only while the file they were read from is the
same; of a run with a journal nothing is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from rla import files
from rla.names import JOURNAL_FOLDER, PROGRESS_FILE
from rla.output.columns import Columns
from rla.output.resumes import stamp_of_resumes

if TYPE_CHECKING:
    import numpy

__all__ = ["ColumnCache"]

LARGEST_BYTES: Final = 512 << 20
"""So much is kept; what was read longest ago goes first."""

_LARGEST_RUN: Final = 32 << 20
_VERSION: Final = 1
_PAGE_BYTES: Final = 16384
"""Most columns fit into a page or two: few writes take them all."""

_KINDS: Final = "ifb"
"""Kinds of numpy arrays that are kept: integers, floats, bools. Texts are read again."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS columns (
    run TEXT NOT NULL, keys TEXT NOT NULL, stamp TEXT NOT NULL, kinds TEXT NOT NULL, checksum INTEGER NOT NULL,
    read REAL NOT NULL, content BLOB NOT NULL, PRIMARY KEY (run, keys)
)
"""


class ColumnCache:
    """The cache of one question, as a context manager. What fails in it only makes the answer slower.

    Args:
        index: the file of the index; None keeps nothing.
    """

    def __init__(self, index: Path | None) -> None:
        self._path = None if index is None else index.with_suffix(f".columns{_VERSION}.sqlite")
        self._connection: sqlite3.Connection | None = None
        self._new: list[tuple[Any, ...]] = []

    def __enter__(self) -> ColumnCache:
        if self._path is not None:
            with self._giving_up():
                self._connection = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
                # a power cut may damage what was written last: that is what the checksums are for
                self._connection.execute("PRAGMA synchronous = OFF")
                self._connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
                self._connection.execute(_TABLE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._giving_up():
            self._write()
        if self._connection is not None:
            self._connection.close()

    def stamp_of(self, log_dir: str | os.PathLike[str]) -> str | None:
        """Return what changes with the rows of a run; None when they may change without it."""
        folder = os.fspath(log_dir)
        if os.path.lexists(f"{folder}/{JOURNAL_FOLDER}"):
            return None
        try:
            found = os.stat(f"{folder}/{PROGRESS_FILE}")
        except OSError:
            return None
        stamp = f"{found.st_mtime_ns},{found.st_size},{found.st_ino}"
        resumed = stamp_of_resumes(folder)
        return stamp if resumed is None else f"{stamp};{resumed}"

    def read(self, run: str, keys: Sequence[str], stamp: str | None) -> Columns | None:
        """Return columns of a run as they were kept; None when they are not there, or older than the run's file."""
        if self._connection is None or stamp is None:
            return None
        with self._giving_up():
            found = self._connection.execute(
                "SELECT stamp, kinds, checksum, content FROM columns WHERE run = ? AND keys = ?", (run, "\0".join(keys))
            ).fetchone()
            if found is not None and found[0] == stamp and zlib.crc32(found[3]) == found[2]:
                return Columns(_unpacked(json.loads(found[1]), found[3]), None)
        return None

    def keep(self, run: str, keys: Sequence[str], stamp: str | None, columns: Columns) -> None:
        """Keep columns of a run, unless there are texts among them, or they may change while the stamp does not."""
        arrays = columns.values
        fit = all(array.dtype.kind in _KINDS for array in arrays.values())
        size = sum(array.nbytes for array in arrays.values())
        if self._connection is None or stamp is None or columns.problem is not None or not fit or size > _LARGEST_RUN:
            return
        kinds = json.dumps({key: (array.dtype.str, len(array)) for key, array in arrays.items()})
        content = b"".join(array.tobytes() for array in arrays.values())
        self._new.append((run, "\0".join(keys), stamp, kinds, zlib.crc32(content), time.time(), content))

    def _write(self) -> None:
        if self._connection is None or not self._new:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR REPLACE INTO columns VALUES (?, ?, ?, ?, ?, ?, ?)", self._new)
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (page_bytes,) = self._connection.execute("PRAGMA page_size").fetchone()
        (unused,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        if (pages - unused) * page_bytes > LARGEST_BYTES:
            self._connection.execute(
                "DELETE FROM columns WHERE read <= (SELECT read FROM columns ORDER BY read"
                " LIMIT 1 OFFSET (SELECT count(*) / 2 FROM columns))"
            )
        self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def _giving_up(self) -> Iterator[None]:
        """Go on without a cache when it fails; a file that is damaged is removed, so that there will be one again."""
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            if self._path is not None and not isinstance(error, sqlite3.OperationalError):
                for suffix in ("", "-journal"):
                    with contextlib.suppress(OSError):
                        files.remove(f"{self._path}{suffix}")


def _unpacked(kinds: Mapping[str, tuple[str, int]], content: bytes) -> dict[str, numpy.ndarray[Any, Any]]:
    import numpy

    arrays, place = {}, 0
    for key, (kind, length) in kinds.items():
        arrays[key] = numpy.frombuffer(content, kind, length, place)
        place += arrays[key].nbytes
    return arrays
