"""The checkpoints of one experiment: saved safely, kept in number, found and loaded again.

A checkpoint is written aside, brought onto the disk and renamed; its final name is the commit. So every file that is
listed is whole, and an older one is removed only after the new one is safe. Files of the user's in the same folder are
never touched.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from rla import files
from rla.checkpoint import background
from rla.checkpoint.base import CheckpointSaver, FolderSaver
from rla.checkpoint.finding import candidates, find
from rla.checkpoint.registry import saver_for
from rla.checkpoint.retention import Metrics, Retention
from rla.checkpoint.staging import is_checkpoint_folder, remove_folder, save_folder
from rla.errors import (
    CheckpointError,
    MissingPackageError,
    UntrustedPickleError,
    warn_quietly,
)
from rla.names import DEFAULT_CHECKPOINT

__all__ = ["CheckpointFolder", "load_checkpoint"]

_LONGEST_PROBLEM: Final = 200
_LONGEST_FILE_NAME: Final = 255
"""In bytes, on all usual file systems."""


class CheckpointFolder:
    """Saves checkpoints into a folder, and keeps those that its rules say.

    Args:
        folder: the experiment's folder in the checkpoint tree.
        saver: the saver of the framework.
        max_to_keep: how many of each name are kept; all when None, 0 or negative.
        keep_every: the first one at or behind each multiple of so many time steps is kept for ever.
        best: ``"max"`` or ``"min"``: the one of the best metric is kept.

    Raises:
        ValueError: a rule is none; the message says which.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        saver: CheckpointSaver,
        max_to_keep: int | None,
        keep_every: float | None = None,
        best: str | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.retention = Retention(max_to_keep, keep_every, best)
        self._saver = saver
        self._saved: dict[str, list[str]] = {}
        self._metrics: Metrics | None = None
        self._metrics_to_write: dict[str, float] = {}
        self._remark: str | None = None
        self._mutex = threading.RLock()

    def remark(self, content: dict[str, Any]) -> str | None:
        """Return what people should know of content that will be hard to load; None when that was just said."""
        remark = self._saver.remark(content)
        if remark == self._remark:
            return None
        self._remark = remark
        return remark

    def save(
        self,
        content: dict[str, Any],
        step: int,
        name: str = DEFAULT_CHECKPOINT,
        rotate: bool = True,
        metric: float | None = None,
    ) -> Path:
        """Save a checkpoint as ``<name>_<step><suffix>``; one of that name and step is replaced.

        When this returns, the file is on the disk under its final name.

        Args:
            content: what the framework can write.
            step: the time step.
            name: a plain file name.
            rotate: whether older ones are removed; a process that does not own the folder removes none.
            metric: what makes it the best; None has no part in that.

        Raises:
            CheckpointError: it could not be written; all earlier ones are still there.
        """
        path = self._path(step, name)
        background.wait()
        saver = self._saver
        write = saver.write_files if isinstance(saver, FolderSaver) else saver.write
        self._save(path, name, lambda target: write(content, target), rotate, metric)
        return path

    def save_in_background(
        self,
        content: dict[str, Any],
        step: int,
        tell: Callable[[Exception], object],
        name: str = DEFAULT_CHECKPOINT,
        metric: float | None = None,
    ) -> Path:
        """Copy what a checkpoint holds, and save it in a thread, as `save` does; the one before is waited for.

        Args:
            content: what the framework can write; it may change when this has returned.
            step: the time step.
            tell: is given a `CheckpointError`, in the thread, when it could not be written.
            name: a plain file name.
            metric: what makes it the best; None has no part in that.

        Raises:
            CheckpointError: it could not be copied; all earlier ones are still there.
        """
        path = self._path(step, name)
        background.wait()  # before the copy is made, so that there is only one
        try:
            write = self._saver.frozen(content)
        except Exception as error:  # a framework may raise anything
            raise self._problem(path, name, error) from error
        background.start(lambda: self._save(path, name, write, True, metric), tell)
        return path

    def _path(self, step: int, name: str) -> Path:
        if not name or os.path.basename(name) != name or name.startswith(".") or "\0" in name:
            raise CheckpointError(f"checkpoint_name={name!r} is no plain file name; use one such as 'checkpoint'.")
        path = self.folder / f"{name}_{step}{self._saver.suffix}"
        if len(os.fsencode(path.name)) > _LONGEST_FILE_NAME:  # better said before gigabytes are written
            raise CheckpointError(f"checkpoint_name={name!r} is too long for the name of a file.")
        return path

    def _save(self, path: Path, name: str, write: Callable[[Any], None], rotate: bool, metric: float | None) -> None:
        try:
            files.make_directories(self.folder)  # somebody may have removed it meanwhile
            if rotate:
                self._forget_metric(path.name)
            self._write(path, write)
        except Exception as error:  # of the disk, or of the framework, which may raise anything
            raise self._problem(path, name, error) from error
        if rotate:
            with self._mutex:
                self._rotate(name, path.name, metric)

    def _write(self, path: Path, write: Callable[[Any], None]) -> None:
        if isinstance(self._saver, FolderSaver):
            save_folder(path, write)
            return
        with files.replacing(path) as stream:
            try:
                write(stream)
            except Exception as error:
                if stream.problem is not None:  # frameworks hide it behind errors of their own
                    raise stream.problem from error
                raise

    def _problem(self, path: Path, name: str, error: Exception) -> CheckpointError:
        problem = (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"
        older = self._listed(name)
        kept = f" The last one that was saved stays: {older[-1]}." if older else ""
        return CheckpointError(f"'{path}' was not saved: {problem}.{kept}")

    def _listed(self, name: str) -> list[str]:
        """Return our files of a name, by time step."""
        return [file for file, _ in candidates(self.folder, name) if file.startswith(f"{name}_")]

    def _rotate(self, name: str, newest: str, metric: float | None) -> None:
        """Remove the oldest files of a name, in the order in which they were saved, but those that stay."""
        saved = self._saved.get(name)
        if saved is None:
            saved = self._saved[name] = self._listed(name)
        if newest in saved:
            saved.remove(newest)
        saved.append(newest)
        try:
            metrics = self._keep_metric(newest, metric)
        except OSError as error:  # what the disk does not know must not decide what goes
            warn_quietly(f"the metric of '{newest}' could not be written: {error.strerror}; no checkpoint is removed")
            return
        for file in self.retention.superfluous(saved, metrics):
            with contextlib.suppress(OSError, ValueError):  # it is tried again after the next one
                self._remove(self.folder / file)
                saved.remove(file)

    def _remove(self, path: Path) -> None:
        if is_checkpoint_folder(path):
            remove_folder(path)
        else:
            files.remove(path)

    def _forget_metric(self, file: str) -> None:
        """Forget the metric of a file that is about to be replaced: what stands there says nothing of the new one."""
        with self._mutex:
            if self._metrics is None:
                self._metrics = Metrics(self.folder)
            values = dict(self._metrics.values)
            self._metrics_to_write.pop(file, None)
            if values.pop(file, None) is not None:
                self._metrics.write(self._metrics.best, values)

    def _keep_metric(self, file: str, metric: float | None) -> dict[str, float]:
        """Write down the metric of a file that was just saved, and return those of all."""
        assert self._metrics is not None  # there was a save
        if self.retention.best is None:
            return self._metrics.values
        if metric is not None:
            self._metrics_to_write[file] = metric
        known = {**self._metrics.values, **self._metrics_to_write}
        values = {file: value for file, value in known.items() if os.path.lexists(self.folder / file)}
        self._metrics.write(self.retention.best, values)
        self._metrics_to_write.clear()
        return values


def load_checkpoint(
    folder: str | os.PathLike[str],
    step: int | Literal["best"] | None = None,
    name: str = DEFAULT_CHECKPOINT,
    trust: bool = False,
    prefix: str = "",
) -> tuple[int, Any]:
    """Load a checkpoint; one that this process is still writing is waited for.

    Args:
        folder: a folder of the checkpoint tree, also one of an older tool.
        step: its time step; the highest there is when None, that of the best metric when ``"best"``.
        name: the name it was saved by.
        trust: whether code in the file may run; only for files of one's own.
        prefix: how the names begin of what is loaded; all when empty.

    Returns:
        Its time step and its content.

    Raises:
        CheckpointNotFoundError: there is none; the message lists those there are.
        UntrustedPickleError: it wants to run code, and is not trusted.
        MissingPackageError: its framework is not installed.
        CheckpointError: it is damaged; the message names those that may be tried instead.
    """
    background.wait()
    path, saved = find(Path(folder), step, name)
    saver = saver_for(saved.framework)
    try:
        if not is_checkpoint_folder(path):
            files.open_regular(path).close()  # a named pipe would be waited for
        return saved.step, saver.read_part(str(path), trust, prefix) if prefix else saver.read(str(path), trust)
    except (CheckpointError, UntrustedPickleError, MissingPackageError):
        raise
    except Exception as error:  # a damaged file can make a framework raise anything
        others = [file for file, _ in candidates(path.parent, name) if file != path.name]
        hint = f" Others of this run: {', '.join(others[-3:])}; give their step as ckp_index." if others else ""
        problem = f"{type(error).__name__}: {error}".split(". ")[0].splitlines()[0][:_LONGEST_PROBLEM]
        if isinstance(error, OSError) and error.strerror:
            raise CheckpointError(f"'{path}' cannot be read: {error.strerror}.{hint}") from error
        raise CheckpointError(
            f"'{path}' cannot be loaded; it is damaged or was cut short ({problem}).{hint}"
        ) from error
