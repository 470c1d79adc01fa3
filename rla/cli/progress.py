"""Progress bars for what may take long: they show up after a second."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Bar", "slow_progress", "transfer_bar"]

_APPEARS_AFTER: Final = 1.0
_UPDATED_EACH: Final = 0.1
_LONGEST_NAME: Final = 24


class Bar(NamedTuple):
    """A progress bar of a transfer.

    Attributes:
        told: is told of bytes of a file that travelled.
        step: is told how many steps are done, and of how many.
    """

    told: Callable[[str, int], None]
    step: Callable[[int, int], None]


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
    is_time = _seldom()

    def show(done: int, total: int) -> None:
        if is_time():
            bars.update(task, completed=done, total=total)

    with _appearing(bars):
        yield show


@contextlib.contextmanager
def transfer_bar(description: str) -> Iterator[Bar]:
    """Draw a progress bar of files that travel on stderr, as `slow_progress`: steps, bytes, and which file it is."""
    if not sys.stderr.isatty():
        yield Bar(lambda path, count: None, lambda done, total: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.text import Text

    from rla.cli.common import shown_size
    from rla.errors import printable

    columns = ("{task.description}", BarColumn(20), "{task.fields[moved]}", TextColumn("{task.fields[file]}"))
    bars = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bars.add_task(description, total=None, moved="", file="")
    is_time, began, moved = _seldom(), time.monotonic(), 0

    def told(path: str, count: int) -> None:
        nonlocal moved
        moved += count
        if is_time():
            speed = moved / max(time.monotonic() - began, 1e-3)
            name = Text(printable(path.rpartition("/")[2][:_LONGEST_NAME])).markup
            bars.update(task, moved=f"{shown_size(moved)}, {shown_size(speed)}/s", file=name)

    def step(done: int, total: int) -> None:
        bars.update(task, completed=done, total=total)

    with _appearing(bars):
        yield Bar(told, step)


def _seldom() -> Callable[[], bool]:
    """Return what says whether it is time to draw anew."""
    updated = 0.0

    def is_time() -> bool:
        nonlocal updated
        now = time.monotonic()
        if now - updated <= _UPDATED_EACH:
            return False
        updated = now
        return True

    return is_time


@contextlib.contextmanager
def _appearing(bars: Progress) -> Iterator[None]:
    appearing = threading.Timer(_APPEARS_AFTER, bars.start)  # the first step alone may take longer
    appearing.daemon = True
    appearing.start()
    try:
        yield
    finally:
        appearing.cancel()
        appearing.join()
        bars.stop()
