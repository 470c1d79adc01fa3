"""Checkpoints that are written while the training goes on: one thread, one checkpoint at a time.

Whoever saves the next one, loads, lists or ends waits for it. A thread does not hold up the end of the process by
itself: `wait` does, for so long as it is told. A forked child has no part in its parent's write.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

__all__ = ["LONGEST_WAIT", "start", "wait"]

LONGEST_WAIT = 300.0
"""In seconds; a disk that takes longer does not answer any more."""


class _State:
    """What is being written by this process.

    Attributes:
        slot: held from the start of a write to its end; a plain lock, for which the handler of a signal may wait, too.
        writer: the thread that writes; 0 where none does.
    """

    def __init__(self) -> None:
        self.slot = threading.Lock()
        self.writer = 0


_state = _State()


def _forget() -> None:
    global _state
    _state = _State()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def start(write: Callable[[], object], tell: Callable[[Exception], object]) -> None:
    """Write in a thread, once the checkpoint before is written.

    Args:
        write: writes it.
        tell: is given the error of ``write``, in that thread.
    """
    state = _state

    def run() -> None:
        state.writer = threading.get_ident()
        try:
            write()
        except Exception as error:  # of the disk, or of a framework
            tell(error)
        finally:
            state.writer = 0
            state.slot.release()

    if not state.slot.acquire(timeout=LONGEST_WAIT):  # the one before hangs: whoever waits here is told of the next
        write()
        return
    try:
        threading.Thread(target=run, name="rla-checkpoint", daemon=True).start()
    except BaseException:  # no more threads, or the interpreter is closing down
        state.slot.release()
        write()


def wait(longest: float | None = None) -> bool:
    """Wait until nothing is being written.

    Args:
        longest: so many seconds at most; `LONGEST_WAIT` when None.

    Returns:
        Whether it was written, or failed; not when it still goes on.
    """
    state = _state
    if state.writer == threading.get_ident():  # who writes does not wait for itself
        return True
    written = state.slot.acquire(timeout=LONGEST_WAIT if longest is None else longest)
    if written:
        state.slot.release()
    return written
