"""Lines of text: the part of a logger that writes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

from rla.clock import TimeStepHolder
from rla.errors import warn_quietly
from rla.names import BACKUP, DEBUG, ERROR, INFO, LEVEL_NAMES, WARN
from rla.output.recording import Recording
from rla.output.records import Text
from rla.output.text_files import line_of, write_to_terminal
from rla.output.values import shown

__all__ = ["RowFormat", "TextFormat", "TextRecording"]


class RowFormat(Protocol):
    """An object of the user's that is called with each row, in the thread that dumps it.

    With a method ``writeseq`` it gets the lines of text as well, each as a sequence of texts.
    """

    def writekvs(self, kvs: dict[str, Any]) -> None:
        """Take a row."""


class TextFormat(Protocol):
    """An object of the user's that is called with each line of text, in the thread that writes it."""

    def writeseq(self, seq: Sequence[str]) -> None:
        """Take a line, given as the texts that it consists of."""


class TextRecording(Recording):
    """A recording that also takes lines of text.

    Args:
        clock: the holder of the time step.
        on_terminal: whether rows and text are shown on the terminal while nothing is recorded.

    Attributes:
        output_formats: objects of the user's that are called with each row, and with each line of text if they take it.
        warn_output_formats: the same for warnings and errors alone.
        backup_output_formats: the same for lines of the level ``BACKUP`` alone.
        level: lines of text below this level are left out.
    """

    def __init__(self, clock: TimeStepHolder, on_terminal: bool = True) -> None:
        super().__init__(clock, on_terminal)
        self.output_formats: list[RowFormat | TextFormat] = []
        self.warn_output_formats: list[RowFormat | TextFormat] = []
        self.backup_output_formats: list[RowFormat | TextFormat] = []
        self.level = INFO

    def log(self, *args: Any, level: int = INFO) -> None:
        """Write a line of text, its parts joined by spaces.

        Args:
            args: what is shown, as by `print`.
            level: a level such as ``INFO``; lines below the logger's level are left out.
        """
        if level >= self.level and not self.muted:
            self.write_line(" ".join(map(shown, args)), level)

    def write_line(self, text: str, level: int, on_terminal: bool = True) -> None:
        """Write a line of text as `log` does.

        Args:
            text: the line.
            level: a level such as ``INFO``.
            on_terminal: False where somebody else shows it there.
        """
        if level < self.level or self.muted:
            return
        line = Text(level, self.now(), time.time(), text)
        if self._to_terminal and on_terminal:
            self._show(line_of(line) + "\n")
        if (pipeline := self._own_pipeline()) is not None:
            pipeline.append(line)
        further = {WARN: self.warn_output_formats, ERROR: self.warn_output_formats, BACKUP: self.backup_output_formats}
        for output in (*self.output_formats, *further.get(level, ())):
            self._call_users_format(output, "writeseq", [line_of(line)])

    def _show(self, text: str) -> None:
        if (problem := write_to_terminal(text)) is not None:
            self._report(problem)

    def debug(self, *args: Any) -> None:
        """Write a line for those who look for a fault."""
        self.log(*args, level=DEBUG)

    def info(self, *args: Any) -> None:
        """Write a line of text."""
        self.log(*args, level=INFO)

    def warn(self, *args: Any) -> None:
        """Write a warning; it also goes to `warn.txt`."""
        self.log(*args, level=WARN)

    def warn_visibly(self, problem: str) -> None:
        """Write a warning, and show it also where the terminal is no output of the run."""
        self.warn(problem)
        if not (self._to_terminal or self.muted):
            warn_quietly(problem)

    def error(self, *args: Any) -> None:
        """Write an error; it also goes to `warn.txt`."""
        self.log(*args, level=ERROR)

    def backup(self, *args: Any) -> None:
        """Write a line that describes the experiment; it also goes to `backup.txt`."""
        self.log(*args, level=BACKUP)

    def set_level(self, level: int) -> None:
        """Leave out lines of text below a level.

        Raises:
            ValueError: the level is no number.
        """
        if not isinstance(level, int):
            raise ValueError(f"A level is a number such as {INFO} ({', '.join(LEVEL_NAMES.values())}); got {level!r}.")
        self.level = level

    def _call_users_format(self, output: RowFormat | TextFormat, method: str, content: object) -> None:
        """Hand a row (``writekvs``) or a line of text (``writeseq``) to a format; most take only one of these."""
        if not hasattr(output, method) and (hasattr(output, "writekvs") or hasattr(output, "writeseq")):
            return
        try:
            getattr(output, method)(content)
        except Exception as error:  # the user's code, called from a training step: it must not end the training
            problem = f"the output format {type(output).__name__} failed: {type(error).__name__}: {error}"
            self._warn_once(f"format {id(output)}", problem)
