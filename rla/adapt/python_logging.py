"""Records of Python's `logging` in the run's `log.txt`; warnings and errors also in `warn.txt`.

`capture_logging()`, called once, does it for all experiments of the process.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any, Final

from rla.errors import RLAWarning
from rla.names import DEBUG, ERROR, INFO, WARN
from rla.output.logger import Logger, process_logger

__all__ = ["RlaHandler", "capture_logging"]

_OWN_WARNING: Final = f"{RLAWarning.__name__}: "

_within: Final = threading.local()
"""Whether this thread emits a record just now, and which was the last one."""


def capture_logging(source: logging.Logger | str | None = None, level: int | str | None = None) -> RlaHandler:
    """Let the records of a logger of Python's `logging`, and of those below it, go into the run as well.

    Args:
        source: the logger or its name; the root when None. A second call finds the handler of the first.
        level: set as the level of that logger, e.g. ``logging.INFO``; when None it stays, and the root's is WARNING
            unless the script says otherwise.

    Returns:
        The handler, for a formatter or filters of your own.
    """
    logger = source if isinstance(source, logging.Logger) else logging.getLogger(source)
    handler = next((each for each in logger.handlers if isinstance(each, RlaHandler)), None)
    if handler is None:
        handler = RlaHandler()
        logger.addHandler(handler)
    if level is not None:
        logger.setLevel(level)
    return handler


class RlaHandler(logging.Handler):
    """Hands records of Python's `logging` to the logger of the process, whatever experiment that is in.

    Before a run they appear on the terminal alone. What another handler shows on the terminal is not shown twice.
    Levels become those of rla (CRITICAL is an error), and `rla.logger.set_level` counts as well.

    Args:
        level: records below are left out.
        logger: the logger that gets them.
    """

    def __init__(self, level: int | str = logging.NOTSET, logger: Logger = process_logger) -> None:
        super().__init__(level)
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        self._logger = logger

    def createLock(self) -> None:  # noqa: N802  # the name that `logging` calls
        """Do without a lock: the logger has its own, and a thread that holds that one may be logging just now."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Emit a record that passes the filters, without a lock (see `createLock`)."""
        passed: Any = self.filter(record)  # since Python 3.12 a filter may return another record
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; what goes wrong is told on stderr, as by every handler, and raises nothing."""
        if getattr(_within, "emitting", False) or self._is_taken(record):
            return
        _within.emitting = True
        try:
            self._write(record)
        except Exception:  # a message that does not fit its arguments, a class of the user's
            self.handleError(record)
        finally:
            _within.emitting = False

    def _is_taken(self, record: logging.LogRecord) -> bool:
        """Say whether the handler of a logger further down has just written the record."""
        last, taker = getattr(_within, "last", (None, None))
        if last is not None and last() is record and taker is self._logger:
            return True
        _within.last = weakref.ref(record), self._logger  # a record may hold all frames of an exception
        return False

    def _write(self, record: logging.LogRecord) -> None:
        shown_elsewhere = any(_shows_on_terminal(handler, record) for handler in _handlers_of(record))
        if _comes_from_rla(record):
            shown = shown_elsewhere
        else:
            self._logger.write_line(self.format(record), _level_of(record), on_terminal=not shown_elsewhere)
            shown = shown_elsewhere or self._logger.shows_text
        if not shown and record.levelno >= logging.WARNING and logging.lastResort is not None:
            logging.lastResort.handle(record)  # on stderr, where Python shows it as long as there is no handler


def _comes_from_rla(record: logging.LogRecord) -> bool:
    """Say whether rla has written this where it belongs, or whether writing it would lead to the next such record."""
    if threading.current_thread().name in ("rla-writer", "rla-terminal"):  # an output that logs what it does
        return True
    return record.name == "py.warnings" and _OWN_WARNING in record.getMessage()


def _level_of(record: logging.LogRecord) -> int:
    if record.levelno >= logging.ERROR:
        return ERROR
    if record.levelno >= logging.WARNING:
        return WARN
    return INFO if record.levelno >= logging.INFO else DEBUG


def _handlers_of(record: logging.LogRecord) -> Iterator[logging.Handler]:
    """Yield the handlers that a record reaches."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None:
        yield from logger.handlers
        logger = logger.parent if logger.propagate else None


def _shows_on_terminal(handler: logging.Handler, record: logging.LogRecord) -> bool:
    """Say whether a handler writes a record to stdout or stderr: one with a stream, or rich's with a console."""
    if isinstance(handler, RlaHandler) or record.levelno < handler.level:
        return False
    stream = getattr(handler, "stream", None) or getattr(getattr(handler, "console", None), "file", None)
    if stream is None:
        return False
    if stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        return True
    with contextlib.suppress(Exception):  # whatever a stream of the user's is
        return bool(stream.isatty())
    return False
