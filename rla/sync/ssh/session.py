"""The SFTP protocol, version 3 (draft-ietf-secsh-filexfer-02): requests, many of them under way at once.

It is spoken here, over a channel of paramiko, because names are bytes there: a listing with one name that is no UTF-8
must not fail, and thousands of small files are fast only when nobody waits for each answer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rla.errors import SyncError, UnreachableError, printable

if TYPE_CHECKING:
    import paramiko

__all__ = ["Attributes", "Reply", "Request", "SftpSession", "Ticket", "text", "uint32", "uint64"]

INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT = range(1, 11)
OPENDIR, READDIR, REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME = range(11, 19)
STATUS, HANDLE, DATA, NAME, ATTRS = range(101, 106)
EXTENDED, EXTENDED_REPLY = 200, 201

OK, END_OF_FILE, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE = range(5)
UNSUPPORTED: Final = 8

FOR_READING, FOR_WRITING, CREATE, TRUNCATE, EXCLUSIVE = 0x01, 0x02, 0x08, 0x10, 0x20

_HAS_SIZE, _HAS_OWNER, _HAS_MODE, _HAS_TIMES, _HAS_MORE = 0x01, 0x02, 0x04, 0x08, 0x80000000
_LARGEST_PACKET: Final = 4 << 20
_FLUSH_AT: Final = 1 << 18
_PIECE: Final = 32 << 10

Request = tuple[int, bytes] | tuple[int, bytes, memoryview]
"""What is asked: a kind of request, its fields, and the content that is the end of the last of them."""


@dataclass(frozen=True)
class Attributes:
    """What a server says of a file; None for what it leaves out."""

    size: int | None = None
    mode: int | None = None
    modified: int | None = None


@dataclass(frozen=True)
class Reply:
    """An answer of the server."""

    kind: int
    payload: bytes

    @property
    def code(self) -> int:
        """The number of the problem; `OK` where it is none."""
        return _number(self.payload, 0) if self.kind == STATUS else OK

    def problem(self) -> str:
        """Return the words of the server for it."""
        message = _field(self.payload, 4)[0] if len(self.payload) >= 8 else b""
        return printable(message.decode("utf-8", "replace")) or f"code {self.code}"

    def data(self) -> bytes:
        """Return the bytes of an answer that is one text: a handle, or what was read."""
        self._must_be(HANDLE, DATA)
        return _field(self.payload, 0)[0]

    def attributes(self) -> Attributes:
        """Return what the server says of a file."""
        self._must_be(ATTRS)
        return _attributes(self.payload, 0)[0]

    def names(self) -> Iterator[tuple[bytes, Attributes]]:
        """Yield the names of a listing, and what is said of each."""
        self._must_be(NAME)
        position = 4
        for _ in range(_number(self.payload, 0)):
            name, position = _field(self.payload, position)
            _, position = _field(self.payload, position)  # a line as ls prints it
            found, position = _attributes(self.payload, position)
            yield name, found

    def _must_be(self, *kinds: int) -> None:
        if self.kind not in kinds:
            raise UnreachableError(f"The server gave an answer of kind {self.kind}, which is none to the question.")


class Ticket:
    """A request that is under way; the answer is in ``reply`` once it came."""

    __slots__ = ("reply",)

    def __init__(self) -> None:
        self.reply: Reply | None = None


class SftpSession:
    """Speaks with the SFTP server at the other end of a channel.

    Args:
        channel: where it listens; its timeout is how long an answer is waited for.

    Attributes:
        extensions: what the server can do besides, each with its version.
    """

    def __init__(self, channel: paramiko.Channel) -> None:
        self.extensions: dict[bytes, bytes] = {}
        self._channel = channel
        self._outgoing = bytearray()
        self._incoming = bytearray()
        self._under_way: dict[int, Ticket] = {}
        self._number = 0

    def begin(self) -> None:
        """Agree on a version.

        Raises:
            UnreachableError: the other end gives no answer, or not by this protocol.
        """
        self._outgoing += struct.pack(">IBI", 5, INIT, 3)
        self.flush()
        while not (packets := self._packets()):
            self._receive()
        kind, payload = packets[0]
        if kind != VERSION:
            raise UnreachableError("The other end does not speak SFTP: does a shell there print something at login?")
        position = 4
        while position < len(payload):
            name, position = _field(payload, position)
            self.extensions[name], position = _field(payload, position)

    def ask(self, request: Request) -> Ticket:
        """Ask something; it is sent with others, at the latest when somebody waits for an answer."""
        kind, fields = request[:2]
        content = request[2] if len(request) == 3 else b""
        self._number = (self._number + 1) & 0xFFFFFFFF
        ticket = self._under_way[self._number] = Ticket()
        self._outgoing += struct.pack(">IBI", len(fields) + len(content) + 5, kind, self._number)
        self._outgoing += fields
        self._outgoing += content
        if len(self._outgoing) >= _FLUSH_AT:
            self.flush()
        return ticket

    def call(self, *requests: Request) -> list[Reply]:
        """Ask some things at once, and return the answers."""
        tickets = [self.ask(request) for request in requests]
        return [self.answer(ticket) for ticket in tickets]

    def answer(self, ticket: Ticket) -> Reply:
        """Wait for an answer; those that others wait for are kept for them."""
        while ticket.reply is None:
            self.receive()
        return ticket.reply

    def receive(self) -> None:
        """Wait until some answers have come, and give them to those who asked.

        Raises:
            UnreachableError: none came in time, or the connection is gone.
        """
        self.flush()
        self._receive()
        for kind, payload in self._packets():
            ticket = self._under_way.pop(int.from_bytes(payload[:4], "big"), None)
            if ticket is not None:
                ticket.reply = Reply(kind, payload[4:])

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Wait longer than usual for what is asked now."""
        usual = self._channel.gettimeout()
        self._channel.settimeout(seconds)
        try:
            yield
        finally:
            self._channel.settimeout(usual)

    def flush(self) -> None:
        """Send what was asked."""
        outgoing, self._outgoing = memoryview(self._outgoing), bytearray()
        position = 0
        with _told_as_unreachable():
            while position < len(outgoing):
                sent = self._channel.send(bytes(outgoing[position : position + _PIECE]))
                if not sent:
                    raise EOFError
                position += sent

    def _receive(self) -> None:
        with _told_as_unreachable():
            received = self._channel.recv(1 << 18)
            if not received:
                raise EOFError
        self._incoming += received

    def _packets(self) -> list[tuple[int, bytes]]:
        """Return what has arrived whole."""
        packets = []
        position = 0
        while len(self._incoming) - position >= 5:
            length, kind = struct.unpack_from(">IB", self._incoming, position)
            if not 1 <= length <= _LARGEST_PACKET:
                raise UnreachableError(
                    "The other end does not speak SFTP: does a shell there print something at login?"
                )
            if len(self._incoming) - position < 4 + length:
                break
            packets.append((kind, bytes(self._incoming[position + 5 : position + 4 + length])))
            position += 4 + length
        del self._incoming[:position]
        return packets


@contextmanager
def _told_as_unreachable() -> Iterator[None]:
    """Turn what a channel raises into `UnreachableError`."""
    try:
        yield
    except SyncError:
        raise
    except TimeoutError:
        raise UnreachableError("The other end gave no answer in time.") from None
    except (OSError, EOFError):
        raise UnreachableError("The connection was cut.") from None
    except Exception as error:  # paramiko raises what its thread met, of any kind
        raise UnreachableError(f"The connection is gone: {error}") from None


def text(value: bytes) -> bytes:
    """Return a field with its length before it."""
    return struct.pack(">I", len(value)) + value


def uint32(value: int) -> bytes:
    """Return a field of 4 bytes."""
    return struct.pack(">I", value)


def uint64(value: int) -> bytes:
    """Return a field of 8 bytes."""
    return struct.pack(">Q", value)


NO_ATTRIBUTES: Final = uint32(0)


def times(modified: int) -> bytes:
    """Return attributes that set the times of a file, in seconds since 1970."""
    return uint32(_HAS_TIMES) + uint32(modified) * 2


def _number(payload: bytes, position: int, size: int = 4) -> int:
    """Return a number of a packet."""
    if position + size > len(payload):
        raise UnreachableError("The other end does not speak SFTP as it should: a packet is too short.")
    return int.from_bytes(payload[position : position + size], "big")


def _field(payload: bytes, position: int) -> tuple[bytes, int]:
    """Return a field with its length before it, and where the next begins."""
    end = position + 4 + _number(payload, position)
    if end > len(payload):
        raise UnreachableError("The other end does not speak SFTP as it should: a field is longer than its packet.")
    return payload[position + 4 : end], end


def _attributes(payload: bytes, position: int) -> tuple[Attributes, int]:
    flags = _number(payload, position)
    position += 4
    size = mode = modified = None
    if flags & _HAS_SIZE:
        size = _number(payload, position, 8)
        position += 8
    if flags & _HAS_OWNER:
        position += 8
    if flags & _HAS_MODE:
        mode = _number(payload, position)
        position += 4
    if flags & _HAS_TIMES:
        modified = _number(payload, position + 4)
        position += 8
    if flags & _HAS_MORE:
        count = _number(payload, position)
        position += 4
        for _ in range(2 * count):
            _, position = _field(payload, position)
    return Attributes(size, mode, modified), position
