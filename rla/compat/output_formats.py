"""Output formats as objects, as users of OpenAI baselines make and append them: `Logger.CURRENT.output_formats`.

They are thin over the outputs of `rla.output`, and independent of the run: each writes a file of its own, in the thread
that dumps the row. What a run itself records goes through its journal and needs none of them.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from rla import files
from rla.clock import time_step_holder
from rla.errors import warn_quietly
from rla.names import TIME_STEP, TIMESTAMP
from rla.output.base import AppendedFile, Output
from rla.output.csv_file import CsvOutput
from rla.output.json_lines import JsonOutput
from rla.output.pipeline import is_written
from rla.output.records import Event, Record, Row
from rla.output.registry import check_formats, make_output
from rla.output.table import format_table
from rla.output.tensorboard import TensorBoardOutput
from rla.output.values import as_number, as_value

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

__all__ = [
    "CSVOutputFormat",
    "HumanOutputFormat",
    "JSONOutputFormat",
    "KVWriter",
    "SeqWriter",
    "TensorBoardOutputFormat",
    "make_output_format",
]

WAITING_RECORDS: Final = 10_000
"""So many wait in memory while the disk takes none; then the oldest are lost."""

REMEMBERED_SCHEMAS: Final = 1000


class KVWriter:
    """Takes rows: the base of formats of one's own."""

    def writekvs(self, kvs: Mapping[str, Any]) -> None:
        """Take a row.

        Args:
            kvs: the values, by key.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what to do with a row: define writekvs(kvs)")


class SeqWriter:
    """Takes lines of text: the base of formats of one's own."""

    def writeseq(self, seq: Iterable[str]) -> None:
        """Take a line.

        Args:
            seq: the texts that it consists of.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what to do with text: define writeseq(seq)")


class HumanOutputFormat(KVWriter, SeqWriter):
    """Writes tables of rows, and lines of text, for people.

    Args:
        filename_or_file: path of a file, which is gone on with, or a stream of text.

    Raises:
        TypeError: it is neither.
        OSError: the file cannot be written.
    """

    def __init__(self, filename_or_file: str | os.PathLike[str] | TextIO) -> None:
        self._file: AppendedFile | None = None
        if isinstance(filename_or_file, (str, os.PathLike)):
            self._file = AppendedFile(_free(Path(filename_or_file)))
            self._write: Callable[[str], object] = self._append
        elif hasattr(filename_or_file, "write"):
            self._write = filename_or_file.write
        else:
            kind = type(filename_or_file).__name__
            raise TypeError(f"HumanOutputFormat takes a path or a stream of text such as sys.stdout; got {kind}.")
        self._flush: Callable[[], object] = getattr(filename_or_file, "flush", lambda: None)

    def _append(self, text: str) -> None:
        assert self._file is not None
        self._file.append(text.encode("utf-8", "backslashreplace"))

    def writekvs(self, kvs: Mapping[str, Any]) -> None:
        """Write the table of a row."""
        self._write(format_table({str(key): as_value(value) for key, value in kvs.items()}))
        self._flush()

    def writeseq(self, seq: Iterable[str]) -> None:
        """Write a line, its parts joined by spaces."""
        self._write(" ".join(map(str, seq)) + "\n")
        self._flush()

    def close(self) -> None:
        """Close the file; a stream that was given stays open."""
        if self._file is not None:
            self._file.close()


class OutputFormat(KVWriter):
    """Hands rows to an output of `rla.output` at once, instead of through the journal of a run.

    Args:
        output: the output.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._mutex = threading.Lock()
        self._waiting: deque[Record] = deque(maxlen=WAITING_RECORDS)
        self._keys: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._nothing: Mapping[str, frozenset[str]] = {}

    def writekvs(self, kvs: Mapping[str, Any]) -> None:
        """Write a row.

        Raises:
            OSError: the file takes nothing; the row is tried again with the next one.
        """
        self._take(self._row_of(kvs))

    def _row_of(self, kvs: Mapping[str, Any]) -> Row:
        step = as_number(kvs.get(TIME_STEP, time_step_holder.get_time()))
        moment = float(as_number(kvs.get(TIMESTAMP, time.time())))
        if len(self._keys) > REMEMBERED_SCHEMAS:
            self._keys.clear()
        names = tuple(map(str, kvs))
        keys = self._keys.setdefault(names, names)  # outputs know rows of the same keys by the very same tuple
        return Row(keys, [as_value(value) for value in kvs.values()], step, moment, self._nothing)

    def _take(self, record: Record) -> None:
        with self._mutex:
            self._waiting.append(record)
            self._hand_over()

    def _hand_over(self) -> None:
        for _ in range(self._output.write(list(self._waiting))):
            self._waiting.popleft()
        if self._waiting:  # nobody would call again at the end of the program
            self._output.settle()
            for _ in range(self._output.write(list(self._waiting))):
                self._waiting.popleft()
        for notice in self._output.notices:
            warn_quietly(notice)
        self._output.notices.clear()

    def close(self) -> None:
        """Write what could not be written yet, and close the file."""
        with self._mutex:
            try:
                if self._waiting:
                    self._hand_over()
            finally:
                self._output.close()


class _JsonFile(JsonOutput):
    def path_in(self, directory: Path) -> Path:
        return directory  # it is made with the path of the file


class _CsvFile(CsvOutput):
    def path_in(self, directory: Path) -> Path:
        return directory  # likewise

    def long_path_in(self, directory: Path) -> Path:
        return directory.with_suffix(".long.csv")


class _EventFile(TensorBoardOutput):
    @classmethod
    def folder_in(cls, directory: Path) -> Path:
        return directory / "events"


class JSONOutputFormat(OutputFormat):
    """Writes a JSON object for each row.

    Args:
        filename: the file; one that is there is gone on with.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, filename: str | os.PathLike[str]) -> None:
        super().__init__(_JsonFile(_free(Path(filename))))


class CSVOutputFormat(OutputFormat):
    """Writes a line for each row, with a column for each key; for a key that comes late the file is written anew.

    Args:
        filename: the file; one that is there is gone on with.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, filename: str | os.PathLike[str]) -> None:
        super().__init__(_CsvFile(_free(Path(filename))))


class TensorBoardOutputFormat(OutputFormat):
    """Writes the numbers of each row into an event file of its own, in the folder ``events``.

    Args:
        dir: where that folder stands.
        framework: kept for scripts that pass it; it changes nothing.

    Raises:
        ValueError: a logger records into that folder, and TensorBoard would not show both files.
        OSError: the file cannot be written.
    """

    def __init__(self, dir: str | os.PathLike[str], framework: str | None = None) -> None:
        self.dir = os.fspath(dir)
        if is_written(_EventFile.folder_in(Path(dir))):
            raise ValueError(
                f"A logger writes the event file in '{self.dir}' itself, and TensorBoard follows one file of a folder: "
                "use logger.get_tbx_writer(), or another folder."
            )
        super().__init__(_EventFile(Path(dir)))

    @functools.cached_property
    def writer(self) -> SummaryWriter:
        """The tensorboardX writer of the same event file, for images, histograms and more."""
        from rla.output.tensorboardx import new_writer

        return new_writer(str(_EventFile.folder_in(Path(self.dir))), lambda event: self._take(Event(event)))

    def add_hyper_params_to_tb(
        self, hyper_param: Mapping[str, Any], metric_dict: Mapping[str, float] | None = None
    ) -> None:
        """Show hyper-parameters in the TEXT tab, and with metrics in the HPARAMS tab too.

        Args:
            hyper_param: the hyper-parameters, by name; those whose names say that they are secrets are masked.
            metric_dict: the metrics to compare by, with their values at this time step.
        """
        from rla.compat.summaries import hyper_parameter_events  # few scripts need it

        for event in hyper_parameter_events(hyper_param, metric_dict):
            self._take(Event(event))


def _free(path: Path) -> Path:
    """Return a path that no logger writes to."""
    if is_written(path):
        raise ValueError(f"'{path}' is written by a logger itself; give this format a file of another name.")
    files.make_directories(path.absolute().parent)
    return path


_TEXT_FORMATS: Final = ("log", "warn", "backup")


def make_output_format(
    format: str, ev_dir: str | os.PathLike[str], log_suffix: str = "", framework: str = "tensorflow"
) -> KVWriter:
    """Make a format by its name, with a file in a folder.

    Args:
        format: ``stdout``, ``log``, ``warn``, ``backup``, ``json``, ``csv``, ``tensorboard``, or one that was
            registered.
        ev_dir: the folder, made when missing.
        log_suffix: stands in the name of the file: ``log<suffix>.txt``, ``progress<suffix>.csv``, ``tb<suffix>``, …
        framework: kept for scripts that pass it; it changes nothing.

    Raises:
        ConfigValueError: there is no such format (a ValueError).
        OSError: the file cannot be written.
    """
    check_formats((format,), "The format", "make_output_format()")
    folder = Path(ev_dir)
    if format == "stdout":
        import sys

        return HumanOutputFormat(sys.stdout)
    if format in _TEXT_FORMATS:
        return HumanOutputFormat(folder / f"{format}{log_suffix}.txt")
    if format == "json":
        return JSONOutputFormat(folder / f"progress{log_suffix}.json")
    if format == "csv":
        return CSVOutputFormat(folder / f"progress{log_suffix}.csv")
    if format == "tensorboard":
        return TensorBoardOutputFormat(folder / f"tb{log_suffix}", framework)
    files.make_directories(folder)
    return OutputFormat(make_output(format, folder))
