"""A password goes to a server whose key is known, and to no other; nobody is ever shown it."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from rla.errors import HostKeyError, LoginRefusedError
from rla.sync.password import Password
from rla.sync.registry import transport_to
from test.sync.servers import SFTP_SERVER, PasswordServer

SECRET = "correct-horse-7261"


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


@pytest.mark.parametrize("methods", ["password", "keyboard-interactive", "password,keyboard-interactive"])
def test_the_right_password_opens_the_door(tmp_path: Path, known: Path, methods: str) -> None:
    if SFTP_SERVER is None:
        pytest.skip("there is no sftp-server (package openssh-sftp-server)")
    with PasswordServer(SECRET, methods) as server:
        known.write_text(server.line_of_known_hosts)

        with transport_to(server.remote(tmp_path / "data", known, Password(SECRET))) as transport:
            assert transport.entries("") == []

        assert server.offered == [SECRET]


@pytest.mark.parametrize("methods", ["password", "keyboard-interactive"])
def test_a_wrong_password_is_refused_once_and_not_shown(tmp_path: Path, known: Path, methods: str) -> None:
    with PasswordServer("another", methods) as server:
        known.write_text(server.line_of_known_hosts)

        with pytest.raises(LoginRefusedError) as error, transport_to(server.remote("", known, Password(SECRET))):
            pass

        assert server.offered == [SECRET]
    text = str(error.value)
    for word in ("does not let 'ann' in", methods, "Tried: the password", "REMOTE_SETTING.key_file or password"):
        assert word in text
    assert SECRET not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("change", ["unknown", "changed", "revoked", "no file"])
def test_nothing_is_offered_to_a_host_that_is_not_the_known_one(
    known: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    with PasswordServer(SECRET) as server, PasswordServer("other") as other:
        line = server.line_of_known_hosts
        lines = {
            "unknown": other.line_of_known_hosts,
            "changed": line.split()[0] + " " + other.line_of_known_hosts.split(" ", 1)[1],
            "revoked": f"{line}@revoked {line}",
        }
        if change in lines:
            known.write_text(lines[change])
        asked = []
        monkeypatch.setattr(Password, "get", lambda self: asked.append(self) or SECRET)

        with pytest.raises(HostKeyError) as error, transport_to(server.remote("", known, Password(SECRET))):
            pass

        assert server.offered == []
        assert server.keys_offered == 0
        assert asked == []
    assert SECRET not in "".join(traceback.format_exception(error.value))


def test_a_password_of_a_variable_is_asked_for_when_it_is_wanted(
    known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PasswordServer(SECRET) as server:
        known.write_text(server.line_of_known_hosts)
        remote = server.remote(tmp_path / "data", known, Password(variable="THE_PASSWORD"))
        with pytest.raises(LoginRefusedError, match="'THE_PASSWORD', which is not set"), transport_to(remote):
            pass
        monkeypatch.setenv("THE_PASSWORD", "wrong")
        with pytest.raises(LoginRefusedError, match="does not let 'ann' in"), transport_to(remote):
            pass
        assert server.offered == ["wrong"]


def test_who_has_neither_key_nor_password_is_told_what_the_server_takes(known: Path) -> None:
    with PasswordServer(SECRET) as server:
        known.write_text(server.line_of_known_hosts)
        remote = replace(server.remote("", known, Password()), key_file="/nowhere")

        with pytest.raises(LoginRefusedError, match=r"It takes: publickey, password\. Tried: nothing"):
            transport_to(remote).connect()


def test_mutant_a_connection_that_checks_no_key_would_be_seen(known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rla.sync.ssh.connection.check_host_key", lambda *args: None)
    with PasswordServer("another") as server:
        with pytest.raises(LoginRefusedError), transport_to(server.remote("", known, Password(SECRET))):
            pass

        assert server.offered == [SECRET]
