"""`rla rm` moves experiments to the trash: those that were named, wholly, and so that `rla undo` brings them back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.machine import process_start

Command = Callable[..., Any]
Left = Callable[..., list[str]]
Look = Callable[[Path], dict[str, str]]


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))


@pytest.mark.parametrize(
    ("arguments", "stay"),
    [
        (["steps < 5000 and status == dead"], ["0.1", "0.3"]),
        (["lr == 0.1"], ["0.2", "0.3"]),
        (["13-05-01"], ["0.2", "0.3"]),
        (["2026/11/20/13-05-03-000001"], ["0.1", "0.2"]),
        (["demo/2026/11/20/13-05-03-000001_10.0.0.1_&lr=0.3"], ["0.1", "0.2"]),
        (["--regex", "2026/11/20/13-05-0[12]*"], ["0.3"]),
        (["--regex", r"re:lr=0\.[23]$"], ["0.1"]),
        (["--task", "demo", "--regex", "*"], []),
        (["steps < 5000", "--regex", "**lr=0.3*"], ["0.1", "0.2"]),
        (["13-05-01", "--regex", "**lr=0.1*", "--task", "demo"], ["0.2", "0.3"]),
        (["not status == dead", "--fresh"], ["0.2"]),
    ],
)
def test_those_go_that_all_arguments_mean(
    rla: Command, left: Left, runs: Path, look: Look, arguments: list[str], stay: list[str]
) -> None:
    before = look(runs)
    done = rla("rm", *arguments, "--yes")
    assert (done.code, left("log"), left("checkpoint")) == (0, stay, stay)
    assert "went to the trash" in done.out
    assert "`rla undo` brings them back, until 2" in done.out
    assert rla("undo", "--yes").code == 0
    assert look(runs) == before


def test_a_dry_run_shows_and_changes_nothing(rla: Command, runs: Path, look: Look) -> None:
    before = look(runs)
    done = rla("rm", "steps < 5000", "--dry-run")
    assert (done.code, look(runs), (runs / ".rla").exists()) == (0, before, False)
    assert "2 experiments of demo would go to the trash: " in done.out
    assert "13-05-02" in done.out
    assert "13-05-01" not in done.out


def test_some_trees_alone(rla: Command, left: Left) -> None:
    done = rla("rm", "steps < 5000", "--tree", "checkpoint", "--yes")
    assert (done.code, left("checkpoint"), left("log")) == (0, ["0.1"], ["0.1", "0.2", "0.3"])
    assert "2 experiments of demo would lose checkpoint: 4.88 KiB" in done.out
    assert "checkpoint of 2 experiments went to the trash" in done.out


def test_a_tree_that_none_of_them_has(rla: Command) -> None:
    done = rla("rm", "steps < 5000", "--tree", "results", "--tree", "code", "--yes")
    assert (done.code, done.out) == (1, "None of 2 has anything in code and results.\n")


def test_what_must_stay_is_left_alone_and_said(rla: Command, left: Left, experiment: Callable[..., Path]) -> None:
    alive = {"pid": os.getpid(), "process_start": process_start()}
    experiment("13-05-04-000001", status="running", card=alive, lr=0.4)
    rla("pin", "lr=0.1", "--reason", "Table 2")
    done = rla("rm", "--regex", "*", "--yes")
    assert (done.code, left()) == (2, ["0.1", "0.4"])
    assert "it is pinned: Table 2" in done.out
    assert f"it is under way: process {os.getpid()}" in done.out
    assert "2 experiments went to the trash" in done.out
    nothing = rla("rm", "lr in (0.1, 0.4)", "--yes")
    assert nothing.code == 2
    assert "went to the trash" not in nothing.out


def test_machines_get_the_plan_or_what_came_of_it(rla: Command, left: Left) -> None:
    rla("pin", "lr=0.1", "--reason", "Table 2")
    plan = json.loads(rla("rm", "--regex", "*", "--dry-run", "--json").out)
    assert (plan["kind"], plan["experiments"], len(plan["items"]), len(plan["refused"])) == ("delete", 2, 2, 1)
    assert left() == ["0.1", "0.2", "0.3"]
    done = rla("rm", "--regex", "*", "--yes", "--json")
    outcome = json.loads(done.out)
    assert (done.code, len(outcome["done"]), outcome["failed"], left()) == (2, 2, [], ["0.1"])
    assert outcome["refused"][0]["reason"] == "it is pinned: Table 2"
    assert outcome["operation"].endswith("-delete")
    nothing = rla("rm", "lr == 7", "--yes", "--json")
    assert (nothing.code, json.loads(nothing.out)["done"]) == (1, [])


def test_without_a_terminal_nobody_agrees(rla: Command, runs: Path, look: Look) -> None:
    before = look(runs)
    done = rla("rm", "steps < 5000")
    assert (done.code, look(runs)) == (2, before)
    assert "2 experiments of demo would go to the trash" in done.out
    assert "there is no terminal to ask on. Add --yes" in done.err


def test_nothing_matches(rla: Command) -> None:
    done = rla("rm", "steps < 5", "--yes")
    assert (done.code, done.out) == (1, "No experiment matches.\n")


def test_the_time_that_the_trash_is_kept_is_that_of_the_project(
    rla: Command, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RLA_ROOT")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rla_config.yaml").write_text("DATA_ROOT: data\nTRASH_DAYS: 0\n")
    assert "until the trash is emptied" in rla("rm", "lr=0.1", "--yes").out
    assert json.loads(rla("undo", "--list", "--json").out)[0]["kept_days"] == 0
    (runs / "rla_config.yaml").write_text("TRASH_DAYS: 3\n")
    assert "at least" in rla("rm", "lr=0.2", "--yes").out
    first, second = json.loads(rla("trash", "list", "--json").out)
    assert first["kept_until"] is None
    assert second["kept_until"] == second["ended"] + 3 * 86_400
