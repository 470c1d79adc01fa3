"""The logger of this process, as a module: `from rla import logger; logger.record_tabular("loss", 0.1)`.

Each function is a method of one `rla.output.logger.Logger`; that class is the twin for programs that want several.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rla.clock import time_step_holder
from rla.names import BACKUP, DEBUG, DISABLED, ERROR, INFO, WARN
from rla.output.logger import Logger, process_logger
from rla.output.text_files import TABLE_SECONDS
from rla.timers import SingleTimeTracker, time_tracker

if TYPE_CHECKING:
    import pandas
    from tensorboardX import SummaryWriter

__all__ = [
    "BACKUP",
    "DEBUG",
    "DISABLED",
    "ERROR",
    "INFO",
    "WARN",
    "Logger",
    "audio",
    "backup",
    "close",
    "configure",
    "debug",
    "dump",
    "dump_tabular",
    "episodes",
    "error",
    "figure",
    "flush",
    "get_current",
    "get_dir",
    "get_tbx_writer",
    "histogram",
    "image",
    "info",
    "log",
    "log_from_tf_summary",
    "log_time_tracker",
    "ma_record_tabular",
    "name_to_value",
    "open_time_tracker",
    "read_csv",
    "read_json",
    "read_tb",
    "record",
    "record_all",
    "record_mean",
    "record_sum",
    "record_tabular",
    "reset",
    "scoped_configure",
    "set_level",
    "set_time",
    "table",
    "text",
    "timestep",
    "video",
    "warn",
]

DEFAULT_FORMATS = ("stdout", "log", "csv")

record_tabular = record = process_logger.record_tabular
record_mean = process_logger.record_mean
record_sum = process_logger.record_sum
record_all = process_logger.record_all
ma_record_tabular = process_logger.ma_record_tabular
dump_tabular = dump = process_logger.dump_tabular
episodes = process_logger.episodes
name_to_value = process_logger.name_to_value
log = process_logger.log
debug = process_logger.debug
info = process_logger.info
warn = process_logger.warn
error = process_logger.error
backup = process_logger.backup
set_level = process_logger.set_level
histogram = process_logger.histogram
image = process_logger.image
figure = process_logger.figure
video = process_logger.video
audio = process_logger.audio
text = process_logger.text
table = process_logger.table
get_dir = process_logger.get_dir
flush = process_logger.flush
close = process_logger.close


def configure(
    dir: str | os.PathLike[str] | None = None,
    format_strs: Sequence[str] | None = None,
    comm: object = None,
    framework: str | None = None,
    log_callback_fn: Callable[[dict[str, Any]], object] | None = None,
    table_seconds: float = TABLE_SECONDS,
) -> None:
    """Record into a folder, without an experiment of `exp_manager`.

    Args:
        dir: the folder; a new one for temporary files when None.
        format_strs: output formats; stdout, log and csv when None.
        comm: kept for scripts that pass it; it changes nothing.
        framework: kept for scripts that pass it; it changes nothing.
        log_callback_fn: called with a copy of each row in the thread that dumps it; what it raises goes through.
        table_seconds: tables on the terminal and in `log.txt` come at most so often; 0 shows every row.

    Raises:
        RunIsAliveError: another process records into this folder.
        ConfigValueError: there is no such format.
        OSError: the folder cannot be written.
    """
    process_logger.open(*_place(dir, format_strs), table_seconds=table_seconds)
    process_logger.log_callback = log_callback_fn
    info(f"Logging to {get_dir()}")


def _place(
    directory: str | os.PathLike[str] | None, formats: Sequence[str] | None
) -> tuple[str | os.PathLike[str], Sequence[str]]:
    directory = _temporary_folder() if directory is None else os.path.expanduser(directory)
    return directory, DEFAULT_FORMATS if formats is None else tuple(formats)


def _temporary_folder() -> str:
    import tempfile  # few scripts need it

    return tempfile.mkdtemp(prefix="rla-")


@contextlib.contextmanager
def scoped_configure(
    dir: str | os.PathLike[str] | None = None, format_strs: Sequence[str] | None = None, comm: object = None
) -> Iterator[None]:
    """Let a block record somewhere else, with an open row, averages and ``freq`` of its own.

        with logger.scoped_configure("evaluation", ["csv"]):
            evaluate(policy)

    Afterwards, also after an exception, all is as it was before the block. The time step goes on, and all threads are
    in the block. Where nothing is recorded because another rank does it, the block records nothing either. An
    experiment that begins or ends inside the block ends its recording too.

    Args:
        dir: the folder; a new one for temporary files when None.
        format_strs: output formats; stdout, log and csv when None.
        comm: kept for scripts that pass it; it changes nothing.

    Raises:
        RunIsAliveError: that folder is recorded into already, by this process or another one.
        ConfigValueError: there is no such format.
        OSError: the folder cannot be written.
    """
    inner = Logger(clock=time_step_holder)
    if process_logger.muted:
        inner.mute()
    else:
        inner.open(*_place(dir, format_strs))
    with process_logger.scope(inner):
        info(f"Logging to {get_dir()}")
        yield


def reset() -> None:
    """Write everything out, end the recording, and forget the open row."""
    process_logger.close()
    process_logger.reset()
    process_logger.log_callback = None
    for formats in (
        process_logger.output_formats,
        process_logger.warn_output_formats,
        process_logger.backup_output_formats,
    ):
        formats.clear()


def get_current() -> Logger:
    """Return the logger of this process."""
    return process_logger


def get_tbx_writer() -> SummaryWriter:
    """Return a tensorboardX writer for audio, video, embeddings and more.

    It feeds the same event file as the scalars of `record_tabular`.

    Raises:
        NotConfiguredError: nothing is recorded yet, so there is no event file.
    """
    from rla.output.tensorboardx import writer_for

    return writer_for(process_logger)


def log_from_tf_summary(summary: object) -> None:
    """Record a summary of TensorFlow: its scalars join the open row, all else goes to TensorBoard as it is.

    TensorFlow is not needed.

    Args:
        summary: a protocol buffer ``Summary`` (anything with ``SerializeToString``), or its bytes.

    Raises:
        TypeError: it is neither.
        ValueError: its bytes are no summary; nothing is recorded then.
    """
    from rla.output.summaries import record_summary

    record_summary(process_logger, summary)


def timestep() -> int | float:
    """Return the current time step."""
    return time_step_holder.get_time()


def set_time(ts: int | float) -> None:
    """Set the time step that the next records get."""
    time_step_holder.set_time(ts)


def open_time_tracker(name: str) -> SingleTimeTracker:
    """Return the timer of that name, for a ``with`` block."""
    return time_tracker(name)


def log_time_tracker() -> None:
    """Record the figures of all timers; the CSV is spared them."""
    time_tracker.log()


def read_csv(fname: str | os.PathLike[str]) -> pandas.DataFrame:
    """Read a `progress.csv` as a table of pandas, with the rows of a live or killed run that only its journal has.

    Args:
        fname: path of a `progress.csv`, or of the folder it stands in.

    Raises:
        FileNotFoundError: there is neither the file nor a journal beside it.
    """
    from rla.output.fold import has_journal
    from rla.output.reader import read_progress

    path = Path(fname)
    folder = path if path.is_dir() else path.parent
    if not (folder / "progress.csv").exists() and not has_journal(folder):
        raise FileNotFoundError(f"There are no records in '{folder}': expected a progress.csv.")
    return read_progress(folder).frame()


def read_json(fname: str | os.PathLike[str]) -> pandas.DataFrame:
    """Read a `progress.json` as a table of pandas, with the rows of a live or killed run that only its journal has.

    Args:
        fname: path of a file with a JSON object in each line, or of the folder with a `progress.json`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line that is complete is no JSON object; one that is cut short at the end is left out.
    """
    from rla.output.table_readers import read_json_table

    return read_json_table(fname)


def read_tb(path: str | os.PathLike[str]) -> pandas.DataFrame:
    """Read the scalars of TensorBoard's event files, those of other programs too, as a table of pandas.

    Args:
        path: an event file, a folder of event files, or the log folder of a run.

    Returns:
        A column for each tag, a row for each time step (the index), sorted by both. Where a tag has several values at
        a time step, the newest counts.

    Raises:
        FileNotFoundError: there is no event file.
        ValueError: the file is no event file.
    """
    from rla.output.table_readers import read_events_table

    return read_events_table(path)


time_tracker.listener = record_tabular
