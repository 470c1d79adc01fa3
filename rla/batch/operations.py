"""Batch operations on the disk: what each is to do, written down before its first step.

    .rla/operations/<id>.json      the record: what, who, when, which experiments
    .rla/operations/<id>.journal   where one experiment takes the place of another: how far that is
    .rla/trash/<id>/<tree>/…       what the operation took out: a data root of its own
    <tree>/.moving-<id>/           copies that are not whole yet, and what is being removed

Operations of a data root follow each other: one lock is held from the first step to the last.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rla import files, locks
from rla.batch.operation import MOVING, Operation
from rla.batch.record import DONE, UNDER_WAY, Entry, parse_record
from rla.errors import BatchError, DataRootError, warn_quietly
from rla.machine import host_name, user_name
from rla.names import ARCHIVED, INTERNAL, TREES

__all__ = ["Operations"]

_LARGEST_RECORD: Final = 256 << 20
_UNREADABLE: Final = (ValueError, TypeError, KeyError, OverflowError)
_FOLDER: Final = f"{INTERNAL}/operations"
_LOCK: Final = "lock"
_JOURNAL: Final = ".journal"
_END_OF_LINE: Final = "."
_WAIT_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.1


class Operations:
    """The operations of a data root.

    Args:
        data_root: the database folder.
    """

    def __init__(self, data_root: Path) -> None:
        self.data_root = data_root
        self.folder = data_root / _FOLDER

    def begin(self, kind: str, entries: list[Entry], **more: Any) -> Operation:
        """Write down a new operation; the caller holds the lock.

        Raises:
            DataRootError: it cannot be written down; nothing is done then.
        """
        moment = time.time()
        taken = set(self._ids())
        while (number := f"{datetime.fromtimestamp(moment):%Y%m%d-%H%M%S-%f}-{kind}") in taken:
            moment += 1e-6
        operation = Operation(
            self.data_root,
            number,
            kind,
            started=moment,
            user=user_name(),
            host=host_name(),
            pid=os.getpid(),
            command=[os.path.basename(sys.argv[0] or "python"), *sys.argv[1:]],
            entries=entries,
            **more,
        )
        try:
            self.write(operation)
        except OSError as error:
            raise self._not_writable(error) from error
        return operation

    def write(self, operation: Operation) -> None:
        """Write an operation down as it is now."""
        files.write_atomic(self._path(operation.id), operation.encoded())

    def close(self, operation: Operation, entries: list[Entry]) -> None:
        """Write down how an operation ended: with the experiments that it moved. One that moved none is forgotten."""
        for base in (operation.home_base, operation.trash, *([operation.undone_trash] if operation.undoes else [])):
            for tree in TREES:
                with contextlib.suppress(OSError):  # what cannot be removed is in nobody's way
                    files.remove_tree(f"{base}/{tree}/{operation.moving}")
        self._shrink(operation.undoes, entries)
        if not entries:
            self.forget(operation)
            return
        operation.entries, operation.state, operation.ended = entries, DONE, time.time()
        self.write(operation)
        with contextlib.suppress(OSError):  # `sweep` tries again
            files.remove(self._journal_path(operation))

    def leftovers(self) -> list[Path]:
        """Return what operations left that have ended: files written aside, journals, copies that were on their way."""
        with contextlib.suppress(OSError):
            names = os.listdir(self.folder)
            found = [self.folder / name for name in names if files.is_written_aside(name)]
            for name in names:
                if name.endswith(_JOURNAL) and self._has_ended(name.removesuffix(_JOURNAL), names):
                    found.append(self.folder / name)
            for tree in (self.data_root / home / tree for home in ("", ARCHIVED) for tree in TREES):
                for name in files.subfolders(tree):
                    if name.startswith(MOVING) and self._has_ended(name.removeprefix(MOVING), names):
                        found.append(tree / name)
            return found
        return []

    def _has_ended(self, number: str, names: list[str]) -> bool:
        try:
            return f"{number}.json" not in names or self._read(number).state == DONE
        except (OSError, *_UNREADABLE):  # of another version of rla, say
            return False

    def sweep(self) -> None:
        """Remove these leftovers; the caller holds the lock."""
        for path in self.leftovers():
            with contextlib.suppress(OSError):  # it is in nobody's way
                files.remove_tree(path)

    def _shrink(self, undone: str | None, entries: list[Entry]) -> None:
        """Take experiments that were taken back off the operation that had moved them."""
        if undone is None or undone not in self._ids():
            return
        operation, names = self._read(undone), {entry.full_name for entry in entries}
        operation.entries = [entry for entry in operation.entries if entry.full_name not in names]
        if operation.entries:
            self.write(operation)
        else:
            self.forget(operation)

    def forget(self, operation: Operation) -> None:
        """Remove the record of an operation, which can then not be taken back, and its empty folders."""
        for tree in TREES:
            for name in files.subfolders(operation.trash / tree):
                if name.startswith(MOVING):
                    files.remove_tree(operation.trash / tree / name)
        for folder, _, _ in os.walk(operation.trash, topdown=False):
            files.remove_directory(folder)
        files.remove(self._journal_path(operation))
        files.remove(self._path(operation.id))

    def all(self) -> list[Operation]:
        """Return all operations, the oldest first; records that cannot be read are told of, and left out."""
        found = []
        for number in self._ids():
            try:
                found.append(self._read(number))
            except (OSError, *_UNREADABLE) as error:
                warn_quietly(f"'{self._path(number)}', the record of an operation, cannot be read: {error}")
        return found

    def find(self, number: str) -> Operation:
        """Return an operation by its id.

        Raises:
            BatchError: its record is not there any more, or cannot be read.
        """
        try:
            return self._read(number)
        except (OSError, *_UNREADABLE) as error:
            raise BatchError(f"'{number}' cannot be taken back: its record cannot be read ({error}).") from error

    def note(self, operation: Operation, word: str, number: int, trees: Iterable[str]) -> None:
        """Add a line to the journal of an operation, and wait until it is on the disk.

        Args:
            operation: the operation.
            word: `STAGED`, `OUT`, `PLACED` or `DROPPED`.
            number: position of the experiment among its entries.
            trees: the trees of the copy.

        Raises:
            OSError: it may be there, or not.
        """
        fd = files.open_append(self._journal_path(operation))
        try:
            # on a line of its own, also when a full disk has torn the one before
            files.append(fd, f"\n{word} {number} {' '.join(trees)} {_END_OF_LINE}\n".encode())
            files.fsync(fd)
        finally:
            os.close(fd)

    def noted(self, operation: Operation) -> list[tuple[str, int, list[str]]]:
        """Return the lines of a journal: word, position of the experiment, trees. Torn lines are none."""
        try:
            content = files.read_regular(self._journal_path(operation), _LARGEST_RECORD).decode("ascii", "replace")
        except OSError:
            return []
        lines = [line.split() for line in content.split("\n")]
        whole = [line for line in lines if len(line) > 2 and line[1].isdigit() and line[-1] == _END_OF_LINE]
        return [(line[0], int(line[1]), line[2:-1]) for line in whole]

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the operations of this data root.

        Raises:
            BatchError: another operation is under way.
            DataRootError: the data root cannot be written to.
        """
        try:
            files.make_directories(self.folder)
            fd = self._lock()
        except OSError as error:
            raise self._not_writable(error) from error
        try:
            yield
        finally:
            os.close(fd)

    def _lock(self) -> int:
        deadline = time.monotonic() + _WAIT_SECONDS
        while (fd := locks.lock(self.folder / _LOCK)) is None:
            if time.monotonic() > deadline:
                raise BatchError(
                    f"Another operation is under way in '{self.data_root}'{self._who()}. Wait for its end."
                )
            time.sleep(_PAUSE_SECONDS)
        return fd

    def _who(self) -> str:
        at_work = [operation for operation in self.all() if operation.state == UNDER_WAY]
        if not at_work:
            return ""
        last = at_work[-1]
        since = f"{datetime.fromtimestamp(last.started):%H:%M:%S}"
        return f": {last.kind} by {last.user} on {last.host} (process {last.pid}), since {since}"

    def _ids(self) -> list[str]:
        try:
            names = os.listdir(self.folder)
        except OSError:
            return []
        return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))

    def _path(self, number: str) -> Path:
        return self.folder / f"{number}.json"

    def _journal_path(self, operation: Operation) -> Path:
        return self.folder / f"{operation.id}{_JOURNAL}"

    def _read(self, number: str) -> Operation:
        content = parse_record(number, files.read_regular(self._path(number), _LARGEST_RECORD))
        known = {each.name for each in fields(Operation)}
        return Operation(self.data_root, **{key: content[key] for key in known & content.keys()})

    def _not_writable(self, error: OSError) -> DataRootError:
        problem = f"it cannot be written to ({error.strerror or error})"
        return DataRootError(str(self.data_root), problem, "Nothing was changed; its owner can do this.")
