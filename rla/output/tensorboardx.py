"""A tensorboardX writer that feeds the event file of the run instead of one of its own.

TensorBoard's live reader drops later scalars of a first file once a second one appears in the folder, so all events
of a process belong into one file. They travel through the journal like rows do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from rla.errors import NotConfiguredError
from rla.optional import require
from rla.output.logger import Logger
from rla.output.tensorboard import events_folder

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

__all__ = ["new_writer", "writer_for"]

_writers: WeakKeyDictionary[Logger, tuple[str, SummaryWriter]] = WeakKeyDictionary()


class _EventSink:
    """Takes the place of tensorboardX's `EventFileWriter`: hands each event on."""

    def __init__(self, folder: str, add_event: Callable[[bytes], None], flush: Callable[[], None]) -> None:
        self._folder = folder
        self._add_event = add_event
        self._flush = flush

    def get_logdir(self) -> str:
        return self._folder

    def add_event(self, event: Any) -> None:
        self._add_event(event.SerializeToString())

    def flush(self) -> None:
        self._flush()

    def close(self) -> None:
        self._flush()

    def reopen(self) -> None:
        """Nothing was closed: the file belongs to the run."""


def writer_for(logger: Logger) -> SummaryWriter:
    """Return the tensorboardX writer of a logger's run; the same one for the same run.

    Raises:
        NotConfiguredError: nothing is recorded, or not for TensorBoard.
        MissingPackageError: tensorboardX is not installed.
    """
    directory = logger.get_dir()
    if not logger.muted and (directory is None or "tensorboard" not in logger.formats):
        raise NotConfiguredError(
            "logger.get_tbx_writer()", "exp_manager.log_files_gen() (with tensorboard in LOG_USED of the configuration)"
        )
    directory = directory or "."
    cached = _writers.get(logger)
    if cached is None or cached[0] != directory:
        writer = new_writer(str(events_folder(Path(directory))), logger.add_event, logger.flush)
        cached = _writers[logger] = (directory, writer)
    return cached[1]


def new_writer(
    folder: str, add_event: Callable[[bytes], None], flush: Callable[[], None] = lambda: None
) -> SummaryWriter:
    """Return a tensorboardX writer without a file.

    Args:
        folder: what it calls its folder.
        add_event: takes each event, packed.
        flush: called when it is flushed or closed.

    Raises:
        MissingPackageError: tensorboardX is not installed, or too old.
    """
    tensorboardx = require("tensorboardX", "tensorboard", minimum="2.6")
    file_writer_class = require("tensorboardX.writer", "tensorboard").FileWriter

    class JournalFileWriter(file_writer_class):  # type: ignore[misc,valid-type]  # a base that is only known here
        """A `FileWriter` without a file."""

        def __init__(self) -> None:  # the base would open a file
            self.event_writer = _EventSink(folder, add_event, flush)
            self._default_metadata: dict[str, Any] = {}

    class JournalSummaryWriter(tensorboardx.SummaryWriter):  # type: ignore[misc,name-defined]  # likewise
        """A `SummaryWriter` whose events go into the run's journal."""

        def _get_file_writer(self) -> Any:
            if self.file_writer is None:
                self.file_writer: Any = JournalFileWriter()
                self.all_writers = {folder: self.file_writer}
            return self.file_writer

    writer: SummaryWriter = JournalSummaryWriter(folder)
    return writer
