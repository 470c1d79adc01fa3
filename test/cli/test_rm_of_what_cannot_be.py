"""A question that cannot be understood, or a data root that cannot be changed: one message, and nothing has changed."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import files, locks
from rla.batch import operations

Command = Callable[..., Any]
Look = Callable[[Path], dict[str, str]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Which experiments? Give a name, a condition"),
        (["--task", "demo"], "--regex '*' takes all of the task"),
        ([""], "The condition is empty"),
        (["steps <"], "Expected a value"),
        (["steps < 5 && lr == 1"], "Write 'and' instead"),
        (["stepps < 5000"], "No experiment has a value 'stepps'. Did you mean steps"),
        (["2026/11/*"], "A pattern goes with --regex: --regex '2026/11/*'."),
        (["99-99-99"], "No experiment of "),
        (["13-05"], "'13-05' names 3 experiments"),
        (["13-05-01", "--task", "demmo"], "Did you mean 'demo'?"),
        (["--regex", "*", "--task", "demmo"], "Did you mean 'demo'?"),
        (["--regex", ""], "names no experiment"),
        (["--regex", "../*"], "leaves its task"),
        (["--regex", "/log/*"], "leaves its task"),
        (["--regex", "re:("], "Not a regular expression"),
        (["--regex", "*", "--task", "../data"], "it would leave its folder"),
        (["lr=0.1", "--tree", "logs"], "'logs' is not one of"),
        (["lr=0.1", "--json"], "With --json nobody is asked"),
        (["lr=0.1", "--root", "nowhere"], "there is no such folder"),
    ],
)
def test_one_message_and_nothing_has_changed(
    rla: Command, runs: Path, look: Look, arguments: list[str], said: str
) -> None:
    before = look(runs)
    yes = [] if "--json" in arguments else ["--yes"]
    done = rla("rm", *arguments, *yes, *([] if "--root" in arguments else ["--root", runs]))
    assert (done.code, done.out, look(runs), (runs / ".rla").exists()) == (2, "", before, False)
    assert said in done.err.replace("\n", " ")
    assert done.err.lower().count("error:") == 1


def test_an_operation_that_is_under_way_is_waited_for_and_then_told_of(
    rla: Command, runs: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look(runs)
    monkeypatch.setattr(operations, "_WAIT_SECONDS", 0.0)
    (runs / ".rla" / "operations").mkdir(parents=True)
    held = locks.lock(runs / ".rla" / "operations" / "lock")
    assert held is not None
    for command in (["rm", "lr=0.1"], ["archive", "lr=0.1"], ["migrate", "lr=0.1", "--to-task", "other"]):
        done = rla(*command, "--yes", "--root", runs)
        assert (done.code, look(runs)) == (2, before)
        assert "Another operation is under way" in done.err


def test_a_data_root_that_cannot_be_written(
    rla: Command, runs: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look(runs)

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(files, "make_directories", refuse)
    done = rla("rm", "lr=0.1", "--yes", "--root", runs)
    assert (done.code, look(runs)) == (2, before)
    assert "it cannot be written to (Read-only file system). Nothing was changed" in done.err
    assert rla("rm", "lr=0.1", "--dry-run", "--root", runs).code == 0


def test_what_fails_is_said_and_the_others_go(
    rla: Command, runs: Path, left: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = files.rename

    def refuse(source: object, target: object) -> None:
        if "lr=0.2" in str(source):
            raise PermissionError(errno.EPERM, "Operation not permitted")
        rename(source, target)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "rename", refuse)
    done = rla("rm", "--regex", "*", "--yes", "--root", runs)
    assert (done.code, left()) == (2, ["0.2"])
    assert "13-05-02: Operation not permitted" in done.err
    assert "2 experiments went to the trash" in done.out
