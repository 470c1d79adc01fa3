"""A progress bar for what may take long: it shows up after a second."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

__all__ = ["slow_progress"]

_APPEARS_AFTER: Final = 1.0
_UPDATED_EACH: Final = 0.1


@contextlib.contextmanager
def slow_progress(description: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """Draw a progress bar on stderr when the work takes longer than a second; none where that is no terminal.

    Args:
        description: what is done.
        total: of how many steps, as far as it is known before the first one.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bars = Progress(console=Console(stderr=True), transient=True)
    task = bars.add_task(description, total=total)
    appearing = threading.Timer(_APPEARS_AFTER, bars.start)  # the first step alone may take longer
    appearing.daemon = True
    updated = 0.0

    def show(done: int, total: int) -> None:
        nonlocal updated
        now = time.monotonic()
        if now - updated > _UPDATED_EACH:
            updated = now
            bars.update(task, completed=done, total=total)

    appearing.start()
    try:
        yield show
    finally:
        appearing.cancel()
        appearing.join()
        bars.stop()
