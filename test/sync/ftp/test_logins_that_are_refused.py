"""A wrong user or password is told as that, and the password is in no message, whatever the server says."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from rla.errors import LoginRefusedError, SyncError, UnreachableError
from rla.sync.password import Password
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from test.sync.ftp_servers import PASSWORD, Fault, Server

WRONG = "correct horse battery"


def refused(remote: Remote, kind: type[SyncError] = LoginRefusedError) -> str:
    """Try to connect; return all that is to be seen of it, the errors behind it included."""
    with pytest.raises(kind) as caught:
        transport_to(remote).connect()
    texts, error = [], caught.value
    current: BaseException | None = error
    while current is not None:
        texts += [str(current), repr(current), repr(vars(current)), *map(repr, current.args)]
        current = current.__cause__ or current.__context__
    return "\n".join([*traceback.format_exception(error), *texts])


def test_a_wrong_password_is_refused_and_shown_nowhere(ftp_server: Server) -> None:
    seen = refused(ftp_server.remote(password=Password(WRONG)))
    assert "127.0.0.1 does not let 'agent' in: it answers '530 Authentication failed.'" in seen
    assert WRONG not in seen


@pytest.mark.parametrize("code", [530, 430, 501, 331, 332])
def test_a_server_that_repeats_the_password_does_not_get_it_shown(ftp_server: Server, code: int) -> None:
    ftp_server.faults.append(Fault("PASS", f"{code} agent with {WRONG} may not"))
    seen = refused(ftp_server.remote(password=Password(WRONG)))
    assert f"'{code} agent with *** may not'" in seen
    assert WRONG not in seen


@pytest.mark.parametrize("text", [f"{WRONG}\nand a line", f"{WRONG}\0", f"{WRONG}\ud800"])
def test_a_password_that_no_line_holds_is_refused_here(ftp_server: Server, text: str) -> None:
    seen = refused(ftp_server.remote(password=Password(text)))
    assert "FTP cannot carry a user or password with a line break" in seen
    assert WRONG not in seen
    assert "PASS" not in ftp_server.words()


def test_a_password_of_any_letters_is_sent_as_utf_8(ftp_server: Server) -> None:
    refused(ftp_server.remote(password=Password("pässwörd 漢 ")))
    assert "PASS pässwörd 漢 " in ftp_server.heard


def test_without_a_password_it_says_where_one_may_come_from(ftp_server: Server) -> None:
    assert "Set REMOTE_SETTING.password_env or password_command" in refused(ftp_server.remote(password=Password()))


@pytest.mark.parametrize("command", ["USER", "PASS"])
def test_a_server_that_is_full_is_tried_again(ftp_server: Server, command: str) -> None:
    ftp_server.faults.append(Fault(command, f"421 too many, {PASSWORD}"))
    assert PASSWORD not in refused(ftp_server.remote(), UnreachableError)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"port": 1}, "does not answer on port 1 .*refused.*is the port right"),
        ({"host": "no-such-host.invalid"}, "There is no address of 'no-such-host.invalid'"),
        ({"host": "a..b"}, r"'a\.\.b' is no name of a machine"),
    ],
)
def test_a_wrong_address_is_told(ftp_server: Server, changes: dict[str, Any], message: str) -> None:
    remote = Remote("ftps", "/", **{"host": "127.0.0.1", "port": ftp_server.port, "timeout": 5.0, **changes})
    with pytest.raises(SyncError, match=message):
        transport_to(remote).connect()
