"""The trash of a data root: what operations took out, for a while."""

from __future__ import annotations

import contextlib
import functools
import math
import os
import stat
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rla import files
from rla.batch.moving import trees_there
from rla.batch.operation import Operation
from rla.batch.operations import Operations
from rla.batch.record import DELETION, DONE, TRASH
from rla.batch.recovery import put_in_order
from rla.config import load_settings
from rla.copying import walk
from rla.database.trees import check_data_root
from rla.errors import ConfigError, warn_quietly
from rla.snapshot.store import CodeStore, Garbage

__all__ = [
    "Emptied",
    "bytes_in_trash",
    "empty_expired",
    "empty_trash",
    "expired",
    "kept_days",
    "kept_until",
    "leftovers",
    "number_in_trash",
    "trash_of",
]

_DAY_SECONDS: Final = 86_400.0
_CONFIG_FILE: Final = "rla_config.yaml"
_EMPTYING: Final = ".emptying-"


@dataclass(frozen=True)
class Emptied:
    """What was removed for good.

    Attributes:
        operations: how many operations cannot be taken back any more.
        experiments: how many experiments they had in the trash.
        freed: bytes that became free; code that other experiments share stays.
        bodies: how many files of the code store no experiment had any more.
        problems: what could not be removed, and why; the next time it is tried again.
    """

    operations: int = 0
    experiments: int = 0
    freed: int = 0
    bodies: int = 0
    problems: tuple[str, ...] = ()


def trash_of(data_root: str | os.PathLike[str]) -> list[Operation]:
    """Return the operations that have something in the trash, the oldest first."""
    every = Operations(check_data_root(data_root)).all()
    return [operation for operation in every if operation.state == DONE and operation.trash.is_dir()]


def kept_days(data_root: Path) -> float:
    """Return for how many days the trash keeps experiments: what the configuration in the data root says, else 14."""
    config = data_root / _CONFIG_FILE
    return load_settings(config if config.is_file() else {}).trash_days


def kept_until(operation: Operation) -> float | None:
    """Return when an operation may leave the trash, in seconds since 1970; None where somebody has to empty it.

    Raises:
        ConfigError: the configuration in the data root cannot be used.
    """
    return _end_of_keeping(operation, functools.partial(kept_days, operation.data_root))


def bytes_in_trash(operation: Operation) -> int:
    """Return what an operation has in the trash; code that other experiments share is not counted."""
    if operation.kind == DELETION:
        return sum(entry.size for entry in operation.entries)
    return _bytes_of(operation.trash)


def number_in_trash(operation: Operation) -> int:
    """Return how many experiments are in the trash: of copies, only those that had an earlier one in their place."""
    return sum(bool(trees_there(entry.place(operation.trash))) for entry in operation.entries)


def leftovers(data_root: Path) -> list[Path]:
    """Return the folders that are to go for good, and that an earlier attempt left."""
    return [data_root / TRASH / name for name in files.subfolders(data_root / TRASH) if name.startswith(_EMPTYING)]


def expired(data_root: str | os.PathLike[str], older_than: float | None = 0.0) -> list[Operation]:
    """Return the operations that `empty_trash` would remove for good, the oldest first."""
    return _expired(Operations(check_data_root(data_root)), older_than)


def empty_trash(
    data_root: str | os.PathLike[str],
    older_than: float | None = 0.0,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Emptied:
    """Remove for good what has been in the trash for some time.

    Args:
        data_root: the database folder.
        older_than: how long, in seconds; 0 removes all of it, None what was there for as long as it is kept.
        progress: is told how many operations are done, and how many there are.

    Raises:
        BatchError: an operation is under way.
        ConfigError: the configuration in the data root, which says how long, cannot be used.
        DataRootError: there is no such data root, or it cannot be written to.
        OSError: the trash cannot be written to.
    """
    operations = Operations(check_data_root(data_root))
    with operations.locked():
        put_in_order(operations)  # what is coming back from the trash must have left it
        return _empty(operations, older_than, progress)


def empty_expired(operations: Operations) -> int:
    """Remove what has been in the trash for longer than it is kept, and return the bytes that became free.

    The caller holds the lock.
    """
    try:
        emptied = _empty(operations, None)
    except (OSError, ConfigError) as error:
        warn_quietly(f"the trash of '{operations.data_root}' was not emptied of what is old: {error}")
        return 0
    for problem in emptied.problems:
        warn_quietly(problem)
    return emptied.freed


def _end_of_keeping(operation: Operation, default: Callable[[], float]) -> float | None:
    days = default() if operation.kept_days is None else operation.kept_days
    return _ended(operation) + days * _DAY_SECONDS if 0 < days < math.inf else None


def _ended(operation: Operation) -> float:
    return operation.ended or operation.started


def _expired(operations: Operations, older_than: float | None) -> list[Operation]:
    now = time.time()
    done = [operation for operation in operations.all() if operation.state == DONE]
    if older_than is not None:
        return [each for each in done if not older_than or _ended(each) <= now - older_than]
    default = functools.cache(functools.partial(kept_days, operations.data_root))
    ends = {each.id: _end_of_keeping(each, default) for each in done}
    return [each for each in done if (end := ends[each.id]) is not None and end <= now]


def _empty(
    operations: Operations,
    older_than: float | None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Emptied:
    gone = _expired(operations, older_than)
    in_trash = [operation for operation in gone if operation.trash.is_dir()]
    experiments = sum(map(number_in_trash, in_trash))
    for operation in in_trash:
        files.rename(operation.trash, operations.data_root / TRASH / f"{_EMPTYING}{operation.id}")
    for operation in gone:
        operations.forget(operation)
    folders = leftovers(operations.data_root)
    freed = 0
    problems = []
    for number, folder in enumerate(folders, start=1):
        size = _bytes_of(folder)
        try:
            files.remove_tree(folder)
        except OSError as error:  # of another user, say
            problems.append(f"'{error.filename or folder}' in the trash cannot be removed: {error.strerror or error}")
            size -= _bytes_of(folder)
        freed += size
        progress(number, len(folders))
    garbage = CodeStore(operations.data_root).collect_garbage() if folders else Garbage(0, 0)
    return Emptied(len(in_trash), experiments, freed + garbage.size, garbage.bodies, tuple(problems))


def _bytes_of(folder: Path) -> int:
    """Return the bytes of the files in a folder that have no name elsewhere."""
    total = 0
    seen: Counter[tuple[int, int]] = Counter()
    with contextlib.suppress(OSError):  # a folder of another user, say
        for _, _, status in walk(os.fspath(folder)):
            if not stat.S_ISDIR(status.st_mode):
                file = status.st_dev, status.st_ino
                seen[file] += 1
                total += status.st_size if seen[file] == status.st_nlink else 0
    return total
