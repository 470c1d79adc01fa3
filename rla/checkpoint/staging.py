"""Checkpoints of several files: a folder that is written aside and renamed, and in it the file that says which count.

    checkpoint_1000.tf/
        checkpoint                            names the prefix of the files that count: the commit
        weights-1.index  weights-1.data-…     written by the framework

A first save is committed by the rename of the whole folder. Another one at the same step brings its files into the
folder under the next number; then `checkpoint` is replaced, and the former files go. So a reader finds the old files or
the new ones, whole, whenever the writer is killed. `checkpoint` is the state file of TensorFlow (`CheckpointState` of
`checkpoint_state.proto`, as text): `tf.train.latest_checkpoint(folder)` reads it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rla import files

__all__ = ["is_checkpoint_folder", "prefix_of", "remove_folder", "save_folder"]

_STATE_FILE: Final = "checkpoint"
_STATE: Final = re.compile(r'model_checkpoint_path: "(weights-(\d{1,15}))"')
_LARGEST_STATE: Final = 1 << 16


def save_folder(path: Path, write: Callable[[str], None]) -> None:
    """Save a checkpoint of several files; one that is there is replaced. When this returns, it is on the disk.

    Args:
        path: the folder.
        write: writes the files; it is given the prefix of their paths.

    Raises:
        FileExistsError: there is something else of that name.
        Exception: what ``write`` or the disk raised; what was there before is unchanged.
    """
    staging = files.create_directory_aside(path)
    try:
        number = _number_of(path) + 1
        prefix = f"weights-{number}"
        write(str(staging / prefix))
        text = f'model_checkpoint_path: "{prefix}"\nall_model_checkpoint_paths: "{prefix}"\n'
        state = files.create_new(staging / _STATE_FILE)
        try:
            files.append(state, text.encode())
        finally:
            os.close(state)
        for name in os.listdir(staging):
            with files.descriptor(staging / name, os.O_RDONLY) as file:
                files.fsync(file)
        files.fsync_directory(staging)
        if number == 1:
            files.rename(staging, path)
            files.fsync_directory(path.parent)
        else:
            _move_into(staging, path, prefix)
    except BaseException:
        with contextlib.suppress(OSError):
            files.remove_tree(staging)
        raise


def _move_into(staging: Path, path: Path, prefix: str) -> None:
    """Bring new files into a folder, let them count, and remove the former ones."""
    for name in os.listdir(staging):
        if name != _STATE_FILE:
            files.rename(staging / name, path / name)
    files.fsync_directory(path)
    files.rename(staging / _STATE_FILE, path / _STATE_FILE)
    files.fsync_directory(path)
    files.remove_directory(staging)
    for name in os.listdir(path):
        if re.match(r"weights-\d+\.", name) and not name.startswith(f"{prefix}."):
            with contextlib.suppress(OSError):  # they do not count any more
                files.remove(path / name)


def _number_of(path: Path) -> int:
    """Return the highest number of files in a folder of ours, 0 where there is none.

    Raises:
        FileExistsError: there is something else of that name.
    """
    if not os.path.lexists(path):
        return 0
    if not is_checkpoint_folder(path):
        raise FileExistsError(errno.EEXIST, "there is something else of that name", str(path))
    numbers = [re.match(r"weights-(\d+)\.", name) for name in os.listdir(path)]
    return max((int(match[1]) for match in numbers if match), default=1)


def is_checkpoint_folder(path: str | os.PathLike[str]) -> bool:
    """Say whether a folder is a checkpoint of several files."""
    try:
        prefix_of(path)
    except (OSError, ValueError):
        return False
    return True


def prefix_of(path: str | os.PathLike[str]) -> str:
    """Return with which the paths of the files begin that count in a checkpoint of several files.

    Raises:
        OSError: it is none, or cannot be read.
        ValueError: the file that names them is damaged.
    """
    text = files.read_regular(Path(path) / _STATE_FILE, _LARGEST_STATE).decode("utf-8", "replace")
    found = _STATE.search(text)
    if found is None:
        raise ValueError(f"'{_STATE_FILE}' in it names no files of ours")
    return str(Path(path) / found[1])


def remove_folder(path: Path) -> None:
    """Remove a checkpoint of several files at once: by its name first, so that nobody finds the half of it.

    Raises:
        OSError: it could not be removed.
    """
    aside = files.create_directory_aside(path)
    try:
        files.rename(path, aside)
    except BaseException:
        files.remove_directory(aside)
        raise
    files.remove_tree(aside)
