"""Connections for data are found behind address translation, over IPv6, and by either of the two commands for them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import UnreachableError
from rla.sync.ftp.client import Client
from rla.sync.registry import transport_to
from rla.sync.transport import Transport
from test.sync.ftp_servers import Fault, Server, make_certificate, sending, start_server


def test_an_address_that_a_server_tells_is_not_gone_to(
    ftp_server: Server, connected: Callable[..., Transport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("x")
    told = Client.sendcmd

    def translated(self: Client, line: str) -> str:
        answer = told(self, line)
        return answer.replace("(127,0,0,1,", "(10,9,8,7,")

    transport = connected()
    monkeypatch.setattr(Client, "sendcmd", translated)
    (sent,) = transport.send([sending(tmp_path / "a", "log/a")])
    assert sent.complete


def test_a_server_that_refuses_the_older_command_is_asked_by_the_newer(
    ftp_server: Server, connected: Callable[..., Transport], tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("x")
    ftp_server.without.add("PASV")
    (sent,) = connected().send([sending(tmp_path / "a", "log/a")])
    assert sent.complete
    assert "EPSV" in ftp_server.words()


def test_a_server_of_ipv6(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    (tmp_path / "served").mkdir()
    (tmp_path / "a").write_text("x")
    certificate = make_certificate(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    stop = threading.Event()
    server = start_server(tmp_path / "served", certificate, stop=stop, address=("::1", 0))
    try:
        with transport_to(server.remote()) as transport:
            (sent,) = transport.send([sending(tmp_path / "a", "log/a")])
    finally:
        stop.set()
    assert sent.complete
    assert (tmp_path / "served/log/a").read_text() == "x"
    assert "[::1]" in str(server.remote())


def test_a_firewall_before_the_ports_for_data_is_told(
    ftp_server: Server, connected: Callable[..., Transport], tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("x")
    transport = connected()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ftp_server.faults.append(Fault("PASV", f"227 here (127,0,0,1,{port >> 8},{port & 255})"))
    with pytest.raises(UnreachableError, match=r"Is a firewall in between\? It must let the passive ports"):
        list(transport.send([sending(tmp_path / "a", "log/a")]))
