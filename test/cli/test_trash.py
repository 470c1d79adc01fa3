"""`rla trash` lists what was deleted, brings single experiments back, and frees the disk when it is told to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import files

Command = Callable[..., Any]
Left = Callable[..., list[str]]
Look = Callable[[Path], dict[str, str]]
DAY = 86_400.0


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))


def age(data_root: Path, operation: str, days: float) -> None:
    """Let an operation have ended some days earlier."""
    path = data_root / ".rla" / "operations" / f"{operation}.json"
    content = json.loads(path.read_text())
    moments = {key: content[key] - days * DAY for key in ("started", "ended")}
    path.write_text(json.dumps({**content, **moments}))


def delete(rla: Command, *rates: str) -> list[str]:
    """Delete runs, each by an operation of its own, and return their ids."""
    return [json.loads(rla("rm", f"lr={rate}", "--yes", "--json").out)["operation"] for rate in rates]


def test_operations_with_something_in_the_trash_are_listed(rla: Command) -> None:
    assert rla("trash", "list").out.endswith("is empty.\n")
    assert rla("trash", "list", "--json").out == "[]\n"
    rla("archive", "lr=0.1", "--yes")
    first, second = delete(rla, "0.1", "0.2")
    shown = rla("trash", "list").out
    assert first in shown
    assert second in shown
    assert "archive" not in shown
    items = json.loads(rla("trash", "list", "--json").out)
    assert [(each["id"], each["experiments"]) for each in items] == [(first, 1), (second, 1)]
    assert items[0]["kept_until"] == items[0]["ended"] + 14 * DAY
    assert os.path.isdir(items[0]["path"])


@pytest.mark.parametrize(
    ("what", "back"),
    [
        ("13-05-02", ["0.2"]),
        ("lr=0.1", ["0.1"]),
        ("demo/2026/11/20/13-05-03-000001_10.0.0.1_&lr=0.3", ["0.3"]),
        ("*lr=0.[13]", ["0.1", "0.3"]),
        ("2026/11/20/13-05-0[12]*", ["0.1", "0.2"]),
        (r"re:demo/.*lr=0\.[23]$", ["0.2", "0.3"]),
    ],
)
def test_single_experiments_come_back(rla: Command, left: Left, what: str, back: list[str]) -> None:
    delete(rla, "0.1", "0.2", "0.3")
    done = rla("trash", "restore", what, "--yes")
    assert (done.code, left("log"), left("checkpoint")) == (0, back, back)
    assert "came back" in done.out


def test_a_whole_operation_comes_back(rla: Command, runs: Path, left: Left, look: Look) -> None:
    before = look(runs)
    operation = json.loads(rla("rm", "--regex", "*", "--yes", "--json").out)["operation"]
    plans = json.loads(rla("trash", "restore", operation, "--dry-run", "--json").out)
    assert ([plan["experiments"] for plan in plans], left()) == ([3], [])
    outcomes = json.loads(rla("trash", "restore", operation, "--yes", "--json").out)
    assert ([len(outcome["done"]) for outcome in outcomes], look(runs)) == ([3], before)


def test_trees_that_were_deleted_one_after_the_other_come_back_together(rla: Command, runs: Path, look: Look) -> None:
    before = look(runs)
    for tree in ("checkpoint", "log"):
        rla("rm", "lr=0.1", "--tree", tree, "--yes")
    assert rla("trash", "restore", "lr=0.1", "--yes").code == 0
    assert look(runs) == before


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("13-05", "'13-05' names 2 experiments; expected exactly one. The pattern '*13-05*' takes all."),
        ("lr=0.3", "Nothing in the trash of"),
        ("", "Which experiments?"),
        ("re:(", "Not a regular expression"),
    ],
)
def test_what_names_none_or_several_is_told_of(rla: Command, left: Left, what: str, said: str) -> None:
    delete(rla, "0.1", "0.2")
    done = rla("trash", "restore", what, "--yes")
    assert (done.code, done.out, left()) == (2, "", ["0.3"])
    assert said in done.err


def test_what_is_no_deletion_is_undone_instead(rla: Command, runs: Path) -> None:
    rla("archive", "lr=0.1", "--yes")
    next(runs.glob("log/demo/*/*/*/*lr=0.1/progress.csv")).write_text("loss\n1\n")
    operation = json.loads(rla("archive", "lr=0.1", "--yes", "--json").out)["operation"]
    assert operation in rla("trash", "list").out
    assert f"`rla undo {operation}` takes it back" in rla("trash", "restore", operation, "--yes").err


def test_only_what_was_kept_long_enough_goes(rla: Command, runs: Path, left: Left) -> None:
    old, young = delete(rla, "0.1", "0.2")
    age(runs, old, 20)
    for options in ([], ["--older-than", "2w"], ["--older-than", "15d"]):
        plan = json.loads(rla("trash", "empty", *options, "--dry-run", "--json").out)
        assert [each["id"] for each in plan] == [old]
    refused = rla("trash", "empty")
    assert refused.code == 2
    assert "1 experiment (1.2" in refused.out
    assert "Add --yes" in refused.err
    done = rla("trash", "empty", "--yes")
    assert done.code == 0
    assert "1 experiment removed for good: 1.2" in done.out
    assert [each["id"] for each in json.loads(rla("trash", "list", "--json").out)] == [young]
    assert rla("trash", "empty", "--yes").out == "Nothing in the trash is that old.\n"
    assert rla("undo", "--yes").code == 0
    assert left() == ["0.2", "0.3"]


def test_everything_goes_when_that_is_said(rla: Command, runs: Path) -> None:
    rla("archive", "lr=0.3", "--yes")
    delete(rla, "0.1", "0.2")
    shown = rla("trash", "empty", "--all", "--dry-run").out
    assert "2 experiments (" in shown
    assert "1 operation that left nothing here can then not be undone any more" in shown
    emptied = json.loads(rla("trash", "empty", "--all", "--yes", "--json").out)
    assert (emptied["operations"], emptied["experiments"], emptied["problems"]) == (2, 2, [])
    assert emptied["freed"] > 3000
    assert os.listdir(runs / ".rla" / "trash") == []
    assert json.loads(rla("trash", "empty", "--all", "--yes", "--json").out)["freed"] == 0


def test_what_could_not_be_removed_is_said_and_tried_again(
    rla: Command, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(rla, "0.1")
    with monkeypatch.context() as patched:

        def refuse(path: object) -> None:
            raise PermissionError(1, "Operation not permitted", str(path))

        patched.setattr(files, "remove_tree", refuse)
        done = rla("trash", "empty", "--all", "--yes")
        assert done.code == 2
        assert "cannot be removed: Operation not permitted" in done.err
    assert len(os.listdir(runs / ".rla" / "trash")) == 1
    assert rla("trash", "empty", "--yes").code == 0
    assert os.listdir(runs / ".rla" / "trash") == []


@pytest.mark.parametrize("duration", ["14", "-1d", "soon", "5m", "infd", "nan", "10GB", ""])
def test_what_is_no_duration_removes_nothing(rla: Command, duration: str) -> None:
    delete(rla, "0.1")
    done = rla("trash", "empty", "--older-than", duration, "--yes")
    assert done.code == 2
    assert "is no duration" in done.err
    assert len(json.loads(rla("trash", "list", "--json").out)) == 1
    assert rla("trash", "empty", "--older-than", "1d", "--all", "--yes").code == 2
