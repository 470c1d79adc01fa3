"""Loggers with a folder of their own, for interfaces that are given one: one logger for a folder, whoever asks."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Final

from rla.clock import TimeStepHolder
from rla.errors import RunIsAliveError, warn_quietly
from rla.machine import host_name
from rla.output.logger import Logger
from rla.output.tensorboard import begin_events_in

__all__ = ["give_back", "logger_for"]

FORMATS: Final = ("csv", "tensorboard", "log")

_loggers: Final[dict[tuple[int, str], Logger]] = {}
"""Process and real path of a folder → the logger that records into it; a forked child finds none of its parent's."""

_users: Final[Counter[Logger]] = Counter()


def logger_for(directory: str) -> Logger:
    """Return the logger of a folder, which records from now on; `give_back` ends that.

    Where another process records into the folder, this one gets a subfolder.

    Args:
        directory: the folder, made when missing; one that was recorded into before is gone on with.

    Raises:
        OSError: the folder cannot be written.
    """
    key = (os.getpid(), os.path.realpath(directory))
    logger = _loggers.get(key)
    if logger is None or logger.get_dir() is None:
        logger = _loggers[key] = _opened(os.path.abspath(directory))  # the script may go into another folder later
    _users[logger] += 1
    return logger


def _opened(directory: str) -> Logger:
    logger = Logger(TimeStepHolder())  # others may be at other time steps
    begin_events_in(Path(directory))
    try:
        logger.open(directory, FORMATS)
    except RunIsAliveError:
        apart = f"{directory}/{host_name()}-{os.getpid()}"
        warn_quietly(f"something else records into '{directory}' already; this process records into '{apart}'")
        begin_events_in(Path(apart))
        logger.open(apart, FORMATS)
    return logger


def give_back(logger: Logger) -> None:
    """End the recording, unless somebody else still records into the folder."""
    _users[logger] -= 1
    if _users[logger] > 0:
        return
    del _users[logger]
    for key in [key for key, known in _loggers.items() if known is logger]:
        del _loggers[key]
    logger.close()
