"""A connection to a server of FTP: commands, and the data that they move."""

from __future__ import annotations

import contextlib
import ftplib
import socket
from collections.abc import Iterable, Iterator
from typing import Final

from rla.errors import HostKeyError, SyncError, UnreachableError, printable
from rla.sync.ftp.answers import RefusedError, error_of_answer, error_of_silence
from rla.sync.ftp.client import Client, WrongCertificateError, abandon, as_sent, as_text, finish, send_all
from rla.sync.ftp.login import logged_in
from rla.sync.remote import Remote

__all__ = ["FtpConnection", "Noted", "can_carry", "check_name"]

_BLOCK: Final = 1 << 16
_LARGEST_LISTING: Final = 64 << 20


class FtpConnection:
    """A connection to a server of FTP. Its methods raise `UnreachableError` once the connection is gone.

    What they are asked ``doing``, such as ``write 'log/demo/…'``, is for the people who read an error.

    Args:
        remote: where to, and who.

    Attributes:
        features: what the server says that it can do, in capital letters.
    """

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.features: tuple[str, ...] = ()
        self._client: Client | None = None

    def open(self, encrypted: bool) -> None:
        """Connect and log in.

        Raises:
            SyncError: as `rla.sync.ftp.login.logged_in` tells.
        """
        self._client = logged_in(self.remote, encrypted)
        try:
            lines = self.command("FEAT", "say what it can do").split("\n")
            self.features = tuple(line.strip().upper() for line in lines[1:-1])
        except RefusedError:
            self.features = ()
        if "UTF8" in self.features:
            with contextlib.suppress(RefusedError):  # it may be on for good
                self.command("OPTS UTF8 ON", "use UTF-8")
        self.command("TYPE I", "send files as they are")

    def close(self) -> None:
        """Say goodbye and close; the answer is not waited for."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError):
                client.putcmd("QUIT")
            with contextlib.suppress(OSError):
                client.close()

    def drop(self) -> None:
        """Close at once: nothing of what was to be sent travels any more."""
        client, self._client = self._client, None
        if client is not None:
            client.drop()

    def command(self, line: str, doing: str) -> str:
        """Send a command and return the answer, a line for each of its lines.

        Raises:
            RefusedError: the server answers with an error.
        """
        sent = _sent(line)
        with self._speaking(doing) as client:
            return as_text(client.sendcmd(sent))

    def listing(self, line: str, doing: str) -> list[str]:
        """Return the lines that a command sends over a connection of its own.

        Raises:
            RefusedError: the server answers with an error.
        """
        content = bytearray()
        for block in self.retrieve(line, 0, None, doing):
            content += block
            if len(content) > _LARGEST_LISTING:
                raise SyncError(f"{self.remote.host} did not come to an end to {doing}.")
        lines = content.decode("utf-8", "surrogateescape").split("\n")
        return [each.removesuffix("\r") for each in lines if each not in ("", "\r")]

    def store(self, line: str, offset: int, chunks: Iterable[bytes], doing: str) -> None:
        """Send data for a command, and return once the server says that it has all of it.

        Args:
            line: the command.
            offset: where in the file it begins.
            chunks: the data, read while it is sent; nothing of it is read when the command is refused.
            doing: what it is for.

        Raises:
            RefusedError: the server answers with an error.
        """
        connection = self._transfer(line, offset, doing)
        try:
            problem = next((found for chunk in chunks if (found := send_all(connection, chunk)) is not None), None)
            problem = problem or finish(connection, self.remote.timeout)
        except BaseException:  # also a KeyboardInterrupt: what follows on the connection must be in step
            abandon(connection)
            self._skip_answer()
            raise
        if isinstance(problem, TimeoutError):
            abandon(connection)
            self.drop()
            raise error_of_silence(self.remote, problem, doing)
        connection.close()
        with self._speaking(doing) as client:
            client.voidresp()  # where data was refused, it says why
        if problem is not None:
            self.drop()
            raise error_of_silence(self.remote, problem, doing)

    def retrieve(self, line: str, offset: int, size: int | None, doing: str) -> Iterator[bytes]:
        """Yield data that a command brings.

        Args:
            line: the command.
            offset: where in the file to begin.
            size: so many bytes, or fewer where the file ends before; None for all.
            doing: what it is for.

        Raises:
            RefusedError: the server answers with an error.
        """
        connection = self._transfer(line, offset, doing)
        try:
            left = size
            while True:
                with self._speaking(doing):  # when all was read, one byte more tells whether there is more
                    block = connection.recv(_BLOCK if left is None else max(1, min(_BLOCK, left)))
                if not block or left == 0:
                    break
                yield block
                left = None if left is None else left - len(block)
        except BaseException:  # also when nobody wants the rest
            abandon(connection)
            self._skip_answer()
            raise
        if block:
            abandon(connection)
            self._skip_answer()  # that it was interrupted
            return
        connection.close()
        with self._speaking(doing) as client:
            client.voidresp()

    def _transfer(self, line: str, offset: int, doing: str) -> socket.socket:
        sent = _sent(line)
        try:
            with self._speaking(doing) as client:
                return client.transfercmd(sent, offset or None)
        except WrongCertificateError as error:
            self.drop()
            raise HostKeyError(
                f"The connection for data to {self.remote.host} shows another certificate than the one that was "
                f"accepted, with the fingerprint {error.args[0]}: somebody may be in between. No data was sent to it."
            ) from None

    def _skip_answer(self) -> None:
        """Take the answer to a transfer that was given up."""
        if self._client is None:
            return
        try:
            self._client.getresp()
        except ftplib.Error:
            pass
        except (OSError, EOFError):
            self.drop()

    @contextlib.contextmanager
    def _speaking(self, doing: str) -> Iterator[Client]:
        """Turn what goes wrong in the block into our errors."""
        if self._client is None:
            raise UnreachableError(f"There is no connection to {self.remote}.")
        try:
            yield self._client
        except ftplib.Error as error:
            problem = error_of_answer(self.remote, as_text(str(error)), doing)
            if not isinstance(problem, RefusedError):
                self.drop()
            raise problem from None
        except (OSError, EOFError) as error:
            self.drop()
            raise error_of_silence(self.remote, error, doing) from error


class Noted:
    """Chunks that know whether any of them was asked for."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.begun = False
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.begun = True
            yield chunk


def check_name(path: str) -> None:
    """Make sure that FTP can carry a name.

    Raises:
        SyncError: it cannot.
    """
    _sent(f"STOR {path}")


def can_carry(path: str) -> bool:
    """Say whether FTP can carry a name."""
    try:
        check_name(path)
    except SyncError:
        return False
    return True


def _sent(line: str) -> str:
    try:
        return as_sent(line)
    except ValueError:
        name = printable(line.partition(" ")[2])
    raise SyncError(f"FTP cannot carry the name '{name}': it has a line break, or bytes that are no UTF-8. Use sftp.")
