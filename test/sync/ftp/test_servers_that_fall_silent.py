"""A server that gives no answer any more is given up within the time that was set; slow is not silent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rla.errors import UnreachableError
from rla.sync.registry import transport_to
from rla.sync.transport import Fetching, Transport
from test.sync.ftp_servers import Fault, Server, sending

PATIENCE = 0.2


def test_a_server_without_a_greeting_is_given_up(ftp_server: Server, silent_port: int) -> None:
    with pytest.raises(UnreachableError, match=r"gave no answer for 0\.2 seconds to: connect to its port"):
        transport_to(replace(ftp_server.remote(timeout=PATIENCE), port=silent_port)).connect()


@pytest.mark.parametrize("command", ["AUTH", "PASS", "PROT", "CWD"])
def test_a_server_that_falls_silent_on_the_way_in_is_given_up(ftp_server: Server, command: str) -> None:
    ftp_server.faults.append(Fault(command, "silence"))
    with pytest.raises(UnreachableError, match=r"gave no answer for 0\.2 seconds"):
        transport_to(ftp_server.remote(timeout=PATIENCE)).connect()


@pytest.mark.parametrize("command", ["PASV", "STOR", "RNTO"])
def test_a_server_that_falls_silent_while_it_is_sent_to_is_given_up(
    ftp_server: Server, connected: Callable[..., Transport], tmp_path: Path, command: str
) -> None:
    (tmp_path / "a").write_text("x")
    transport = connected(timeout=PATIENCE)
    ftp_server.faults.append(Fault(command, "silence"))
    with pytest.raises(UnreachableError, match=r"gave no answer for 0\.2 seconds to: .*log"):
        list(transport.send([sending(tmp_path / "a", "log/a")]))
    with pytest.raises(UnreachableError, match="There is no connection"):  # and it is not asked again
        transport.status("log/a")


@pytest.mark.parametrize("size", [1000, 20 << 20])
def test_a_server_that_takes_no_more_data_is_given_up(
    ftp_server: Server, connected: Callable[..., Transport], tmp_path: Path, size: int
) -> None:
    (tmp_path / "a").write_bytes(bytes(size))
    ftp_server.faults.append(Fault("STOR", "silence", after=500))
    with pytest.raises(UnreachableError, match=r"gave no answer for 0\.2 seconds to: write 'log/"):
        list(connected(timeout=PATIENCE).send([sending(tmp_path / "a", "log/a")]))


def test_a_server_that_gives_no_more_data_is_given_up(
    ftp_server: Server, connected: Callable[..., Transport], tmp_path: Path
) -> None:
    (ftp_server.folder / "a").write_bytes(bytes(5000))
    ftp_server.faults.append(Fault("RETR", "silence", after=500))
    with pytest.raises(UnreachableError, match=r"gave no answer for 0\.2 seconds to: read 'a'"):
        list(connected(timeout=PATIENCE).fetch([Fetching("a", str(tmp_path / "a"), 5000)]))


def test_data_that_moves_slowly_is_waited_for(
    ftp_server: Server, connected: Callable[..., Transport], tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(bytes(range(256)) * (4 << 10))  # 1 MiB: most of it waits in the system, not in us
    ftp_server.faults.append(Fault("STOR", "slow", after=0))
    begun = time.monotonic()
    (sent,) = connected(timeout=0.6).send([sending(tmp_path / "a", "log/a")])
    assert time.monotonic() - begun > 1.2  # or the server was not slow
    assert sent.complete
    assert (ftp_server.folder / "log/a").read_bytes() == (tmp_path / "a").read_bytes()


def test_closing_a_connection_does_not_wait(ftp_server: Server, connected: Callable[..., Transport]) -> None:
    transport = connected(timeout=60.0)
    ftp_server.faults.append(Fault("QUIT", "silence"))
    transport.close()
    transport.close()
    with pytest.raises(UnreachableError):
        transport.entries("log")
