"""The client of ftplib, made fit for servers behind address translation, for TLS, for any name and for slow links."""

from __future__ import annotations

import contextlib
import ftplib
import select
import socket
import ssl
import struct
import time
from typing import Any, Final

from rla.sync.ftp.certificates import fingerprint_of

__all__ = ["Client", "WrongCertificateError", "abandon", "as_sent", "as_text", "finish", "send_all"]

_ENCODING: Final = "latin-1"
"""ftplib is to pass bytes on as they are; names are turned to UTF-8 by `as_sent`."""

_MOST_LINES: Final = 10_000
_MILLISECONDS_BETWEEN_LOOKS: Final = 5
_LITTLE: Final = 1 << 16
"""So many bytes are on their way for less than any time-out."""


def as_sent(text: str) -> str:
    """Return a text as ftplib takes it: each letter is a byte of its UTF-8.

    Raises:
        ValueError: it has what no line of FTP can carry: line breaks, or bytes that are no UTF-8.
    """
    if any(letter in text for letter in "\r\n\0"):
        raise ValueError("a line break")
    return text.encode().decode(_ENCODING)


def as_text(line: str) -> str:
    """Return what a line of ftplib says; bytes that are no UTF-8 are kept as surrogates, as file names have them."""
    return line.encode(_ENCODING).decode("utf-8", "surrogateescape")


class WrongCertificateError(Exception):
    """The server shows a certificate that is none of those accepted; ``args[0]`` is its fingerprint."""


class Client(ftplib.FTP_TLS):
    """A connection of ftplib, whose data travels encrypted as soon as `prot_p` was called.

    Args:
        timeout: seconds to wait for an answer.
        context: decides which certificates are taken.
        accepted: fingerprints; where there are some, only these certificates are taken.
    """

    def __init__(self, timeout: float, context: ssl.SSLContext, accepted: frozenset[str] = frozenset()) -> None:
        super().__init__(context=context, timeout=timeout, encoding=_ENCODING)
        self._accepted = accepted
        self._encrypts_data = False

    def getmultiline(self) -> str:
        """Return an answer. A line that begins with no code is one: ftplib takes that of SSH for the first of many."""
        lines = [self.getline()]
        code = lines[0][:3]
        if code.isdigit() and lines[0][3:4] == "-":
            while not lines[-1].startswith(f"{code} ") and lines[-1] != code:
                lines.append(self.getline())
                if len(lines) > _MOST_LINES:
                    raise ftplib.error_proto(lines[0])
        return "\n".join(lines)

    def auth(self) -> str:
        answer = super().auth()
        self._check_certificate(self.sock)
        return answer

    def prot_p(self) -> str:
        answer = super().prot_p()
        self._encrypts_data = True
        return answer

    def makepasv(self) -> tuple[str, int]:
        """Ask for a port for data. Only the port counts: a server behind address translation tells a wrong address."""
        try:
            return super().makepasv()
        except ftplib.error_perm:
            if self.af != socket.AF_INET or self.sock is None:
                raise
            return ftplib.parse229(self.sendcmd("EPSV"), self.sock.getpeername())

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a connection for data; it resumes the session of this one, by which servers know that it is the same."""
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or a small file waits 40 ms after TLS began
        if self._encrypts_data:
            assert isinstance(self.sock, ssl.SSLSocket)
            session = self.sock.session
            connection = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
            self._check_certificate(connection)
        return connection, size

    def fingerprint(self) -> str:
        """Return the fingerprint of the certificate that the server shows."""
        return _fingerprint_on(self.sock)

    def drop(self) -> None:
        """Close at once: nothing of what was to be sent travels any more."""
        if self.sock is not None:
            abandon(self.sock)
        with contextlib.suppress(OSError):
            self.close()

    def _check_certificate(self, connection: Any) -> None:
        if self._accepted and (found := _fingerprint_on(connection)) not in self._accepted:
            abandon(connection)
            raise WrongCertificateError(found)


def _fingerprint_on(connection: Any) -> str:
    return fingerprint_of(connection.getpeercert(binary_form=True) or b"")


# ---- connections for data -------------------------------------------------------------------------------------------


def abandon(connection: socket.socket) -> None:
    """Close a connection so that nothing of it travels any more, not even what the system has still to send.

    What came late would be appended to a file to which the next connection has already sent the same.
    """
    with contextlib.suppress(OSError):  # it is closed already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def send_all(connection: socket.socket, chunk: bytes) -> OSError | None:
    """Send a chunk, and return what went wrong; each piece that the system takes has the whole of the time-out."""
    left = memoryview(chunk)
    try:
        while left:
            left = left[connection.send(left) :]
    except OSError as error:
        return error
    return None


def finish(connection: socket.socket, timeout: float) -> OSError | None:
    """Wait until the other end has taken all, say that this was all, and return what went wrong.

    Args:
        connection: the connection.
        timeout: seconds that it may take until some more is taken.
    """
    try:
        _wait_until_taken(connection, timeout)
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
    except TimeoutError as error:
        return error
    except (OSError, ValueError):  # many servers close without a word; it is the answer to the command that counts
        pass
    return None


def _wait_until_taken(connection: socket.socket, timeout: float) -> None:
    """Wait while the system still has much to send, as long as that becomes less.

    On a slow link what it has taken from us may be on its way for minutes, and the answer comes after all of it.
    """
    before, deadline = _waiting_bytes(connection), time.monotonic() + timeout
    if before <= _LITTLE:
        return
    ended = select.poll()  # a connection that the other end has closed or reset takes no more, and does not say so
    ended.register(connection, select.POLLRDHUP)
    while before > _LITTLE and not ended.poll(_MILLISECONDS_BETWEEN_LOOKS):
        left = _waiting_bytes(connection)
        if left < before:
            before, deadline = left, time.monotonic() + timeout
        elif time.monotonic() > deadline:
            raise TimeoutError("nothing more was taken")


def _waiting_bytes(connection: socket.socket) -> int:
    """Return how many bytes the other end has not confirmed; 0 on systems that do not tell."""
    try:
        import fcntl
        import termios

        found = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    except (ImportError, AttributeError, OSError):
        return 0
    return int(struct.unpack("i", found)[0])
