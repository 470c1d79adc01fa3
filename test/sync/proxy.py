"""A wire between a client and a server on this machine that can be slow, go silent, or be cut."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from types import TracebackType

__all__ = ["BlackHole", "Proxy"]

_LOOK_SECONDS = 0.02
_CHUNK = 1 << 16


class Proxy:
    """Passes bytes on to a server on the loopback interface; use it in a ``with`` block.

    Args:
        server: the port of the server.
        delay: seconds that bytes are under way, in each direction.
        rate: bytes a second in each direction; None for as many as there are.
        server_host: where the server listens.

    Attributes:
        port: where clients connect to.
        server: where new connections lead; it may be changed.
        connections: how many clients came so far.
        to_server: how many bytes were passed on to the server so far.
        to_client: likewise in the other direction.
        cut_at: connections are reset when so many bytes more have been passed on to the server; None: they are not.
        freeze_at: nothing more is passed on once so many bytes more have been passed on to the server.
    """

    def __init__(
        self, server: int, delay: float = 0.0, rate: int | None = None, server_host: str = "127.0.0.1"
    ) -> None:
        self.server, self.server_host = server, server_host
        self.delay, self.rate = delay, rate
        self.cut_at: int | None = None
        self.freeze_at: int | None = None
        self.connections = self.to_server = self.to_client = 0
        self._silent = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def freeze(self) -> None:
        """Pass nothing on from now, and say nothing: connections stay open, new ones are taken and get no answer."""
        self._silent.set()

    def thaw(self) -> None:
        """Pass everything on again, also what came in between."""
        self._silent.clear()

    def cut(self) -> None:
        """Reset all connections, as a server that dies does."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for each in sockets:
            _reset(each)

    def close(self) -> None:
        """End all."""
        self._over.set()
        self._silent.clear()
        _reset(self._listener)
        self.cut()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        with self._lock:
            self._sockets.add(client)
        while self._silent.is_set() and not self._over.is_set():
            time.sleep(_LOOK_SECONDS)
        try:
            server = socket.create_connection((self.server_host, self.server), timeout=10)
        except OSError:
            _reset(client)
            return
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.settimeout(None)
        with self._lock:
            self._sockets.add(server)
        threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()
        self._pass(client, server, True)

    def _pass(self, source: socket.socket, target: socket.socket, to_server: bool) -> None:
        """Pass bytes on until one of the two ends."""
        try:
            while data := source.recv(_CHUNK):
                self._wait(len(data))
                while self._silent.is_set() and not self._over.is_set():
                    time.sleep(_LOOK_SECONDS)
                if to_server and self.cut_at is not None:
                    if len(data) >= self.cut_at:
                        target.sendall(data[: self.cut_at])
                        self.cut_at = None
                        self.cut()
                        return
                    self.cut_at -= len(data)
                if to_server and self.freeze_at is not None:
                    self.freeze_at -= len(data)
                    if self.freeze_at < 0:
                        self.freeze_at = None
                        self.freeze()
                        continue
                target.sendall(data)
                if to_server:
                    self.to_server += len(data)
                else:
                    self.to_client += len(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for each in (source, target):
                _reset(each)

    def _wait(self, count: int) -> None:
        if self.delay:
            self._over.wait(self.delay)
        if self.rate:
            self._over.wait(count / self.rate)


class BlackHole(Proxy):
    """Takes connections, and never says a word."""

    def __init__(self) -> None:
        super().__init__(0)
        self.freeze()


def _reset(connection: socket.socket) -> None:
    """Close a socket so that the other end sees a reset, not an end; whoever reads from it here is woken."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
    with contextlib.suppress(OSError):
        connection.close()
