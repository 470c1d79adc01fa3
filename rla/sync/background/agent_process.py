"""The process that sends, as its training sees it: how it is started, and how it is let go of."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rla.database.trees import ExperimentPlace
from rla.sync.background.channel import Channel, Message
from rla.sync.password import Password
from rla.sync.remote import Remote

__all__ = ["AgentProcess", "interpreter_problem"]

_PATIENCE_SECONDS: Final = 0.5


def interpreter_problem() -> str | None:
    """Say why this program cannot start Python; None when it can."""
    if getattr(sys, "frozen", False):
        return "this program is a bundle, without a Python interpreter of its own"
    if not sys.executable or not os.access(sys.executable, os.X_OK):
        return f"this program has no Python interpreter of its own (sys.executable is {sys.executable!r})"
    return None


class AgentProcess:
    """Runs `rla.sync.background.agent` in an interpreter like this one.

    It is in a session of its own, since a Ctrl-C at the terminal is for the training, and in no folder that somebody
    might want to unmount. Its command line has the folder of this package and nothing else.

    Args:
        place: the run that it sends.
        remotes: the main node, by each of its addresses.
        trees: what is sent of the run.
        every: seconds between two transfers, at least.

    Attributes:
        channel: where it is talked to.
        began: when it was started, by the monotonic clock.

    Raises:
        OSError: the system has no room for another process, or no open file left.
    """

    def __init__(self, place: ExperimentPlace, remotes: Sequence[Remote], trees: Sequence[str], every: float) -> None:
        hidden = {remote.password.variable for remote in remotes}
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _program()],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={name: value for name, value in os.environ.items() if name not in hidden},
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.channel = Channel(ours)
        self.began = time.monotonic()
        self.channel.send(_assignment(place, remotes, trees, every))

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.began

    def end(self) -> int | None:
        """Close the channel, and end the process where it does not end by itself; return its exit code if there is one.

        A process that waits for a dead disk takes no signal; nobody waits for it, either.
        """
        self.channel.close()
        for _ in range(2):
            try:
                return self._process.wait(timeout=_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self.forget()
        return None

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        self.end()

    def forget(self) -> None:
        """Close the channel and leave the process alone: it ends by itself, or is the child of another process."""
        self.channel.close()
        self._process.returncode = 0  # or else the object complains of a process that still runs


def _program() -> str:
    folder = str(Path(__file__).resolve().parents[2])
    path = f"[{folder!r}, *(each for each in sys.path if each)]"  # the empty one is where the process was started
    return f"import sys; sys.path[:] = {path}; from rla.sync.background.agent import main; main()"


def _assignment(place: ExperimentPlace, remotes: Sequence[Remote], trees: Sequence[str], every: float) -> Message:
    """Return all that the process needs to know; the password is in it, so nothing keeps it."""
    return {
        "data_root": os.path.abspath(place.data_root),
        "task": place.task,
        "day": place.day,
        "index_name": place.index_name,
        "trees": list(trees),
        "every": every,
        "path": [os.path.abspath(folder) for folder in sys.path if folder],
        "remotes": [_for_another_process(remote).to_plain() for remote in remotes],
    }


def _for_another_process(remote: Remote) -> Remote:
    """Return it as it means the same to a process in another folder, with other environment variables."""
    password = remote.password
    if password.variable is not None and (value := os.environ.get(password.variable)) is not None:
        password = Password(value)
    key_file, known_hosts = (path and os.path.abspath(path) for path in (remote.key_file, remote.known_hosts))
    return replace(remote, password=password, key_file=key_file, known_hosts=known_hosts)
