"""How a process ends, told to those who keep a status: normally, by an exception, or by a signal.

What cannot be seen here (`kill -9`, `os._exit`, a power cut) leaves the status as it is; readers find out. An exit
code that did not come through `sys.exit` (a bare `raise SystemExit(3)`) leaves no trace and counts as a normal end.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn

from rla.database.run_card import FAILED, FINISHED, INTERRUPTED

__all__ = ["finishing", "tell_at_end"]

Listener = Callable[[str, str | None], None]
"""Called with the status, and what ended the process where that was no normal end."""

_SIGNALS: Final = ("SIGTERM", "SIGHUP")
_LONGEST_REASON: Final = 300

_listeners: list[Listener] = []
_hooked: set[int] = set()
"""Processes that are hooked into, by number: a forked child has to do it again."""

_busy: list[bool] = []
_waiting: list[int] = []
"""Experiments that are being finished, and the signals that came meanwhile."""

_outcome: list[tuple[str, str | None]] = []
"""What was seen coming before the interpreter began to close down; the last entry counts."""


def tell_at_end(listener: Listener) -> None:
    """Call ``listener`` once when this process ends.

    The first call hooks into the interpreter: `atexit`, `sys.excepthook`, `sys.exit` (which otherwise leaves no trace
    of its code), and those of SIGTERM and SIGHUP that nobody handles. The default of the signal is carried out
    afterwards, so the exit code stays what it was.
    """
    _outcome.clear()  # what ended something before this experiment began
    if listener not in _listeners:
        _listeners.append(listener)
    if os.getpid() not in _hooked:
        _hooked.add(os.getpid())
        _hook()


def _hook() -> None:
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize  # children of multiprocessing skip atexit

        Finalize(None, _at_end_of_worker, exitpriority=10)
    if not getattr(sys.exit, "_rla", False):
        atexit.register(_at_exit)
        _wrap_excepthook()
        _wrap_exit()
    if process is None or process.parent_process() is None:
        _handle_signals()


def _handle_signals() -> None:
    """Handle the signals that nobody else handles; not in workers of a pool, which it ends by signals."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _on_signal)


def _release_signals() -> None:
    """Give signals their default back in a forked child: a handler in Python may run too late to end a blocked one."""
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is _on_signal:
            signal.signal(number, signal.SIG_DFL)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_signals)


@contextlib.contextmanager
def finishing() -> Iterator[None]:
    """Let a signal wait until an experiment is finished."""
    _busy.append(True)
    try:
        yield
    finally:
        _busy.pop()
        if not _busy and _waiting:
            number = _waiting[0]
            _waiting.clear()
            _end_by(number)


def _tell(status: str, reason: str | None) -> None:
    for listener in list(_listeners):
        listener(status, reason)


def _at_exit() -> None:
    status, reason = _outcome[-1] if _outcome else (FINISHED, None)
    _tell(status, reason)


def _at_end_of_worker() -> None:
    """End the experiment of a child of multiprocessing, whose exceptions never reach `sys.excepthook`."""
    kind, error, _ = sys.exc_info()
    if kind is not None and error is not None and getattr(error, "code", 1) not in (None, 0):
        _outcome.append((FAILED, _reason(kind, error)))
    _at_exit()


def _wrap_excepthook() -> None:
    before = sys.excepthook

    def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        status = INTERRUPTED if issubclass(kind, KeyboardInterrupt) else FAILED
        _outcome.append((status, _reason(kind, error)))
        before(kind, error, trace)

    sys.excepthook = excepthook


class _NotedExit(SystemExit):
    """The end of the process by `sys.exit(code)`, unless somebody catches it.

    When nobody does, the interpreter drops it after the last Python frame has gone; then the code counts. When
    somebody does, it is dropped inside a frame.
    """

    def __init__(self, status: Any, outcome: tuple[str, str | None]) -> None:
        super().__init__(status)
        self._outcome = outcome

    def __del__(self) -> None:
        if sys._getframe().f_back is not None and self._outcome in _outcome:
            _outcome.remove(self._outcome)


def _wrap_exit() -> None:
    before = sys.exit

    def exit_noting_code(status: Any = None, /) -> NoReturn:
        if status in (None, 0) or threading.current_thread() is not threading.main_thread():
            before(status)
        outcome = (FAILED, f"exit {status}"[:_LONGEST_REASON])
        _outcome.append(outcome)
        raise _NotedExit(status, outcome)

    exit_noting_code._rla = True  # type: ignore[attr-defined]
    exit_noting_code.__doc__ = before.__doc__
    sys.exit = exit_noting_code


def _on_signal(number: int, frame: FrameType | None) -> None:
    if _busy:
        _waiting.append(number)
    else:
        _end_by(number)


def _end_by(number: int) -> None:
    _tell(INTERRUPTED, signal.Signals(number).name)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _reason(kind: type[BaseException], error: BaseException) -> str:
    try:
        lines = str(error).splitlines()
    except Exception:  # an exception of the user's that cannot even be shown
        lines = []
    return f"{kind.__name__}: {lines[0]}"[:_LONGEST_REASON] if lines else kind.__name__
