"""Two processes that talk in lines of JSON over a socket, and never wait for each other."""

from __future__ import annotations

import contextlib
import json
import select
import socket
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["Channel", "Message"]

Message = dict[str, Any]

_READ_AT_ONCE: Final = 1 << 16
_LARGEST_OUTBOX: Final = 4 << 20
_NO_SIGNAL: Final = getattr(socket, "MSG_NOSIGNAL", 0)
"""Without it, a write to a process that is gone would end a program that has set SIGPIPE to its default."""


class Channel:
    """One end of such a connection.

    Args:
        end: a connected socket, which belongs to the channel from now on.

    Attributes:
        closed: whether the other end is gone; nothing more comes then.
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.setblocking(False)
        self._inbox = b""
        self._outbox = b""
        self.closed = False

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message, now or with the next call, without waiting for the other end; it may be gone."""
        if len(self._outbox) < _LARGEST_OUTBOX:  # who does not read for so long wants none of it
            self._outbox += json.dumps(message).encode() + b"\n"
        self._push()

    def receive(self, seconds: float = 0.0) -> list[Message]:
        """Return the messages that have come.

        Args:
            seconds: how long to wait for the first one.
        """
        if seconds:
            self.wait(seconds)
        self._push()
        self._pull()
        *lines, self._inbox = self._inbox.split(b"\n")
        return [message for line in lines if (message := _message_of(line)) is not None]

    def wait(self, seconds: float) -> None:
        """Wait until there is something to receive, and so many seconds at most."""
        self._push()
        poll = select.poll()
        with contextlib.suppress(OSError, ValueError):  # it is closed
            poll.register(self._socket, select.POLLIN)
            poll.poll(seconds * 1000)

    def flush(self, seconds: float) -> None:
        """Wait until the other end has taken what was sent, and so many seconds at most."""
        with contextlib.suppress(OSError):
            self._socket.settimeout(seconds)
            self._socket.sendall(self._outbox, _NO_SIGNAL)
        self._outbox = b""

    def close(self) -> None:
        """Let the other end know that nothing more comes."""
        self.closed = True
        self._socket.close()

    def _push(self) -> None:
        try:
            while self._outbox and not self.closed:
                sent = self._socket.send(self._outbox, _NO_SIGNAL)
                self._outbox = self._outbox[sent:]
        except BlockingIOError:
            pass
        except OSError:  # what the other end has sent before it went can still be read
            self._outbox = b""

    def _pull(self) -> None:
        try:
            while not self.closed and (part := self._socket.recv(_READ_AT_ONCE)):
                self._inbox += part
            self.closed = True
        except BlockingIOError:
            pass
        except OSError:
            self.closed = True


def _message_of(line: bytes) -> Message | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
