"""Servers of FTP for tests, on this machine, in a thread: real ones (pyftpdlib), and such that fail when told to."""

from __future__ import annotations

import datetime
import ipaddress
import itertools
import logging
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rla.sync.pace import Pace
from rla.sync.password import Password
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import Sending, Transport

pyftpdlib = pytest.importorskip("pyftpdlib", reason="pyftpdlib is not installed, which is the server of FTP in tests")
pytest.importorskip("OpenSSL", reason="pyOpenSSL is not installed, which encrypts the server of FTP in tests")

from pyftpdlib.authorizers import DummyAuthorizer  # noqa: E402
from pyftpdlib.exceptions import _RetryError  # noqa: E402
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler  # noqa: E402
from pyftpdlib.ioloop import IOLoop  # noqa: E402
from pyftpdlib.servers import FTPServer  # noqa: E402

USER, PASSWORD = "agent", "hunter2-very-secret"
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())  # without one, it would write to the terminal
logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)


@dataclass
class Fault:
    """What the server does wrong once, or more often.

    Attributes:
        command: at which command, e.g. ``STOR``; with ``after``, at the data of it.
        what: an answer such as ``550 no``, ``cut`` (the connection for commands goes), ``cut data`` (that for data
            goes without a word), ``silence``, or ``slow`` (1 MiB of data takes more than a second).
        after: so many bytes of data come before.
        skip: so many of these commands are well before that.
        times: how often.
    """

    command: str
    what: str
    after: int | None = None
    skip: int = 0
    times: int = 1

    def strikes(self, command: str, data: bool) -> bool:
        if command != self.command or data != (self.after is not None) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Server:
    """A server that runs.

    Attributes:
        folder: what its users see as ``/``.
        certificate: the file with its certificate.
        heard: the commands that it was told, with what follows them; of ``PASS`` as well.
        faults: what it is to do wrong.
        without: commands that it does not know, and does not tell that it does; ``REPLACING``: it renames to names
            alone that no file has.
        clients: the connections for commands that are open.
    """

    port: int
    folder: Path
    certificate: Path
    heard: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    without: set[str] = field(default_factory=set)
    host: str = "127.0.0.1"
    clients: set[int] = field(default_factory=set)

    def remote(self, protocol: str = "ftps", root: str = "/", **changes: Any) -> Remote:
        plain = Remote(protocol, root, self.host, self.port, USER, Password(PASSWORD), timeout=5.0)
        return replace(plain, **{"allow_plaintext": protocol == "ftp", **changes})

    def fault(self, command: str, data: bool) -> Fault | None:
        return next((each for each in self.faults if each.strikes(command, data)), None)

    def words(self) -> list[str]:
        """The commands that it was told, alone."""
        return [line.split(" ")[0] for line in self.heard]

    def reset(self) -> None:
        """Forget what was heard, once those who said it are gone: nobody waits for the answer to ``QUIT``."""
        deadline = time.monotonic() + 2
        while self.clients and time.monotonic() < deadline:
            time.sleep(0.002)
        for kept in (self.heard, self.faults, self.without):
            kept.clear()  # type: ignore[attr-defined]


class _Data(TLS_DTPHandler):  # type: ignore[misc]
    """A connection for data that breaks when told to."""

    _fault: Fault | None = None
    _moved = 0

    def enable_receiving(self, type: str, cmd: str) -> None:
        self._fault = self.cmd_channel.known.fault(cmd, data=True)
        if self._fault is not None and self._fault.what == "slow":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        super().enable_receiving(type, cmd)

    def push_with_producer(self, producer: Any) -> None:
        self._fault = self.cmd_channel.known.fault("RETR", data=True)
        super().push_with_producer(producer)

    def use_sendfile(self) -> bool:
        return False

    def recv(self, size: int) -> bytes:
        fault = self._fault
        if fault is None or fault.after is None:
            return super().recv(size)  # type: ignore[no-any-return]
        if fault.what == "slow":
            self.del_channel()
            self.ioloop.call_later(0.025, lambda: self.connected and self.add_channel(events=self.ioloop.READ))
            return super().recv(16 << 10)  # type: ignore[no-any-return]
        found = super().recv(size)[: fault.after - self._moved]
        self._moved += len(found)
        if self._moved >= fault.after:
            self._fault = None
            self.receive = False  # what follows is not read
            self.ioloop.call_later(0, lambda: self._break(fault))
            if not found:
                raise _RetryError
        return found  # type: ignore[no-any-return]

    def send(self, data: bytes) -> int:
        fault = self._fault
        if fault is None or fault.after is None:
            return super().send(data)  # type: ignore[no-any-return]
        if self._moved >= fault.after:
            self._break(fault)
            return 0
        sent = super().send(data[: max(1, fault.after - self._moved)])
        self._moved += sent
        return sent  # type: ignore[no-any-return]

    def _break(self, fault: Fault) -> None:
        self._fault = None
        commands = self.cmd_channel
        if fault.what == "silence":
            self.del_channel()
            return
        if self.file_obj is not None:
            self.file_obj.flush()
        if fault.what == "cut":
            commands.close_at_once()
            return
        self._error = True  # no goodbye of TLS
        self._resp = (fault.what, logging.getLogger("pyftpdlib").debug) if fault.what != "cut data" else ()
        self.close()
        if fault.what == "cut data":
            commands.respond("226 Transfer complete.")  # it believes that this was the end


class _Commands(TLS_FTPHandler):  # type: ignore[misc]
    """A connection for commands that notes what it hears, and answers what it is told to."""

    known: Server
    dtp_handler = _Data
    auth_failed_timeout = 0
    use_sendfile = False
    banner = "ready"

    def on_connect(self) -> None:
        self.known.clients.add(id(self))

    def on_disconnect(self) -> None:
        self.known.clients.discard(id(self))

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        self.known.heard.append(line)
        if cmd in self.known.without:
            self.respond("500 What?")
            return
        fault = self.known.fault(cmd, data=False)
        if fault is None:
            super().pre_process_command(line, cmd, arg)
        elif fault.what == "cut":
            self.close_at_once()
        elif fault.what != "silence":
            self.respond(fault.what)

    def ftp_RNTO(self, path: str) -> None:  # noqa: N802  # as pyftpdlib names it
        if "REPLACING" in self.known.without and self.fs.lexists(path):
            self.respond("553 There is one of that name.")
        else:
            super().ftp_RNTO(path)

    def respond(self, resp: str, logfun: Any = None) -> None:
        super().respond(resp, logging.getLogger("pyftpdlib").debug)

    def ftp_FEAT(self, line: str) -> None:  # noqa: N802  # as pyftpdlib names it
        features = {"UTF8", "MDTM", "SIZE", "REST STREAM", "MFMT", "MLST type*;size*;modify*;"}
        told = [each for each in sorted(features) if each.split()[0] not in self.known.without]
        self.push("211-Features:\r\n" + "".join(f" {each}\r\n" for each in told))
        self.respond("211 End")

    def close_at_once(self) -> None:
        self._error = True
        if self.data_channel is not None:
            self.data_channel._error = True
            self.data_channel._resp = ()
        self.close()


def start_server(
    folder: Path, certificate: Path, stop: threading.Event | None = None, address: tuple[str, int] = ("127.0.0.1", 0)
) -> Server:
    """Start a server whose thread ends with the process, or once ``stop`` is set."""
    known = Server(0, folder, certificate, host=address[0])
    users = DummyAuthorizer()
    users.add_user(USER, PASSWORD, str(folder), perm="elradfmwMT")
    changes = {"known": known, "authorizer": users, "certfile": str(certificate), "ssl_context": None}
    handler = type("Commands", (_Commands,), changes)
    loop = IOLoop()
    server = FTPServer(address, handler, ioloop=loop)
    known.port = server.address[1]
    ended = stop or threading.Event()

    def serve() -> None:
        while not ended.is_set():
            loop.loop(timeout=0.02, blocking=False)
        server.close_all()

    threading.Thread(target=serve, daemon=True, name="server of FTP").start()
    return known


def make_certificate(path: Path, *names: str, days: int = 2) -> Path:
    """Write a certificate that was signed by itself, and its key, into one file."""
    x509 = pytest.importorskip("cryptography.x509", reason="cryptography is not installed, which makes certificates")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server of tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    addresses = [x509.IPAddress(ipaddress.ip_address(each)) for each in names or ("127.0.0.1", "::1")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    encodings = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(*encodings) + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="session")
def running_ftp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of all tests; it takes encrypted and plain connections."""
    top = tmp_path_factory.mktemp("ftp")
    (top / "served").mkdir()
    stop = threading.Event()
    yield start_server(top / "served", make_certificate(top / "server.pem"), stop=stop)
    stop.set()


_numbers = itertools.count()


@pytest.fixture
def ftp_server(running_ftp_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server whose certificate is trusted here, with an empty folder."""
    running_ftp_server.reset()
    folder = running_ftp_server.folder / f"test-{next(_numbers)}"
    folder.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(running_ftp_server.certificate))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    view = replace(running_ftp_server, folder=folder)
    yield view
    running_ftp_server.reset()


@pytest.fixture
def connected(ftp_server: Server) -> Iterator[Callable[..., Transport]]:
    """Connect to the folder of the test: ``connected("ftp", timeout=1.0)``."""
    opened: list[Transport] = []

    def connect(protocol: str = "ftps", **changes: Any) -> Transport:
        remote = ftp_server.remote(protocol, **{"root": f"/{ftp_server.folder.name}", **changes})
        transport = transport_to(remote, Pace(remote.bandwidth_limit))
        opened.append(transport)
        transport.connect()
        return transport

    yield connect
    for each in opened:
        each.close()


def sending(source: Path, path: str, **changes: Any) -> Sending:
    """Return what is to be sent: all of a file."""
    return Sending(str(source), path, source.stat().st_size, **changes)


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 fingerprint of a certificate in a file."""
    import hashlib

    text = certificate.read_text()
    der = ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])
    return hashlib.sha256(der).digest().hex(":").upper()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are taken, and nobody ever says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


if __name__ == "__main__":  # a server that can be killed: its folder, the certificate, the port
    server = start_server(Path(sys.argv[1]), Path(sys.argv[2]), address=("127.0.0.1", int(sys.argv[3])))
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    sys.stdin.read()  # it ends with the one who started it
