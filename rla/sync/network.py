"""Connections by TCP that never wait for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from rla.errors import UnreachableError

__all__ = ["PatientSocket", "open_connection", "within"]

Result = TypeVar("Result")

_SHORTEST: Final = 0.1


def open_connection(host: str, port: int, timeout: float) -> socket.socket:
    """Connect to a server, by each of its addresses, in ``timeout`` seconds at most.

    Args:
        host: name or address of the machine.
        port: the port there.
        timeout: seconds for all of it; the connection that is returned has it for its operations, too.

    Raises:
        UnreachableError: there is no such machine, nobody listens there, or nobody answers in time.
    """
    end = time.monotonic() + timeout
    try:
        found = within(timeout, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except TimeoutError:
        raise UnreachableError(f"The address of '{host}' could not be found out within {timeout:g} s.") from None
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no name of a machine"
        raise UnreachableError(f"There is no machine '{host}' that this one knows: {reason}.") from None
    problem: OSError = TimeoutError()
    for index, (family, kind, protocol, _, address) in enumerate(found):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(max(_SHORTEST, (end - time.monotonic()) / (len(found) - index)))
            connection.connect(address)
        except OSError as error:
            connection.close()
            problem = error
        else:
            connection.settimeout(timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
    raise _no_connection(host, port, timeout, problem)


def _no_connection(host: str, port: int, timeout: float, problem: OSError) -> UnreachableError:
    if isinstance(problem, TimeoutError):
        return UnreachableError(f"'{host}' gave no answer on port {port} within {timeout:g} s.")
    if isinstance(problem, ConnectionRefusedError):
        advice = "Is the server running, and is this its port?"
        return UnreachableError(f"'{host}' takes no connections on port {port}. {advice}")
    return UnreachableError(f"There is no way to '{host}', port {port}: {problem.strerror or type(problem).__name__}.")


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Do something that cannot be told how long it may take, and wait for it no longer than some seconds.

    Raises:
        TimeoutError: it is not done; a thread that nothing waits for goes on with it.
    """
    results: list[Result] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # it is raised again where it was asked for
            problems.append(error)

    thread = threading.Thread(target=run, daemon=True, name="rla-bounded")
    thread.start()
    thread.join(seconds)
    if problems:
        raise problems[0]
    if not results:
        raise TimeoutError
    return results[0]


class PatientSocket:
    """A connection that gives up sending when the other end takes nothing for a while.

    paramiko looks after its sockets every tenth of a second, and tries to send for ever.

    Args:
        connection: a socket, or a channel through another machine.
        patience: seconds without a byte taken after which sending fails.
    """

    def __init__(self, connection: Any, patience: float) -> None:
        self._connection = connection
        self._patience = patience
        self._stuck_since: float | None = None

    def send(self, data: bytes) -> int:
        """Send what can be sent now, and return how many bytes that were."""
        try:
            count: int = self._connection.send(data)
        except TimeoutError:
            now = time.monotonic()
            self._stuck_since = self._stuck_since or now
            if now - self._stuck_since >= self._patience:
                raise ConnectionAbortedError from None
            raise
        self._stuck_since = None
        return count

    def __getattr__(self, name: str) -> Any:
        """All else is done by the connection itself."""
        return getattr(self._connection, name)
