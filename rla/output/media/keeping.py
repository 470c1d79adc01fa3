"""Where pictures, sound, texts and tables of a run go: its journal, for TensorBoard, and files of its results."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from rla.output.events import whole_step
from rla.output.media.places import save_result
from rla.output.recording import Recording

__all__ = ["MediaKeeping"]


class MediaKeeping(Recording):
    """A recording beside which other things are kept, each at the current time step."""

    def save_result(
        self,
        name: str,
        ending: str,
        content: bytes,
        time_step: int | float | None,
        folder: str | os.PathLike[str],
        cover: bool = False,
    ) -> str | None:
        """Write a file of results, as `places.save_result` does; a disk that refuses it is told of once.

        Returns:
            Its path; None when the disk refused it.
        """
        try:
            return save_result(folder, name, ending, content, time_step, cover)
        except OSError as error:
            self._warn_once("results", f"'{name}' could not be saved into '{folder}': {error}")
            return None

    def _keeps(self, key: str) -> bool:
        """Say whether there is a run to keep something."""
        if self._own_pipeline() is not None:
            return True
        if self.get_dir() is None and not self.muted:
            needed = "exp_manager.log_files_gen() or logger.configure(…)"
            self._warn_once("media", f"'{key}' is not kept: there is nothing to keep it in before {needed}")
        return False

    def _to_tensorboard(
        self, key: str, saved: bool, pack: Callable[..., bytes], *content: Any, step: int | float | None = None
    ) -> None:
        """Hand something to TensorBoard; where that is not written, and no file either, one warning says so.

        Args:
            key: its name.
            saved: whether there is a file, too.
            pack: makes the event, of the key, the content, the time step and the time.
            content: what the event shows.
            step: the time step; the current one when None.
        """
        if "tensorboard" in self.formats:
            self.add_event(pack(key, *content, whole_step(self.now() if step is None else step), time.time()))
        elif not saved:
            problem = f"'{key}' is nowhere to be seen: TensorBoard would show it, and is no output of this run"
            self._warn_once("media without tensorboard", problem)

    def _save(self, key: str, ending: str, content: bytes, step: int | float | None = None) -> str | None:
        folder, time_step = self.results_dir, self.now() if step is None else step
        return None if folder is None else self.save_result(key, ending, content, time_step, folder)

    @contextlib.contextmanager
    def _guarded(self, key: str) -> Iterator[None]:
        """Let nothing that fails in here end a training; it is told of once for each key."""
        try:
            yield
        except Exception as error:  # of a foreign package, or no memory left
            self._warn_once(f"media {key}", f"'{key}' could not be recorded: {type(error).__name__}: {error}")

    def _tell_once(self, key: str) -> Callable[[str], None]:
        return lambda problem: self._warn_once(f"range {key}", problem)
