"""An index that answers whatever happens to its file.

It is built again where it is damaged, and kept in memory where no disk takes it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from rla import files
from rla.database.index.entry import ReadRows
from rla.database.index.location import index_path
from rla.database.index.measuring import known_sizes, measure
from rla.database.index.refresh import Progress, refresh
from rla.database.index.sizes import Sizes
from rla.database.index.store import IndexStore, NewerIndexError
from rla.errors import warn_quietly

__all__ = ["Index"]

Answer = TypeVar("Answer")

_of_parents: Final[list[IndexStore]] = []
_SUFFIXES: Final = ("", "-wal", "-shm")


class Index:
    """The index of a data root.

    Args:
        data_root: the database folder; nothing is written into it.
        read_rows: reads the newest values of a log folder.
        progress: is told how many experiments were read, and how many there are to read; again when sizes are found.

    Attributes:
        data_root: the database folder.
        path: the file of the index; None while it is kept in memory.
    """

    def __init__(self, data_root: Path, read_rows: ReadRows, progress: Progress = lambda done, total: None) -> None:
        self.data_root = data_root
        self.path = index_path(data_root)
        self._read_rows = read_rows
        self._progress = progress
        self._in_memory: IndexStore | None = None
        self._store: IndexStore | None = None
        self._opened_by = (0, 0)

    def __del__(self) -> None:
        try:
            if self._opened_by == (os.getpid(), threading.get_ident()):
                self._close()
        except TypeError:  # the interpreter ends, and has emptied its modules; SQLite closes the file by itself
            pass

    def refresh(self, task: str | None = None, fresh: bool = False) -> None:
        """Bring the index up to date.

        Args:
            task: the task to look at; all when None.
            fresh: read every experiment anew.
        """
        self.ask(lambda store: self._refresh(store, task, fresh))

    def _refresh(self, store: IndexStore, task: str | None = None, fresh: bool = False) -> None:
        refresh(store, self.data_root, self._read_rows, task, fresh, self._progress)

    def ask(self, question: Callable[[IndexStore], Answer]) -> Answer:
        """Return the answer of the open index.

        An index that is damaged or of another version is built again; one that cannot be written is kept in memory.
        Both are told of, and the question is asked once more.
        """
        try:
            return self._ask(question)
        except sqlite3.DatabaseError as error:
            if self.path is None:
                raise
            self._close()
            if _is_damage(error):
                self._begin_anew(error)
            else:  # no room, no right to write, another process that never ends
                self._go_into_memory(error)
        return self._ask(question)

    def ask_with_sizes(
        self, question: Callable[[IndexStore], Answer], task: str | None = None, ids: Sequence[int] | None = None
    ) -> Answer:
        """Return the same, with the sizes of experiments found before.

        Args:
            question: asks the open index.
            task: the task whose sizes must be known; all when None.
            ids: the experiments whose sizes must be known; all when None.
        """

        def ask(store: IndexStore) -> Answer:
            measure(store, self.data_root, task, ids, self._progress)
            return question(store)

        return self.ask(ask)

    def sizes(self, ids: Sequence[int]) -> dict[int, Sizes]:
        """Return what experiments take, by id."""
        return self.ask_with_sizes(lambda store: known_sizes(store, ids), ids=ids)

    def _ask(self, question: Callable[[IndexStore], Answer]) -> Answer:
        if self.path is None:
            if self._in_memory is None:
                self._in_memory = IndexStore(None)
                self._refresh(self._in_memory)
            return question(self._in_memory)
        return question(self._opened())

    def _opened(self) -> IndexStore:
        """Return the open file; each process and thread opens it for itself."""
        here = (os.getpid(), threading.get_ident())
        if self._store is None or self._opened_by != here:
            if self._store is not None and self._opened_by[0] != here[0]:
                _of_parents.append(self._store)  # to close what a parent has open would release its locks
            self._store, self._opened_by = IndexStore(self.path), here
        return self._store

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _go_into_memory(self, error: Exception) -> None:
        warn_quietly(f"the index '{self.path}' cannot be used ({error}); it is built in memory this time")
        self.path = None

    def _begin_anew(self, error: sqlite3.Error) -> None:
        what = "is of another version of rla" if isinstance(error, NewerIndexError) else "is damaged"
        warn_quietly(f"the index '{self.path}' {what} ({error}); it is built again")
        try:
            for suffix in _SUFFIXES:
                with contextlib.suppress(FileNotFoundError):
                    files.remove(f"{self.path}{suffix}")
        except OSError as problem:  # another process has it open, where the system does not allow that
            self._go_into_memory(problem)
        else:
            self._ask(self._refresh)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return not isinstance(error, sqlite3.OperationalError) or "no such" in str(error)
