"""The contract of an output, and the file that most of them append to."""

from __future__ import annotations

import contextlib
import functools
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rla import files
from rla.output.journal import Position
from rla.output.records import Episodes, Event, Record, Row, Text

__all__ = ["AppendedFile", "FileOutput", "Output"]


class Output(ABC):
    """Takes the records of a run, in order, from one thread at a time.

    To add one: derive from this class (or from `FileOutput`), run `rla.testing.output.OutputContract` on it, and name
    it by `rla.output.register_output` or, from a package, by the entry point group ``rla_outputs``. Retries, order,
    and what a killed process left behind are not its business.

    Attributes:
        name: what users call the format, in ``LOG_USED`` and in ``exclude=``.
        kinds: the kinds of records that are its business; slices without any are not handed over.
        notices: sentences that people should read; whoever hands over records takes them out.
    """

    name: ClassVar[str]
    kinds: ClassVar[frozenset[type]] = frozenset((Row, Episodes, Text, Event))

    @abstractmethod
    def __init__(self, directory: Path) -> None:
        """Open its file in the run's log folder."""

    @functools.cached_property
    def notices(self) -> list[str]:
        """Return the sentences that wait to be read."""
        return []

    @classmethod
    def adopt(cls, directory: Path) -> Output:
        """Open the file that a dead process left, to finish it."""
        return cls(directory)

    @abstractmethod
    def write(self, records: Sequence[Record]) -> int:
        """Take records; those that are none of its business count as taken.

        What was taken must not be lost with the process: it is in the kernel's hands, not in a buffer of Python. The
        records are shared with the other outputs.

        Returns:
            How many were taken: fewer than all when the rest must wait for a while.

        Raises:
            Exception: anything; none was taken then, and the same records come again later.
        """

    def resume(self, step: int | float) -> None:  # noqa: B027  # logs keep the order in which things were recorded
        """Take note, before anything is written, that the run goes on from an earlier step.

        What is shown of later steps is void, once something new is recorded; what stands in files stays there.
        """

    def expect(self, keys: Sequence[str]) -> None:  # noqa: B027  # only a table has to make room
        """Take note of keys that rows to come have, so that room for all of them is made at once."""

    def settle(self) -> None:  # noqa: B027  # most outputs never wait
        """Stop waiting: the next `write` takes everything."""

    def skip(self, rows: int) -> None:  # noqa: B027  # for most, what is lost leaves no trace
        """Take note that so many rows will never come: the output failed for too long."""

    def size(self) -> int:
        """Return how many bytes of its file hold what was taken; 0 where that means nothing."""
        return 0

    def sync(self) -> None:  # noqa: B027  # and some have no file
        """Wait until what was taken is on the disk."""

    def restore(self, position: Position, size: int) -> Position:
        """Bring the file of a dead run to a state that it was in, before its journal is replayed.

        Args:
            position: how far the output had come at the last commit.
            size: its `size` then.

        Returns:
            Where the replay has to start.
        """
        return position

    @abstractmethod
    def close(self) -> None:
        """Close the file; nothing comes after it."""


class AppendedFile:
    """A file that grows at its end, and whose end is known: a failed write leaves nothing behind.

    Args:
        path: the file, made when missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = files.open_append(path)
        self.size = os.fstat(self._fd).st_size
        self._torn = False  # half of a write stands behind its end

    def append(self, data: bytes) -> None:
        """Append all of ``data``, or raise and leave the file as it was.

        Raises:
            OSError: it could not be written.
        """
        if self._torn:
            self.truncate(self.size)
        try:
            files.append(self._fd, data)
        except OSError:
            self._torn = True
            with contextlib.suppress(OSError):  # else it is cut off before the next write
                self.truncate(self.size)
            raise
        self.size += len(data)

    def truncate(self, size: int) -> None:
        """Cut the file to ``size`` bytes; a shorter one stays as it is."""
        files.truncate(self._fd, min(size, os.fstat(self._fd).st_size))
        self.size = os.fstat(self._fd).st_size
        self._torn = False

    def sync(self) -> None:
        """Wait until the content is on the disk."""
        files.fsync(self._fd)

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class FileOutput(Output):
    """An output that appends to one file: `path_in` says which.

    Attributes:
        file: the file; ``file.append`` takes all of some bytes or raises, and leaves it as it was then.
    """

    def __init__(self, directory: Path) -> None:
        self.file = AppendedFile(self.path_in(directory))

    @abstractmethod
    def path_in(self, directory: Path) -> Path:
        """Return the file's path in the run's log folder; it is made when missing, and what it holds stays."""

    def size(self) -> int:
        return self.file.size

    def sync(self) -> None:
        self.file.sync()

    def restore(self, position: Position, size: int) -> Position:
        self.file.truncate(size)
        return position

    def close(self) -> None:
        self.file.close()
