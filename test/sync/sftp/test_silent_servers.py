"""A server that falls silent is given up within the timeout, at whatever moment that happens, and nothing lingers."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import UnreachableError
from rla.sync.network import open_connection, within
from rla.sync.registry import transport_to
from rla.sync.sftp import SftpTransport
from rla.sync.transport import Fetching, Sending
from test.sync.proxy import BlackHole, Proxy
from test.sync.servers import SshServer

pytestmark = pytest.mark.timeout(60)  # without a timeout of its own, a connection would wait for ever
PATIENCE = 0.3


def ssh_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "paramiko" in type(thread).__module__ and thread.is_alive()]


def test_a_server_that_takes_the_connection_and_says_nothing(server: SshServer, tmp_path: Path) -> None:
    before = len(ssh_threads())
    with BlackHole() as hole, pytest.raises(UnreachableError, match="in time"):
        transport_to(server.remote(tmp_path, port=hole.port, timeout=PATIENCE)).connect()

    assert len(ssh_threads()) == before


def test_a_server_that_speaks_something_else(server: SshServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 FTP ready\r\n" * 200)
                connection.recv(1)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(UnreachableError, match="Is this its port"):
            transport_to(server.remote(tmp_path, port=listener.getsockname()[1], timeout=1)).connect()


@pytest.mark.parametrize("share", [0.05, 0.4, 0.6, 0.8, 0.9, 0.97])
def test_a_server_that_falls_silent_amid_the_login(
    through: Callable[..., SftpTransport], proxy: Proxy, share: float, bytes_of_a_login: list[int]
) -> None:
    if not bytes_of_a_login:
        through(timeout=10).connect()
        bytes_of_a_login.append(proxy.to_server)
    proxy.freeze_at = int(share * bytes_of_a_login[0])

    with pytest.raises(UnreachableError):
        through(timeout=PATIENCE).connect()


@pytest.fixture(scope="module")
def bytes_of_a_login() -> list[int]:
    return []


@pytest.mark.parametrize("size", [1000, 40_000_000])
def test_a_server_that_falls_silent_amid_a_transfer(
    through: Callable[..., SftpTransport], proxy: Proxy, sending: Callable[..., Sending], tmp_path: Path, size: int
) -> None:
    before = len(ssh_threads())
    with through(timeout=5) as transport:
        transport.session._channel.settimeout(PATIENCE)
        proxy.freeze()
        with pytest.raises(UnreachableError, match=r"no answer in time|was cut"):
            list(transport.send([sending("log/file", os.urandom(size))]))
    with pytest.raises(UnreachableError, match="There is no connection"):
        transport.entries("")
    assert len(ssh_threads()) == before


def test_a_server_that_falls_silent_while_it_is_asked(
    through: Callable[..., SftpTransport], proxy: Proxy, tmp_path: Path
) -> None:
    with through(timeout=2) as transport:
        transport.session._channel.settimeout(PATIENCE)
        proxy.freeze()
        for ask in (lambda: transport.entries("log"), lambda: list(transport.walk("")), lambda: transport.status("a")):
            with pytest.raises(UnreachableError):
                ask()
        with pytest.raises(UnreachableError):
            list(transport.fetch([Fetching("log/a", str(tmp_path / "a"), 10)]))


def test_a_slow_server_is_waited_for(
    through: Callable[..., SftpTransport], proxy: Proxy, sending: Callable[..., Sending], tmp_path: Path
) -> None:
    with through(timeout=2) as transport:
        proxy.rate = 600_000
        (outcome,) = transport.send([sending("log/file", b"x" * 500_000)])

    assert outcome.complete
    assert (tmp_path / "there/log/file").stat().st_size == 500_000


def test_an_address_that_cannot_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: never.wait(30))
    with pytest.raises(UnreachableError, match=r"The address of 'main\.lab' could not be found out within 0\.1 s"):
        open_connection("main.lab", 22, 0.1)
    never.set()


def test_an_agent_that_does_not_answer_is_no_reason_to_wait(
    server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        with transport_to(server.remote(tmp_path / "data", agent=True, timeout=1)) as transport:
            assert transport.entries("") == []


def test_work_that_fails_fails_where_it_was_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
