"""Loggers as OpenAI baselines make them: `Logger(dir=…, output_formats=[…])` hands all it gets to these formats."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from typing import Any

from rla.clock import TimeStepHolder, time_step_holder
from rla.errors import warn_quietly
from rla.output.logger import Logger

__all__ = ["attach"]


def _set_comm(self: Logger, comm: object) -> None:
    """Do nothing: of a distributed training rank 0 records its own values; they are not averaged over ranks."""


def _with_formats(init: Callable[..., None]) -> Callable[..., None]:
    def init_with_formats(
        self: Logger,
        dir: str | os.PathLike[str] | TimeStepHolder | None = None,
        output_formats: Iterable[Any] | None = None,
        warn_output_formats: Iterable[Any] | None = None,
        backup_output_formats: Iterable[Any] | None = None,
        comm: object = None,
        log_callback_fn: Callable[[dict[str, Any]], object] | None = None,
        *,
        clock: TimeStepHolder = time_step_holder,
        on_terminal: bool = True,
    ) -> None:
        """Make a logger.

        Args:
            self: the logger.
            dir: what `get_dir` tells; nothing is written there.
            output_formats: formats that get each row and each line of text, instead of the terminal; `close` closes
                them.
            warn_output_formats: formats that get warnings and errors as well.
            backup_output_formats: formats that get lines of the level ``BACKUP`` as well.
            comm: kept for scripts that pass it; it changes nothing.
            log_callback_fn: called with a copy of each row; what it raises goes through.
            clock: the holder of the time step.
            on_terminal: whether rows and text are shown on the terminal while nothing is recorded.
        """
        # the class itself has the clock in the first place
        init(self, dir if isinstance(dir, TimeStepHolder) else clock, on_terminal and output_formats is None)
        self.output_formats.extend(output_formats or ())
        self.warn_output_formats.extend(warn_output_formats or ())
        self.backup_output_formats.extend(backup_output_formats or ())
        self.log_callback = log_callback_fn
        if dir is not None and not isinstance(dir, TimeStepHolder):
            vars(self)["_given_dir"] = os.fspath(dir)
        if output_formats is not None:
            vars(self)["_has_given_formats"] = True

    return init_with_formats


def _telling_given_dir(get_dir: Callable[[Logger], str | None]) -> Callable[[Logger], str | None]:
    @functools.wraps(get_dir)
    def get_dir_or_given(self: Logger) -> str | None:
        return get_dir(self) or getattr(self, "_given_dir", None)

    return get_dir_or_given


def _closing_given_formats(close: Callable[[Logger], None]) -> Callable[[Logger], None]:
    @functools.wraps(close)
    def close_with_formats(self: Logger) -> None:
        close(self)
        if not hasattr(self, "_has_given_formats"):
            return
        for given in (*self.output_formats, *self.warn_output_formats, *self.backup_output_formats):
            try:
                getattr(given, "close", lambda: None)()
            except Exception as error:  # the user's code: it must not end the training
                warn_quietly(f"{type(given).__name__} could not be closed: {type(error).__name__}: {error}")

    return close_with_formats


def attach() -> None:
    """Let `Logger` be made in the old way; calling it again changes nothing."""
    if hasattr(Logger, "set_comm"):
        return
    Logger.__init__ = _with_formats(Logger.__init__)  # type: ignore[method-assign]
    Logger.get_dir = _telling_given_dir(Logger.get_dir)  # type: ignore[method-assign,assignment]
    Logger.close = _closing_given_formats(Logger.close)  # type: ignore[method-assign,assignment]
    Logger.set_comm = _set_comm  # type: ignore[attr-defined]
