"""`rla undo` takes the last operation back, or a named one, and says what is in its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.batch.undo import undoable

Command = Callable[..., Any]
Left = Callable[..., list[str]]
Look = Callable[[Path], dict[str, str]]

KILLED = """
import os, sys
from rla import files
from rla.batch import apply, choose, plan_deletion
plan = plan_deletion(choose(sys.argv[1], "demo", "*"))
rename = files.rename

def rename_or_die(source, target):
    if "lr=0.2" in str(source) and "checkpoint" in str(source):
        os._exit(9)
    rename(source, target)

files.rename = rename_or_die
apply(plan)
"""


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))


def test_the_last_operation_is_taken_back_then_the_one_before(rla: Command, runs: Path, look: Look) -> None:
    before = look(runs)
    for rate in ("0.1", "0.2"):
        assert rla("rm", f"lr={rate}", "--yes").code == 0
    done = rla("undo", "--yes")
    assert done.code == 0
    assert "1 experiment of demo would come back" in done.out
    assert "1 experiment came back: " in done.out
    assert [name for name in before if "lr=0.2" in name] == [name for name in look(runs) if "lr=0.2" in name]
    assert rla("undo", "--yes").code == 0
    assert look(runs) == before
    nothing = rla("undo", "--yes")
    assert (nothing.code, nothing.out) == (2, "")
    assert "There is nothing to undo" in nothing.err


def test_operations_are_listed_and_named_by_the_beginning_of_their_ids(rla: Command, left: Left) -> None:
    assert "There is nothing to undo" in rla("undo", "--list").out
    for rate in ("0.1", "0.2"):
        rla("rm", f"lr={rate}", "--yes")
    first, second = json.loads(rla("undo", "--list", "--json").out)
    assert (first["kind"], first["experiments"], first["state"]) == ("delete", 1, "done")
    shown = rla("undo", "--list").out
    assert first["id"] in shown
    assert second["id"] in shown
    assert rla("undo", first["id"][:22], "--yes").code == 0
    assert left() == ["0.1", "0.3"]
    wrong = rla("undo", first["id"], "--yes")
    assert wrong.code == 2
    assert f"'{first['id']}' cannot be undone: there is no such operation." in wrong.err


def test_what_is_in_the_place_of_one_is_not_overwritten_and_the_others_come_back(
    rla: Command, runs: Path, left: Left
) -> None:
    (there,) = runs.glob("log/demo/*/*/*/*lr=0.2")
    rla("rm", "--regex", "*", "--yes")
    there.mkdir(parents=True)
    (there / "new").write_text("new")
    done = rla("undo", "--yes")
    assert (done.code, left()) == (2, ["0.1", "0.2", "0.3"])
    assert "its place is taken" in " ".join(done.out.split())
    assert [path.name for path in there.iterdir()] == ["new"]
    assert left("checkpoint") == ["0.1", "0.3"]


def test_copies_go_and_earlier_ones_come_back(rla: Command, runs: Path, left: Left) -> None:
    rla("archive", "lr=0.1", "--yes")
    (progress,) = runs.glob("log/demo/*/*/*/*lr=0.1/progress.csv")
    older = progress.read_text()
    progress.write_text(older + "0.25,9001,2.0\n")
    assert "earlier copy, which goes to the trash" in " ".join(rla("archive", "lr=0.1", "--yes").out.split())
    done = rla("undo", "--yes")
    assert (done.code, left(root=runs / "arc")) == (0, ["0.1"])
    assert "The copies of 1 experiment went to the trash, and the earlier ones came back" in done.out
    assert next(runs.glob("arc/log/**/progress.csv")).read_text() == older
    assert "The copies of 1 experiment went to the trash: " in rla("undo", "--yes").out
    assert left(root=runs / "arc") == []


def test_an_operation_that_was_killed_is_the_last_one(
    rla: Command, runs: Path, look: Look, left: Left, run_python: Callable[..., Any]
) -> None:
    before = look(runs)
    rla("archive", "lr=0.3", "--yes")
    run_python(KILLED, runs)
    assert (left("log"), left("checkpoint")) == (["0.3"], ["0.2", "0.3"])
    refused = rla("undo", "--dry-run")
    assert (refused.code, left("log")) == (2, ["0.3"])
    assert "was cut off, or is under way" in refused.err
    done = rla("undo", "--yes")
    assert done.code == 0
    assert "had been cut off. It stopped after 2 experiments." in done.err
    assert "2 experiments came back" in done.out
    assert look(runs) == before | {name: value for name, value in look(runs).items() if name.startswith("arc/")}


def test_a_dry_run_and_machines(rla: Command, runs: Path, left: Left) -> None:
    rla("rm", "--regex", "*", "--yes")
    plan = json.loads(rla("undo", "--dry-run", "--json").out)
    assert (plan["experiments"], plan["items"][0]["trees"], left()) == (3, ["log", "checkpoint"], [])
    assert rla("undo", "--json").code == 2
    outcome = json.loads(rla("undo", "--yes", "--json").out)
    assert (outcome["kind"], len(outcome["done"]), left()) == ("undo", 3, ["0.1", "0.2", "0.3"])
    assert undoable(runs) == []
