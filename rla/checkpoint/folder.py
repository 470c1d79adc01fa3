"""The checkpoints of one experiment: saved safely, kept in number, found and loaded again.

A checkpoint is written aside, brought onto the disk and renamed; its final name is the commit. So every file that is
listed is whole, and an older one is removed only after the new one is safe. Files of the user's in the same folder are
never touched.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.checkpoint.base import CheckpointSaver
from rla.checkpoint.listing import list_checkpoints, step_of
from rla.checkpoint.registry import saver_of_file
from rla.errors import (
    CheckpointError,
    CheckpointNotFoundError,
    MissingPackageError,
    UntrustedPickleError,
    did_you_mean,
)

__all__ = ["DEFAULT_NAME", "CheckpointFolder", "load_checkpoint"]

DEFAULT_NAME: Final = "checkpoint"
"""The name of checkpoints that were given none; files of older tools count as of this name."""

_LONGEST_PROBLEM: Final = 200


class CheckpointFolder:
    """Saves checkpoints into a folder, and keeps the last ones of each name.

    Args:
        folder: the experiment's folder in the checkpoint tree.
        saver: the saver of the framework.
        max_to_keep: how many of each name are kept; all when None or 0.
    """

    def __init__(self, folder: str | os.PathLike[str], saver: CheckpointSaver, max_to_keep: int | None) -> None:
        self.folder = Path(folder)
        self._saver = saver
        self._max_to_keep = max_to_keep or 0
        self._saved: dict[str, list[str]] = {}
        self._remarked = False

    def remark(self, content: dict[str, Any]) -> str | None:
        """Return, once, what people should know of content that will be hard to load."""
        remark = None if self._remarked else self._saver.remark(content)
        self._remarked = self._remarked or remark is not None
        return remark

    def save(self, content: dict[str, Any], step: int, name: str = DEFAULT_NAME) -> Path:
        """Save a checkpoint as ``<name>_<step><suffix>``; one of that name and step is replaced.

        When this returns, the file is on the disk under its final name.

        Args:
            content: what the framework can write.
            step: the time step.
            name: a plain file name.

        Raises:
            CheckpointError: it could not be written; all earlier ones are still there.
        """
        if not name or os.path.basename(name) != name or name.startswith(".") or "\0" in name:
            raise CheckpointError(f"checkpoint_name={name!r} is no plain file name; use one such as 'checkpoint'.")
        path = self.folder / f"{name}_{step}{self._saver.suffix}"
        try:
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
        self._rotate(name, path.name)
        return path

    def _listed(self, name: str) -> list[str]:
        """Return our files of a name, by time step."""
        ours = re.compile(rf"{re.escape(name)}_(\d+){re.escape(self._saver.suffix)}")
        found = [(int(match[1]), file) for file in list_checkpoints(self.folder) if (match := ours.fullmatch(file))]
        return [file for _, file in sorted(found)]

    def _rotate(self, name: str, newest: str) -> None:
        """Remove the oldest files of a name, in the order in which they were saved."""
        saved = self._saved.setdefault(name, self._listed(name))
        if newest in saved:
            saved.remove(newest)
        saved.append(newest)
        while self._max_to_keep and len(saved) > self._max_to_keep:
            try:
                files.remove(self.folder / saved[0])
            except OSError:  # it is tried again after the next one
                return
            del saved[0]


def load_checkpoint(
    folder: str | os.PathLike[str], step: int | None = None, name: str = DEFAULT_NAME, trust: bool = False
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
    path, found = _find(Path(folder), step, name)
    saver = saver_of_file(path.name)
    if saver is None:
        raise CheckpointError(f"Nobody reads files such as '{path}'; is the package of its framework installed?")
    try:
        return found, saver.read(str(path), trust)
    except (UntrustedPickleError, MissingPackageError):
        raise
    except Exception as error:  # a damaged file can make a framework raise anything
        others = [file for file in _candidates(path.parent, name) if file != path.name]
        hint = f" Others of this run: {', '.join(others[-3:])}; give their step as ckp_index." if others else ""
        problem = f"{type(error).__name__}: {error}".split(". ")[0].splitlines()[0][:_LONGEST_PROBLEM]
        raise CheckpointError(
            f"'{path}' cannot be loaded; it is damaged or was cut short ({problem}).{hint}"
        ) from error


def _candidates(folder: Path, name: str) -> list[str]:
    """Return the checkpoints of a name, by time step; for the default name, those of older tools too."""
    ours = re.compile(rf"{re.escape(name)}_\d+\.\w+")
    older = re.compile(r"checkpoint-\d+\.pt|checkpoint\.pt")
    names = list_checkpoints(folder)
    return [file for file in names if ours.fullmatch(file) or (name == DEFAULT_NAME and older.fullmatch(file))]


def _find(folder: Path, step: int | None, name: str) -> tuple[Path, int]:
    candidates = _candidates(folder, name)
    steps = {file: _step(file) for file in candidates}
    wanted = [file for file in candidates if step is None or steps[file] == step]
    if wanted:
        newest = max(wanted, key=lambda file: steps[file])  # the last of equal ones: listed by time
        return folder / newest, steps[newest]
    if candidates:
        listed = ", ".join(str(steps[file]) for file in candidates)
        raise CheckpointNotFoundError(f"There is no checkpoint of step {step} in '{folder}'; there are: {listed}.")
    names = sorted({file.rpartition("_")[0] for file in list_checkpoints(folder) if step_of(file) is not None} - {""})
    known = f" Names there: {', '.join(names)}.{did_you_mean(name, names)}" if names else ""
    raise CheckpointNotFoundError(f"There is no checkpoint '{name}' in '{folder}'.{known}")


def _step(file: str) -> int:
    step = step_of(file)
    return int(file.rpartition("_")[2].partition(".")[0]) if step is None else step
