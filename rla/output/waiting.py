"""Waiting for the writer: as long as it gets on, with a line on the terminal when it takes a while."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import Final

__all__ = ["wait_while_it_gets_on"]

SILENT_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.1
_ERASE: Final = "\r\x1b[K"


def wait_while_it_gets_on(
    done: Callable[[], bool], wait: Callable[[float], object], left: Callable[[], tuple[int, int]], patience: float
) -> None:
    """Wait until something is done, but not longer than it stands still.

    Args:
        done: says whether it is.
        wait: waits so many seconds, or shorter when something happens.
        left: says how many rows are left, and how many steps of work were done until now.
        patience: seconds without any work after which it is given up.
    """
    started = got_on = time.monotonic()
    rows, steps = left()
    shown = False
    while not done() and time.monotonic() < got_on + patience:
        wait(_LOOK_SECONDS)
        rows, now_done = left()
        if now_done != steps:
            got_on, steps = time.monotonic(), now_done
        if rows and time.monotonic() > started + SILENT_SECONDS:
            shown = _show(f"{_ERASE}rla: {rows:,} rows are still to be written to the files ") or shown
    if shown:
        _show(_ERASE)


def _show(text: str) -> bool:
    """Write to the standard error, where that is a terminal."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or none at all
        if sys.stderr.isatty():
            sys.stderr.write(text)
            sys.stderr.flush()
            return True
    return False
