"""Where a password comes from, and that nothing shows it."""

from __future__ import annotations

import copy
import json
import pickle
import sys
import traceback
from dataclasses import asdict

import pytest

from rla.config import load_settings
from rla.errors import LoginRefusedError
from rla.sync.password import Password
from rla.sync.remote import Remote, remotes_of

SECRET = "correct horse battery"


def remote_with(**keys: str) -> Remote:
    settings = load_settings({"REMOTE_SETTING": {"ftp_server": "main", "remote_data_root": "d", **keys}})
    return remotes_of(settings)[0]


def test_it_stands_in_the_file_or_in_a_variable_or_a_command_prints_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PASSWORD", SECRET)
    command = f"{sys.executable} -c \"print('{SECRET}'); print('more')\""
    assert remote_with(password=SECRET).password.get() == SECRET
    assert remote_with(password_env="LAB_PASSWORD").password.get() == SECRET
    assert remote_with(password_command=command).password.get() == SECRET
    assert remote_with(password_env="LAB_PASSWORD", password="old").password.get() == SECRET
    assert remote_with().password.get() is None


def test_no_text_and_no_pickle_shows_it() -> None:
    remote = remote_with(password=SECRET)
    assert SECRET not in f"{remote} {remote!r} {remote.password} {vars(remote)} {asdict_of(remote)}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(remote)
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy(remote)


def asdict_of(remote: Remote) -> str:
    """Return what `dataclasses.asdict` shows, or how it fails."""
    try:
        return str(asdict(remote))
    except TypeError as error:
        return str(error)


def test_another_process_of_ours_gets_it_through_a_pipe() -> None:
    remote = remote_with(password=SECRET)
    again = Remote.from_plain(json.loads(json.dumps(remote.to_plain())))
    assert again.password.get() == SECRET
    assert (str(again), again.identity) == (str(remote), remote.identity)


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_PASSWORD", raising=False)
    with pytest.raises(LoginRefusedError, match="LAB_PASSWORD"):
        Password(variable="LAB_PASSWORD").get()


@pytest.mark.parametrize(
    "command",
    [
        "no-such-program-of-anybody",
        "",
        "'",
        f"{sys.executable} -c \"import sys; print('{SECRET}'); sys.exit(3)\"",
        f"{sys.executable} -c pass",
    ],
)
def test_a_command_that_fails_is_an_error_that_repeats_nothing_it_printed(command: str) -> None:
    with pytest.raises(LoginRefusedError, match="password_command") as caught:
        Password(command=command).get()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
