"""Which files stand in a checkpoint folder, and in which order."""

from __future__ import annotations

import os
import re
from typing import Final

__all__ = ["list_checkpoints", "step_of"]

_SAVED: Final = re.compile(
    r"(?P<name>.+)_(?P<step>\d+)\.(?:pt|npz)|checkpoint-(?P<older_step>\d+)\.pt|(?P<oldest>checkpoint\.pt)"
)


def step_of(file_name: str) -> int | None:
    """Return the time step in the name of a checkpoint that was saved by us; None for all other files.

    Names are ``<checkpoint name>_<time step>.pt`` or ``….npz``; older ones ``checkpoint-<n>.pt``, and
    ``checkpoint.pt`` (step 0).
    """
    match = _SAVED.fullmatch(file_name)
    if match is None:
        return None
    return int(match["step"] or match["older_step"] or 0)


def list_checkpoints(folder: str | os.PathLike[str]) -> list[str]:
    """Return the names of all files in a checkpoint folder.

    Files of the user's come first, by their time; then ours, by time step, so that the last one is the newest.
    A folder that does not exist has none.
    """
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.stat().st_mtime) for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []

    def order(item: tuple[str, float]) -> tuple[bool, float, float, str]:
        name, modified = item
        step = step_of(name)
        return (step is not None, modified if step is None else step, modified, name)

    return [name for name, _ in sorted(found, key=order)]
