"""Main nodes that do not answer, refuse, are slow, or remember who asked: folders of this machine, in truth."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterable

from rla.errors import HostKeyError, LoginRefusedError, RLAWarning, SyncError, UnreachableError, warn_quietly
from rla.sync.local import LocalTransport

ERRORS: dict[str, type[SyncError]] = {
    "unreachable": UnreachableError,
    "refused": LoginRefusedError,
    "unknown": HostKeyError,
    "broken": SyncError,
}


class Moody(LocalTransport):
    """Does what the file `<root>.mood` says, and writes down each attempt to log in."""

    def connect(self) -> None:
        password = self.remote.password.get() or ""
        with open(f"{self.remote.root}.attempts", "a") as stream:
            stream.write(f"attempt {hashlib.sha256(password.encode()).hexdigest()}\n")
        self._show_mood()
        super().connect()

    def _show_mood(self) -> None:
        try:
            with open(f"{self.remote.root}.mood") as stream:
                mood = stream.read()
        except FileNotFoundError:
            return
        if mood == "warns":
            warn_quietly("passwords travel in clear text")
            assert issubclass(RLAWarning, UserWarning)
        elif mood:
            raise ERRORS[mood](f"the main node is {mood}.")

    def write(self, path: str, offset: int, chunks: Iterable[bytes]) -> None:
        self._show_mood()
        super().write(path, offset, chunks)


class BlackHole(LocalTransport):
    """Connects to a server that accepts and never says a word."""

    def connect(self) -> None:
        with socket.create_connection(("127.0.0.1", int(os.environ["RLA_TEST_PORT"])), self.remote.timeout) as line:
            try:
                line.recv(1)
            except TimeoutError:
                raise UnreachableError("the black hole does not answer.") from None


class Slow(LocalTransport):
    """Takes a while for each chunk of a checkpoint."""

    def write(self, path: str, offset: int, chunks: Iterable[bytes]) -> None:
        if not path.startswith("checkpoint/"):
            super().write(path, offset, chunks)
            return

        def slowly() -> Iterable[bytes]:
            for chunk in chunks:
                time.sleep(0.2)
                yield chunk

        super().write(path, offset, slowly())


class Leisurely(LocalTransport):
    """Takes a while for each small part of any file, so that whoever kills finds something under way."""

    def write(self, path: str, offset: int, chunks: Iterable[bytes]) -> None:
        def slowly() -> Iterable[bytes]:
            for chunk in chunks:
                for start in range(0, len(chunk), 1 << 14):
                    yield chunk[start : start + (1 << 14)]
                    time.sleep(0.0005)

        super().write(path, offset, slowly())
