"""Which files stand in a checkpoint folder, and in which order."""

from __future__ import annotations

import os
import re
from typing import Final, NamedTuple

from rla.checkpoint.registry import framework_of

__all__ = ["SavedFile", "list_checkpoints", "saved_file", "step_of"]

_SAVED: Final = re.compile(r"(?P<name>.+)_(?P<step>-?\d+)(?P<suffix>\.\w+)", re.DOTALL)
_OLDER: Final = re.compile(r"checkpoint(?:-(?P<step>\d+))?(?P<suffix>\.pt|\.index)")
_OLDER_FRAMEWORKS: Final = {".pt": "torch", ".index": "tensorflow"}


class SavedFile(NamedTuple):
    """What the name of a checkpoint says: the name it was saved by, its time step, and its framework."""

    name: str
    step: int
    framework: str


def saved_file(file_name: str) -> SavedFile | None:
    """Return what the name of a checkpoint that was saved by us says; None for all other files.

    Names are ``<checkpoint name>_<time step><suffix>`` with the suffix of a known saver; older ones are
    ``checkpoint-<n>.pt``, and ``checkpoint.pt`` (step 0), those of TensorFlow ``checkpoint-<n>.index``.
    """
    if older := _OLDER.fullmatch(file_name):
        return SavedFile("checkpoint", int(older["step"] or 0), _OLDER_FRAMEWORKS[older["suffix"]])
    match = _SAVED.fullmatch(file_name)
    framework = framework_of(match["suffix"]) if match else None
    return SavedFile(match["name"], int(match["step"]), framework) if match and framework else None


def step_of(file_name: str) -> int | None:
    """Return the time step in the name of a checkpoint that was saved by us; None for all other files."""
    saved = saved_file(file_name)
    return None if saved is None else saved.step


def list_checkpoints(folder: str | os.PathLike[str]) -> list[str]:
    """Return the names of all files in a checkpoint folder.

    Files of the user's come first, by their time; then ours, by time step, so that the last one is the newest.
    A folder that does not exist has none.
    """
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.name, modified)
                for entry in entries
                if not entry.name.startswith(".") and (modified := _modified(entry)) is not None
            ]
    except OSError:
        return []

    def order(item: tuple[str, float]) -> tuple[bool, float, float, str]:
        name, modified = item
        step = step_of(name)
        return (step is not None, modified if step is None else step, modified, name)

    return [name for name, _ in sorted(found, key=order)]


def _modified(entry: os.DirEntry[str]) -> float | None:
    """Return when an entry was changed; None when it has gone meanwhile. A link that leads nowhere is there, too."""
    for follow in (True, False):
        try:
            return entry.stat(follow_symlinks=follow).st_mtime
        except OSError:
            continue
    return None
