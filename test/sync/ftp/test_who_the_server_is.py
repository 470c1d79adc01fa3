"""No password, and nothing else, goes to a server that nobody vouches for, nor unencrypted unless that was allowed."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rla.errors import HostKeyError, LoginRefusedError, SyncError, UnreachableError
from rla.sync.ftp import transport as ftp
from rla.sync.ftp.client import Client
from rla.sync.registry import transport_to
from rla.sync.transport import Transport
from test.sync.ftp_servers import PASSWORD, Fault, Server, fingerprint, make_certificate, sending, start_server

BEFORE_THE_LOGIN = ["AUTH"]


@pytest.fixture
def stranger(ftp_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server whose certificate nobody knows."""
    monkeypatch.delenv("SSL_CERT_FILE")
    return ftp_server


def refusal(server: Server, **changes: Any) -> str:
    with pytest.raises(HostKeyError) as caught:
        transport_to(server.remote(**changes)).connect()
    assert set(server.words()) == set(BEFORE_THE_LOGIN)
    return str(caught.value)


def test_an_unknown_certificate_is_refused_until_the_command_that_accepts_it_was_run(stranger: Server) -> None:
    message = refusal(stranger)
    assert "is not trusted: self" in message  # self-signed
    assert "Nothing was sent to it, no password either" in message
    assert fingerprint(stranger.certificate) in message
    command = re.search(r"^  (.*>>.*)$", message, flags=re.M)
    assert command is not None
    subprocess.run(command[1], shell=True, check=True)
    with transport_to(stranger.remote()) as transport:
        assert transport.entries("log/none") == []


def test_a_certificate_of_another_machine_is_refused(
    ftp_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_certificate(tmp_path / "other.pem", "10.9.8.7")
    (tmp_path / "served").mkdir()
    stop = threading.Event()
    server = start_server(tmp_path / "served", other, stop=stop)
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    try:
        assert "127.0.0.1" in refusal(server)
    finally:
        stop.set()


def test_a_certificate_that_has_changed_is_refused(stranger: Server, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_text(f"# servers\n[127.0.0.1]:{stranger.port} sha256={'AB:' * 31}AB\n")
    message = refusal(stranger, known_hosts=str(known))
    assert "shows another certificate than the one that was accepted" in message
    assert fingerprint(stranger.certificate) in message
    assert f"[127.0.0.1]:{stranger.port} in '{known}'" in message


def test_what_was_accepted_counts_for_its_server_alone(stranger: Server, tmp_path: Path) -> None:
    known = tmp_path / "known hosts"
    right = fingerprint(stranger.certificate)
    known.write_text(f"[127.0.0.1]:1 sha256={right}\n127.0.0.1 ssh-ed25519 AAAA\n\n[127.0.0.1]:{stranger.port}\n")
    assert f">> '{known}'" in refusal(stranger, known_hosts=str(known))
    known.write_text(f"[127.0.0.1]:{stranger.port}   sha256={right.replace(':', '').lower()}  main\n")
    transport_to(stranger.remote(known_hosts=str(known))).connect()
    known.write_text(f"[127.0.0.1]:{stranger.port} sha256={right[:-2]}\n")
    with pytest.raises(SyncError, match=r"Line 1 of .* is no fingerprint; expected .* 64 hexadecimal digits"):
        transport_to(stranger.remote(known_hosts=str(known))).connect()


def test_data_goes_to_the_server_that_was_accepted_alone(
    stranger: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{stranger.port} sha256={fingerprint(stranger.certificate)}\n")
    stop = threading.Event()
    (tmp_path / "theirs").mkdir()
    thief = start_server(tmp_path / "theirs", make_certificate(tmp_path / "thief.pem"), stop=stop)
    transport = transport_to(stranger.remote(known_hosts=str(known), root=f"/{stranger.folder.name}"))
    transport.connect()
    other = Client(5.0, transport._connection._client.context)  # type: ignore[attr-defined]
    other.connect("127.0.0.1", thief.port)
    other.auth()
    other.login("agent", PASSWORD)
    other.prot_p()
    monkeypatch.setattr(Client, "makepasv", lambda self: parse(other.sendcmd("PASV")))
    (tmp_path / "a").write_text("secret")
    try:
        (outcome,) = transport.send([sending(tmp_path / "a", "log/a")])
    finally:
        stop.set()
    assert isinstance(outcome.problem, HostKeyError)
    assert "shows another certificate" in str(outcome.problem)
    with pytest.raises(UnreachableError, match="There is no connection"):
        transport.status("log/a")
    assert [path for path in stranger.folder.rglob("*") if path.is_file() and path.stat().st_size] == []


def parse(answer: str) -> tuple[str, int]:
    numbers = [int(each) for each in answer.partition("(")[2].partition(")")[0].split(",")]
    return "127.0.0.1", numbers[4] * 256 + numbers[5]


@pytest.mark.parametrize("answer", ["502 no", "530 no", "421 no", "234 yes, but the line goes on in the clear"])
def test_a_server_that_does_not_encrypt_hears_no_user_and_no_password(ftp_server: Server, answer: str) -> None:
    ftp_server.faults.append(Fault("AUTH", answer))
    with pytest.raises(SyncError) as caught:
        transport_to(ftp_server.remote(timeout=0.5)).connect()
    assert not isinstance(caught.value, LoginRefusedError)
    told = "\n".join(ftp_server.heard)
    assert "USER" not in told
    assert PASSWORD not in told


def test_files_are_not_sent_where_they_would_not_be_encrypted(ftp_server: Server) -> None:
    ftp_server.faults.append(Fault("PROT", "534 no"))
    with pytest.raises(SyncError, match="does not encrypt the connections that carry the files"):
        transport_to(ftp_server.remote()).connect()
    assert not {"STOR", "PASV", "EPSV", "MLSD"} & set(ftp_server.words())


def test_plain_ftp_is_refused_before_anything_is_connected(ftp_server: Server) -> None:
    remote = ftp_server.remote("ftp", allow_plaintext=False)
    with pytest.raises(SyncError, match=r"unencrypted, and was not connected to.*REMOTE_SETTING.allow_plaintext"):
        transport_to(remote).connect()
    assert ftp_server.heard == []


def test_plain_ftp_that_was_allowed_warns_once(
    connected: Callable[..., Transport], monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    monkeypatch.setattr(ftp, "_warned", set())
    for _ in range(3):
        connected("ftp")
    assert len(said) == 1
    assert "travel unencrypted" in said[0]
    assert PASSWORD not in said[0]


@pytest.fixture
def ssh_port() -> Iterator[int]:
    """A port where something else than FTP answers."""
    listening = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    threading.Thread(target=greet, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


@pytest.mark.parametrize("protocol", ["ftps", "ftp"])
@pytest.mark.filterwarnings("ignore:rla. the password for ftp:rla.errors.RLAWarning")
def test_another_kind_of_server_is_told_apart(ftp_server: Server, ssh_port: int, protocol: str) -> None:
    remote = ftp_server.remote(protocol)
    with pytest.raises(SyncError, match="speaks no FTP on this port: it says 'SSH-2"):
        transport_to(replace(remote, port=ssh_port)).connect()
