"""`rla pin` says which experiments must stay, and why; it writes nothing into them."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import files

Command = Callable[..., Any]
Look = Callable[[Path], dict[str, str]]


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))
    monkeypatch.setenv("LOGNAME", "ada")


def pinned(rla: Command) -> list[tuple[str, str]]:
    return [(each["name"][-3:], each["reason"]) for each in json.loads(rla("pin", "--json").out)]


def test_one_is_pinned_shown_and_free_again(rla: Command, runs: Path, look: Look) -> None:
    before = look(runs)
    assert rla("pin").out == "No experiment is pinned; `rla pin RUN --reason TEXT` pins one.\n"
    done = rla("pin", "13-05-01", "--reason", " Table 2 ")
    assert (done.code, done.out) == (0, "demo/2026/11/20/13-05-01-000001_10.0.0.1_&lr=0.1: pinned: Table 2\n")
    shown = rla("pin").out
    assert "Table 2" in shown
    assert "ada" in shown
    assert "Table 2 (ada, " in rla("show", "13-05-01").out
    assert json.loads(rla("show", "13-05-01", "--json").out)["pin"]["reason"] == "Table 2"
    assert json.loads(rla("show", "13-05-02", "--json").out)["pin"] is None
    assert "not pinned any more" in rla("pin", "13-05-01", "--remove").out
    assert pinned(rla) == []
    assert look(runs) == before


def test_all_that_satisfy_a_condition(rla: Command) -> None:
    assert rla("pin", "--where", "lr < 0.25", "--reason", "Table 2").out == "2 experiments pinned: Table 2\n"
    assert pinned(rla) == [("0.1", "Table 2"), ("0.2", "Table 2")]
    rla("pin", "lr=0.1", "--reason", "Figure 3")
    assert pinned(rla) == [("0.1", "Figure 3"), ("0.2", "Table 2")]
    assert "2 experiments not pinned any more" in rla("pin", "--where", "lr < 5", "--remove").out
    none = rla("pin", "--where", "lr > 5", "--reason", "Table 2")
    assert (none.code, none.out) == (1, "No experiment satisfies this.\n")


def test_pins_of_one_task(rla: Command) -> None:
    rla("pin", "lr=0.1", "--reason", "Table 2")
    assert len(json.loads(rla("pin", "--task", "demo", "--json").out)) == 1
    assert json.loads(rla("pin", "--task", "other", "--json").out) == []


def test_the_pin_of_what_is_not_there_any_more_can_be_removed(rla: Command, runs: Path) -> None:
    rla("pin", "lr=0.1", "--reason", "Table 2")
    shutil.rmtree(runs / "log")
    shutil.rmtree(runs / "checkpoint")
    assert "Table 2 (it is not there any more)" in rla("pin").out
    assert json.loads(rla("pin", "--json").out)[0]["is_there"] is False
    assert rla("pin", "13-05-01", "--remove").code == 0
    assert pinned(rla) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["13-05-01"], "Why must it stay?"),
        (["13-05-01", "--reason", "  "], "Why must it stay?"),
        (["--reason", "Table 2"], "Which experiment?"),
        (["--remove"], "Which experiment?"),
        (["13-05-01", "--where", "lr == 0.1", "--reason", "x"], "not both"),
        (["13-05", "--reason", "Table 2"], "names 3 experiments"),
        (["99", "--remove"], "No experiment of"),
        (["13-05-01", "--reason", "x", "--root", "nowhere"], "there is no such folder"),
    ],
)
def test_what_cannot_be_pinned(rla: Command, runs: Path, arguments: list[str], said: str) -> None:
    done = rla("pin", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (runs / ".rla").exists()


def test_several_pins_answer_to_a_name(rla: Command) -> None:
    rla("pin", "--where", "lr < 5", "--reason", "Table 2")
    done = rla("pin", "13-05", "--remove")
    assert done.code == 2
    assert "'13-05' names 3 experiments" in done.err
    assert len(pinned(rla)) == 3


@pytest.mark.parametrize("call", ["make_directories", "remove"])
def test_a_data_root_that_cannot_be_written(rla: Command, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rla("pin", "lr=0.1", "--reason", "Table 2")

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(files, call, refuse)
    arguments = ["lr=0.1", "--remove"] if call == "remove" else ["lr=0.2", "--reason", "Table 2"]
    done = rla("pin", *arguments)
    assert done.code == 2
    assert "Read-only file system" in done.err
    assert "Ask its owner" in done.err
    assert pinned(rla) == [("0.1", "Table 2")]
