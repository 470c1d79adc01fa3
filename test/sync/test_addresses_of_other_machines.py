"""Addresses of data roots on other machines, as people type them and as the configuration names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rla.config import load_settings
from rla.errors import ConfigValueError, SyncError
from rla.sync.remote import Remote, parse_remote, remotes_of

ADDRESSES = {
    "ssh://agent@main.lab:2222/srv/data": ("sftp", "agent", "main.lab", 2222, "/srv/data"),
    "sftp://main/srv/data": ("sftp", None, "main", None, "/srv/data"),
    "ssh://main/~/data": ("sftp", None, "main", None, "data"),
    "ssh://main/~": ("sftp", None, "main", None, "."),
    "ssh://main": ("sftp", None, "main", None, "."),
    "rsync://me@[fe80::1]:22/d": ("rsync", "me", "fe80::1", 22, "/d"),
    "ftps://10.0.0.5/data%20root": ("ftps", None, "10.0.0.5", None, "/data root"),
    "agent@10.0.0.5:data": ("sftp", "agent", "10.0.0.5", None, "data"),
    "main:/srv/data": ("sftp", None, "main", None, "/srv/data"),
    "[fe80::1]:data": ("sftp", None, "fe80::1", None, "data"),
    "/mnt/data": ("local", None, "", None, "/mnt/data"),
    "file:///mnt/data": ("local", None, "", None, "/mnt/data"),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_read(address: str) -> None:
    remote = parse_remote(address)
    assert (remote.protocol, remote.username, remote.host, remote.port, remote.root) == ADDRESSES[address]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_shown_can_be_typed(address: str) -> None:
    remote = parse_remote(address)
    assert parse_remote(str(remote)).identity == remote.identity


def test_a_relative_folder_is_meant_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_remote("data").root == str(tmp_path / "data")
    (tmp_path / "a:b").mkdir()
    assert parse_remote("a:b").protocol == "local"


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SyncError, match="password_env") as caught:
        parse_remote("ssh://me:hunter2@main/data")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("sfpt://main/data", "Did you mean 'sftp'"),
        ("http://main/data", "no protocol"),
        ("ssh:///data", "names no host"),
        ("ssh://main:99999/data", "cannot be read"),
        ("ssh://[::1/data", "cannot be read"),
        ("  ", "empty"),
    ],
)
def test_what_is_no_address_is_refused(address: str, problem: str) -> None:
    with pytest.raises(SyncError, match=problem):
        parse_remote(address)


def test_the_same_place_is_the_same_by_rsync_and_sftp_and_another_port_is_another_place() -> None:
    by_sftp = parse_remote("sftp://me@main/data")
    assert parse_remote("rsync://me@MAIN:22/data/").identity == by_sftp.identity
    assert parse_remote("sftp://me@main:2222/data").identity != by_sftp.identity
    assert parse_remote("sftp://me@main/other").identity != by_sftp.identity


# ---- the configuration ----------------------------------------------------------------------------------------------


def remotes(**keys: Any) -> list[Remote]:
    return remotes_of(load_settings({"REMOTE_SETTING": {"remote_data_root": "data", **keys}}))


def test_the_keys_that_published_projects_have_are_enough() -> None:
    (remote,) = remotes(ftp_server="114.114.114.114", username="agent", password="123", port=2022)
    assert str(remote) == "sftp://agent@114.114.114.114:2022/~/data"
    assert remote.password.get() == "123"


def test_several_servers_are_tried_in_their_order() -> None:
    listed = remotes(
        servers=["10.0.0.5", "vpn.lab:2200", "boss@main", "ftps://agent@out.lab/far", "fe80::1"], username="agent"
    )
    assert [str(remote) for remote in listed] == [
        *("sftp://agent@10.0.0.5/~/data", "sftp://agent@vpn.lab:2200/~/data", "sftp://boss@main/~/data"),
        *("ftps://agent@out.lab/far", "sftp://agent@[fe80::1]/~/data"),
    ]


def test_a_mounted_folder_is_meant_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "rla_config.yaml"
    path.write_text("REMOTE_SETTING: {file_transfer_protocol: local, remote_data_root: ../nfs/data}\n")
    (remote,) = remotes_of(load_settings(path))
    assert remote.root == str(tmp_path.parent / "nfs" / "data")


def test_the_other_keys_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "rla_config.yaml"
    path.write_text(
        "REMOTE_SETTING: {ftp_server: main, remote_data_root: d, key_file: keys/id, agent: false, timeout: 2.5, "
        "bandwidth_limit: 1.5M, known_hosts: ~/hosts}\n"
    )
    (remote,) = remotes_of(load_settings(path))
    assert (remote.key_file, remote.agent, remote.timeout) == (str(tmp_path / "keys" / "id"), False, 2.5)
    assert remote.bandwidth_limit == 1_572_864
    assert remote.known_hosts == str(Path("~/hosts").expanduser())


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({}, "ftp_server .* is nothing"),
        ({"ftp_server": "main", "remote_data_root": None}, "remote_data_root .* is nothing"),
        ({"ftp_server": "main", "file_transfer_protocol": "sfpt"}, "Did you mean 'sftp'"),
        ({"ftp_server": "main", "port": "many"}, "expected a number"),
        ({"ftp_server": "main", "bandwidth_limit": "fast"}, "such as 500K"),
        ({"ftp_server": "main", "bandwidth_limit": 0}, "such as 500K"),
        ({"ftp_server": "main", "timeout": -1}, "a number of seconds"),
        ({"servers": ["main/data"]}, "expected host names"),
        ({"servers": ["ssh://me:pw@main"]}, "expected host names"),
    ],
)
def test_what_is_wrong_is_said_with_key_and_expectation(keys: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigValueError, match=problem) as caught:
        remotes(**keys)
    assert "REMOTE_SETTING" in str(caught.value)
    assert "me:pw" not in str(caught.value)


def test_trees_that_are_none_are_refused() -> None:
    settings = load_settings({"REMOTE_SETTING": {"trees": ["log", "checkpoints"]}})
    with pytest.raises(ConfigValueError, match="Did you mean 'checkpoint'"):
        settings.get("REMOTE_SETTING.trees")
