"""One OpenSSH server for all tests of SFTP, and a connection for each file of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla.sync.registry import transport_to
from rla.sync.sftp import SftpTransport
from rla.sync.transport import Sending
from test.sync.proxy import Proxy
from test.sync.servers import SshServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with SshServer(tmp_path_factory.mktemp("ssh"), key_types=("ed25519", "ecdsa")) as started:
        yield started


@pytest.fixture(scope="module")
def there(server: SshServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data root at the other end."""
    return tmp_path_factory.mktemp("there") / "data"


@pytest.fixture(scope="module")
def transport(server: SshServer, there: Path) -> Iterator[SftpTransport]:
    """A connection to that data root."""
    with transport_to(server.remote(there)) as connected:
        assert isinstance(connected, SftpTransport)
        yield connected


@pytest.fixture
def proxy(server: SshServer) -> Iterator[Proxy]:
    """A wire to the server."""
    with Proxy(server.port) as started:
        yield started


@pytest.fixture
def through(server: SshServer, proxy: Proxy, tmp_path: Path) -> Callable[..., SftpTransport]:
    """A transport over that wire, to ``there``: ``through(timeout=1)``."""

    def make(**changes: object) -> SftpTransport:
        (tmp_path / "known_hosts").write_text(server.line_of_known_hosts(name=f"[127.0.0.1]:{proxy.port}"))
        settings = {"port": proxy.port, "known_hosts": str(tmp_path / "known_hosts")}
        transport = transport_to(server.remote(tmp_path / "there", **(settings | changes)))
        assert isinstance(transport, SftpTransport)
        return transport

    return make


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without SSH files, and no agent."""
    (tmp_path / "home/.ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path / "home"


@pytest.fixture
def sending(tmp_path: Path) -> Callable[..., Sending]:
    """A file that is to be sent: ``sending("log/a", b"content", offset=3)``."""

    def make(path: str, content: bytes, **settings: object) -> Sending:
        source = os.path.join(tmp_path, "here", path)
        os.makedirs(os.path.dirname(source), exist_ok=True)
        with open(source, "wb") as file:
            file.write(content)
        return Sending(source, path, len(content), **settings)  # type: ignore[arg-type]

    return make
