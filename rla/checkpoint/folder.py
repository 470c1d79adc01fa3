"""The checkpoints of one experiment: saved safely, kept in number, found and loaded again.

A checkpoint is written aside, brought onto the disk and renamed; its final name is the commit. So every file that is
listed is whole, and an older one is removed only after the new one is safe. Files of the user's in the same folder are
never touched.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.checkpoint.base import CheckpointSaver
from rla.checkpoint.listing import SavedFile, list_checkpoints, saved_file
from rla.checkpoint.registry import saver_for
from rla.errors import (
    CheckpointError,
    CheckpointNotFoundError,
    MissingPackageError,
    UntrustedPickleError,
    did_you_mean,
)
from rla.names import DEFAULT_CHECKPOINT

__all__ = ["CheckpointFolder", "load_checkpoint"]

_LONGEST_PROBLEM: Final = 200
_LONGEST_FILE_NAME: Final = 255
"""In bytes, on all usual file systems."""


class CheckpointFolder:
    """Saves checkpoints into a folder, and keeps the last ones of each name.

    Args:
        folder: the experiment's folder in the checkpoint tree.
        saver: the saver of the framework.
        max_to_keep: how many of each name are kept; all when None, 0 or negative.

    Raises:
        ValueError: ``max_to_keep`` is no whole number.
    """

    def __init__(self, folder: str | os.PathLike[str], saver: CheckpointSaver, max_to_keep: int | None) -> None:
        self.folder = Path(folder)
        self._saver = saver
        if max_to_keep is not None and not isinstance(max_to_keep, int):
            raise ValueError(f"max_to_keep is a whole number, or None to keep all; got {max_to_keep!r}.")
        self._max_to_keep = max(0, max_to_keep or 0)
        self._saved: dict[str, list[str]] = {}
        self._remark: str | None = None
        self._mutex = threading.Lock()

    def remark(self, content: dict[str, Any]) -> str | None:
        """Return what people should know of content that will be hard to load; None when that was just said."""
        remark = self._saver.remark(content)
        if remark == self._remark:
            return None
        self._remark = remark
        return remark

    def save(self, content: dict[str, Any], step: int, name: str = DEFAULT_CHECKPOINT, rotate: bool = True) -> Path:
        """Save a checkpoint as ``<name>_<step><suffix>``; one of that name and step is replaced.

        When this returns, the file is on the disk under its final name.

        Args:
            content: what the framework can write.
            step: the time step.
            name: a plain file name.
            rotate: whether older ones are removed.

        Raises:
            CheckpointError: it could not be written; all earlier ones are still there.
        """
        if not name or os.path.basename(name) != name or name.startswith(".") or "\0" in name:
            raise CheckpointError(f"checkpoint_name={name!r} is no plain file name; use one such as 'checkpoint'.")
        path = self.folder / f"{name}_{step}{self._saver.suffix}"
        if len(os.fsencode(path.name)) > _LONGEST_FILE_NAME:  # better said before gigabytes are written
            raise CheckpointError(f"checkpoint_name={name!r} is too long for the name of a file.")
        try:
            files.make_directories(self.folder)  # somebody may have removed it meanwhile
            with files.replacing(path) as stream:
                try:
                    self._saver.write(content, stream)
                except Exception as error:
                    if stream.problem is not None:  # frameworks hide it behind errors of their own
                        raise stream.problem from error
                    raise
        except Exception as error:  # of the disk, or of the framework, which may raise anything
            problem = (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"
            older = self._listed(name)
            kept = f" The last one that was saved stays: {older[-1]}." if older else ""
            raise CheckpointError(f"'{path}' was not saved: {problem}.{kept}") from error
        if rotate:
            with self._mutex:
                self._rotate(name, path.name)
        return path

    def _listed(self, name: str) -> list[str]:
        """Return our files of a name, by time step."""
        return [file for file, _ in _candidates(self.folder, name) if file.startswith(f"{name}_")]

    def _rotate(self, name: str, newest: str) -> None:
        """Remove the oldest files of a name, in the order in which they were saved."""
        saved = self._saved.get(name)
        if saved is None:
            saved = self._saved[name] = self._listed(name)
        if newest in saved:
            saved.remove(newest)
        saved.append(newest)
        for file in saved[: -self._max_to_keep] if self._max_to_keep else ():
            with contextlib.suppress(OSError):  # it is tried again after the next one
                files.remove(self.folder / file)
                saved.remove(file)


def load_checkpoint(
    folder: str | os.PathLike[str], step: int | None = None, name: str = DEFAULT_CHECKPOINT, trust: bool = False
) -> tuple[int, Any]:
    """Load a checkpoint.

    Args:
        folder: a folder of the checkpoint tree, also one of an older tool.
        step: its time step; the highest there is when None.
        name: the name it was saved by.
        trust: whether code in the file may run; only for files of one's own.

    Returns:
        Its time step and its content.

    Raises:
        CheckpointNotFoundError: there is none; the message lists those there are.
        UntrustedPickleError: it wants to run code, and is not trusted.
        MissingPackageError: its framework is not installed.
        CheckpointError: it is damaged; the message names those that may be tried instead.
    """
    path, saved = _find(Path(folder), step, name)
    saver = saver_for(saved.framework)
    try:
        files.open_regular(path).close()  # a named pipe would be waited for
        return saved.step, saver.read(str(path), trust)
    except (UntrustedPickleError, MissingPackageError):
        raise
    except Exception as error:  # a damaged file can make a framework raise anything
        others = [file for file, _ in _candidates(path.parent, name) if file != path.name]
        hint = f" Others of this run: {', '.join(others[-3:])}; give their step as ckp_index." if others else ""
        problem = f"{type(error).__name__}: {error}".split(". ")[0].splitlines()[0][:_LONGEST_PROBLEM]
        if isinstance(error, OSError) and error.strerror:
            raise CheckpointError(f"'{path}' cannot be read: {error.strerror}.{hint}") from error
        raise CheckpointError(
            f"'{path}' cannot be loaded; it is damaged or was cut short ({problem}).{hint}"
        ) from error


def _candidates(folder: Path, name: str) -> list[tuple[str, SavedFile]]:
    """Return the checkpoints of a name, by time step."""
    found = [(file, saved_file(file)) for file in list_checkpoints(folder)]
    return [(file, saved) for file, saved in found if saved is not None and saved.name == name]


def _find(folder: Path, step: int | None, name: str) -> tuple[Path, SavedFile]:
    candidates = _candidates(folder, name)
    wanted = [(file, saved) for file, saved in candidates if step is None or saved.step == step]
    if wanted:
        file, newest = wanted[-1]
        return folder / file, newest
    if candidates:
        listed = ", ".join(str(saved.step) for _, saved in candidates)
        raise CheckpointNotFoundError(f"There is no checkpoint of step {step} in '{folder}'; there are: {listed}.")
    listed_files = list_checkpoints(folder)
    names = sorted({saved.name for file in listed_files if (saved := saved_file(file)) is not None})
    known = f" Names there: {', '.join(names)}.{did_you_mean(name, names)}" if names else ""
    if foreign := [file for file in listed_files if file.startswith(f"{name}_") and saved_file(file) is None]:
        known += f" Is {', '.join(foreign[-3:])} of a framework whose package is not installed?"
    raise CheckpointNotFoundError(f"There is no checkpoint '{name}' in '{folder}'.{known}")
