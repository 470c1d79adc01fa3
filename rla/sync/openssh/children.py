"""Programs that are started, listened to, and ended with all that they started."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import IO, Final

from rla.sync.password import Password
from rla.sync.transport import is_over

__all__ = ["end", "environment", "listen", "start"]

_AT_ONCE: Final = 1 << 16
_LOOK_SECONDS: Final = 0.5
_TIME_TO_END: Final = 5.0

Taken = Callable[[bytes], object]


def environment(password: Password) -> dict[str, str]:
    """Return the environment of such a program: plain English, the time of the world, and no password."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RSYNC_")}
    if password.variable is not None:
        kept.pop(password.variable, None)
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def start(command: Sequence[str], env: dict[str, str], stdin: int | None) -> subprocess.Popen[bytes]:
    """Start a program as the leader of a group of its own, so that it can be ended with its children.

    Args:
        command: the program and its arguments.
        env: its environment.
        stdin: what it reads: a descriptor, or `subprocess.PIPE`.

    Raises:
        OSError: it cannot be started.
    """
    return subprocess.Popen(
        list(command),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    )


def listen(process: subprocess.Popen[bytes], output: Taken, errors: Taken, until: float | None = None) -> bool:
    """Hand on what a program prints until it ends, and say whether it did before the time was up.

    Args:
        process: the program.
        output: is given what it prints to its output.
        errors: likewise of its errors. Either may raise `StopIteration` to hear no more.
        until: a moment of the monotonic clock.
    """
    with selectors.DefaultSelector() as selector:
        for stream, taken in ((process.stdout, output), (process.stderr, errors)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, taken)
        while selector.get_map():
            wait = _LOOK_SECONDS if until is None else min(_LOOK_SECONDS, max(0.0, until - time.monotonic()))
            for key, _ in selector.select(wait):
                data = os.read(key.fd, _AT_ONCE)
                if not data:
                    selector.unregister(key.fileobj)
                    continue
                try:
                    key.data(data)
                except StopIteration:
                    return True
            if is_over(until) and selector.get_map():
                return False
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_TIME_TO_END)
    return True


def end(process: subprocess.Popen[bytes], gently: bool = True) -> int:
    """End a program with its group, and return its exit code.

    Args:
        process: the program; one that has ended is fine, what it left behind in its group ends.
        gently: whether it may still put away what it has.
    """
    for number in (signal.SIGTERM, signal.SIGKILL) if gently else (signal.SIGKILL,):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TIME_TO_END)
            break
    streams: tuple[IO[bytes] | None, ...] = (process.stdin, process.stdout, process.stderr)
    for stream in streams:
        if stream is not None:
            with contextlib.suppress(OSError):  # what was not written yet
                stream.close()
    return process.wait()
