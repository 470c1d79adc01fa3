"""The login of the main node is told to the main node alone, unless its configuration was named for another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rla.config import Settings
from rla.errors import SyncError, UnreachableError
from rla.sync.by_hand.addresses import check_is_elsewhere, first_that_answers, remotes_at, trees_to_send
from rla.sync.remote import Remote, parse_remote


def settings(**remote: Any) -> Settings:
    known = {"ftp_server": "main.lab", "remote_data_root": "data", "username": "agent", "password": "sesame"}
    return Settings({"REMOTE_SETTING": known | {"timeout": 3, "key_file": "key"} | remote}, "rla_config.yaml", None)


@pytest.mark.parametrize("address", ["ssh://MAIN.lab/other", "main.lab:other", "ftps://main.lab/other", None])
def test_the_main_node_learns_it_whatever_folder_is_meant(address: str | None) -> None:
    (remote,) = remotes_at(address, settings())
    assert (remote.username, remote.password.get(), remote.timeout) == ("agent", "sesame", 3.0)


@pytest.mark.parametrize(
    "address", ["ssh://elsewhere/data", "elsewhere:data", "ftps://main.lab.evil/data", "/srv/data"]
)
def test_others_learn_neither_password_nor_name_nor_that_clear_text_is_fine(address: str) -> None:
    (remote,) = remotes_at(address, settings(allow_plaintext=True))
    assert (bool(remote.password), remote.username, remote.allow_plaintext) == (False, None, False)
    assert (remote.timeout, remote.key_file) == (3.0, "key")


def test_a_configuration_that_was_named_for_an_address_is_meant_for_it() -> None:
    (remote,) = remotes_at("ftp://elsewhere/data", settings(allow_plaintext=True), is_chosen=True)
    assert (remote.password.get(), remote.username, remote.allow_plaintext) == ("sesame", "agent", True)
    (remote,) = remotes_at("ssh://ada@elsewhere/data", settings(), is_chosen=True)
    assert remote.username == "ada"


def test_each_of_several_servers_is_the_main_node() -> None:
    several = settings(ftp_server=None, servers=["10.0.0.1", "main.lab:2222"])
    assert [remote.host for remote in remotes_at(None, several)] == ["10.0.0.1", "main.lab"]
    assert [bool(remotes_at(f"{host}:x", several)[0].password) for host in ("10.0.0.1", "main.lab", "10.0.0.2")] == [
        *(True, True, False),
    ]


def test_an_address_needs_no_configuration_and_no_main_node() -> None:
    assert remotes_at("ssh://elsewhere/data", None) == [parse_remote("ssh://elsewhere/data")]
    (remote,) = remotes_at("ssh://elsewhere/data", Settings({"REMOTE_SETTING": {"timeout": 3}}, "a file", None))
    assert remote.timeout == 3.0


def test_nothing_says_where_to() -> None:
    for known in (None, Settings({}, "a file", None), settings(ftp_server=None)):
        with pytest.raises(SyncError, match="Nothing says which machine is meant"):
            remotes_at(None, known)


def test_the_first_address_that_answers_is_asked_alone() -> None:
    remotes = [Remote("sftp", "data", host) for host in ("a", "b", "c")]
    asked = []

    def ask(remote: Remote) -> str:
        asked.append(remote.host)
        if remote.host == "a":
            raise UnreachableError("a is silent.")
        return remote.host

    assert (first_that_answers(remotes, ask), asked) == ("b", ["a", "b"])
    with pytest.raises(UnreachableError, match="a is silent"):
        first_that_answers(remotes[:1], ask)


def test_a_data_root_is_not_brought_to_itself(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    with pytest.raises(SyncError, match="is this data root itself"):
        check_is_elsewhere(tmp_path / "data", parse_remote(str(tmp_path / "link")))
    check_is_elsewhere(tmp_path / "data", parse_remote(str(tmp_path / "other")))


def test_trees_are_those_of_the_configuration_and_log_without_one() -> None:
    assert trees_to_send(None) == trees_to_send(settings()) == ("log",)
    assert trees_to_send(settings(trees="log, checkpoint")) == ("log", "checkpoint")
