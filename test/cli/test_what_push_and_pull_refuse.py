"""Wrong addresses, patterns, tasks and data roots: what was expected, what came, what to do; exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))
    monkeypatch.chdir(runs.parent)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://main/data", "'http' is no protocol of rla."),
        ("sfpt://main/data", "Did you mean 'sftp'?"),
        ("ssh:///data", "names no host"),
        ("ssh://main:port/data", "The address of the data root cannot be read"),
        ("", "An empty text is no address of a data root."),
        ("/nowhere/at/all/data", "is the disk mounted?"),
    ],
)
def test_an_address_that_is_none(rla: Command, address: str, told: str) -> None:
    done = rla("push", "--to", address)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert done.err.count("error:") == 1


@pytest.mark.parametrize("address", ["ssh://agent:sesame@main/data", "agent:sesame@main:data"])
@pytest.mark.parametrize("command", [("push", "--to"), ("pull", "--from"), ("sync",), ("sync", "--to")])
def test_a_password_in_an_address_is_refused_and_never_shown(
    rla: Command, command: tuple[str, ...], address: str
) -> None:
    done = rla(*command, address)
    assert done.code == 2
    assert "agent:***@main…' holds a password" in done.err
    assert "sesame" not in done.out + done.err


@pytest.mark.parametrize("command", ["push", "pull", "sync"])
def test_nothing_says_where_the_main_node_is(rla: Command, command: str, tmp_path: Path) -> None:
    done = rla(command)
    assert (done.code, done.out) == (2, "")
    assert "Nothing says which machine is meant: there is no rla_config.yaml. Give an address" in done.err
    (tmp_path / "rla_config.yaml").write_text("REMOTE_SETTING:\n  username: agent\n")
    assert "rla_config.yaml has no REMOTE_SETTING.ftp_server." in rla(command).err
    (tmp_path / "rla_config.yaml").write_text("REMOTE_SETTING:\n  ftp_server: main\n")
    assert "REMOTE_SETTING.remote_data_root in" in rla(command).err


def test_a_configuration_that_is_not_there(rla: Command) -> None:
    done = rla("push", "--config", "nowhere.yaml")
    assert (done.code, "There is no configuration file at 'nowhere.yaml'" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["lr=0.33"], "Did you mean 'lr=0.3'?"),
        (["2027/*"], "matches '2027/*'. The newest of 3: demo/2026/11/20/13-05-03-000001_"),
        (["13-05-0"], "'13-05-0' names 3 experiments; expected exactly one."),
        (["../*"], "leaves its task"),
        (["--task", "dem"], "There is no task 'dem' in '{root}'. Did you mean 'demo'? Tasks: demo."),
        (["--since", "yesterdy"], "'yesterdy' is no moment. Expected a duration such as 2d or 12h"),
        (["--tree", "log", "--all-trees"], "Give --tree or --all-trees, not both."),
        (["--tree", "logs"], "'logs' is not one of 'log', 'code'"),
    ],
)
def test_what_is_meant_is_not_there(rla: Command, runs: Path, options: list[str], told: str, tmp_path: Path) -> None:
    for command in (["push", "--to", tmp_path / "main"], ["pull", "--root", tmp_path / "here", "--from", runs]):
        done = rla(*command, *options)
        assert (done.code, done.out) == (2, ""), command
        assert told.format(root=runs) in " ".join(done.err.split()), command


def test_a_data_root_that_is_none(rla: Command, runs: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for command, told in (
        (["push", "--root", file, "--to", "main"], "it is a file, not a folder"),
        (["push", "--root", "nowhere", "--to", "main"], "there is no such folder"),
        (["pull", "--root", file, "--from", runs], "it is a file, not a folder"),
        (["pull", "--root", "nowhere/at/all", "--from", runs], "there is no folder"),
        (["pull", "--root", "here", "--from", "nowhere"], "is not there; nothing can be fetched from it"),
        (["pull", "--root", "here", "--from", file], "is a file, not a folder; nothing can be fetched from it"),
        (["sync", "nowhere", "--root", "here"], "is not there; nothing can be fetched from it"),
        (["push", "--to", runs], "is this data root itself"),
        (["pull", "--from", runs], "is this data root itself"),
    ):
        done = rla(*command)
        assert (done.code, done.out) == (2, ""), command
        assert told in done.err, command
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "file"]


def test_an_address_and_to_contradict_each_other(rla: Command) -> None:
    done = rla("sync", "a", "--to", "b")
    assert (done.code, "--to pushes, and an ADDRESS alone pulls. Give one of them." in done.err) == (2, True)
