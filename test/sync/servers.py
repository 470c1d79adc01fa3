"""Servers of SSH on the loopback interface: OpenSSH for the user of the tests, and one that takes passwords."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType

import paramiko
import psutil
import pytest

from rla.sync.password import Password
from rla.sync.remote import Remote

__all__ = ["SFTP_SERVER", "PasswordServer", "SshServer", "free_port", "make_key"]

_PLACES = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/libexec/sftp-server")
SFTP_SERVER = next((path for path in _PLACES if os.path.exists(path)), None)
"""The program of OpenSSH that serves files."""

_SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_CONFIG = """
ListenAddress 127.0.0.1
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
MaxStartups 100
LogLevel VERBOSE
"""


class SshServer:
    """A server that lets in whoever has ``key_file``; use it in a ``with`` block.

    A login ends up in ``home``. The server can be killed, and started again on its port.

    Args:
        folder: an empty folder for its keys and its configuration.
        key_types: the types of its host keys.
        files: the command that serves files; None for that of OpenSSH, nothing for none.

    Attributes:
        port: where it listens.
        key_file: the private key of the user.
        known_hosts: a file that knows the server.
    """

    def __init__(self, folder: Path, key_types: tuple[str, ...] = ("ed25519",), files: str | None = None) -> None:
        if _SSHD is None or shutil.which("ssh-keygen") is None:
            pytest.skip("there is no sshd (package openssh-server)")
        self.folder, self.key_types = folder, key_types
        self.home, self.key_file = folder / "home", folder / "key_of_user"
        self.known_hosts = folder / "known_hosts"
        self.home.mkdir(parents=True)
        self.port = free_port()
        make_key(self.key_file)
        self.allow(self.key_file)
        for kind in key_types:
            make_key(folder / f"host_{kind}", kind)
        self.known_hosts.write_text("".join(self.line_of_known_hosts(kind) for kind in key_types))
        serves = f"internal-sftp -d {self.home}" if files is None else files
        subsystem = f"Subsystem sftp {serves}\n" if serves else ""
        (folder / "sshd_config").write_text(_CONFIG.format(folder=folder) + subsystem)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SshServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def remote(self, root: object, **changes: object) -> Remote:
        """The data root in a folder there, by the key of the user."""
        settings = {"host": "127.0.0.1", "port": self.port, "key_file": str(self.key_file), "agent": False}
        settings |= {"known_hosts": str(self.known_hosts), "timeout": 10.0}
        return Remote("sftp", str(root), **(settings | changes))  # type: ignore[arg-type]

    def line_of_known_hosts(self, kind: str = "ed25519", name: str | None = None) -> str:
        """The line that makes the server known."""
        key = (self.folder / f"host_{kind}.pub").read_text().split()
        return f"{name or f'[127.0.0.1]:{self.port}'} {key[0]} {key[1]}\n"

    def allow(self, key_file: Path) -> None:
        """Let a further key in."""
        with (self.folder / "authorized_keys").open("a") as allowed:
            allowed.write(Path(f"{key_file}.pub").read_text())

    def start(self) -> None:
        """Let it listen, and wait until it does."""
        assert _SSHD is not None
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # the folder that sshd gives up its privileges in
        keys = [word for kind in self.key_types for word in ("-h", str(self.folder / f"host_{kind}"))]
        log = (self.folder / "log").open("ab")
        command = [_SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config"), "-p", str(self.port), *keys]
        with log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self._process.poll() is not None:
                pytest.skip(f"sshd does not run here: {self.log()[-300:]}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                if probe.recv(4) == b"SSH-":
                    return
            time.sleep(0.02)
        raise TimeoutError(f"sshd does not listen: {self.log()}")

    def kill(self) -> None:
        """Let it die, with all connections, as in a crash."""
        if self._process is None:
            return
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        self._process.wait(20)
        self._process = None
        for each in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()

    def log(self) -> str:
        """What it said so far."""
        return (self.folder / "log").read_text(errors="replace")


class PasswordServer(paramiko.ServerInterface):
    """A server that knows one user and one password, and remembers who offered what; use it in a ``with`` block.

    Args:
        password: the right one.
        methods: how it may be told: ``password``, ``keyboard-interactive``.

    Attributes:
        port: where it listens.
        offered: each password that came.
        key: its host key.
    """

    def __init__(self, password: str, methods: str = "password") -> None:
        self.password, self.methods = password, methods
        self.offered: list[str] = []
        self.keys_offered = 0
        self.key = paramiko.ECDSAKey.generate()
        self._transports: list[paramiko.Transport] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> PasswordServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for transport in self._transports:
            transport.close()

    @property
    def line_of_known_hosts(self) -> str:
        """The line that makes it known."""
        return f"[127.0.0.1]:{self.port} {self.key.get_name()} {self.key.get_base64()}\n"

    def remote(self, root: object, known_hosts: Path, password: Password, **changes: object) -> Remote:
        """The data root in a folder there."""
        settings = {"host": "127.0.0.1", "port": self.port, "agent": False, "username": "ann", "password": password}
        settings |= {"known_hosts": str(known_hosts), "timeout": 10.0}
        return Remote("sftp", str(root), **(settings | changes))  # type: ignore[arg-type]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.set_log_channel("rla.test.server")
            logging.getLogger("rla.test.server").disabled = True
            transport.add_server_key(self.key)
            self._transports.append(transport)
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=self, event=threading.Event())

    def get_allowed_auths(self, username: str) -> str:
        return f"publickey,{self.methods}"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.keys_offered += 1
        return paramiko.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self.offered.append(password)
        right = "password" in self.methods and (username, password) == ("ann", self.password)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> paramiko.InteractiveQuery:
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        self.offered += responses
        return paramiko.AUTH_SUCCESSFUL if responses == [self.password] else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        """Let the SFTP server of OpenSSH answer."""
        if name != "sftp" or SFTP_SERVER is None:
            return False
        ours, its = socket.socketpair()
        with its:
            subprocess.Popen([SFTP_SERVER], stdin=its.fileno(), stdout=its.fileno(), stderr=subprocess.DEVNULL)
        for source, target in ((channel, ours), (ours, channel)):
            threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()
        return True


def _pass_on(source: socket.socket | paramiko.Channel, target: socket.socket | paramiko.Channel) -> None:
    with contextlib.suppress(OSError, EOFError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for each in (source, target):
        with contextlib.suppress(OSError, EOFError):
            each.shutdown(socket.SHUT_RDWR)


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> None:
    """Make a pair of keys."""
    bits = ["-b", "2048"] if kind == "rsa" else []
    command = ["ssh-keygen", "-q", "-t", kind, *bits, "-N", passphrase, "-C", path.name, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port
