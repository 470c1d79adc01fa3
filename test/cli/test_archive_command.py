"""`rla archive` makes copies that are whole, and makes only those anew that are older than their experiments."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
Left = Callable[..., list[str]]
Look = Callable[[Path], dict[str, str]]


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))


def test_copies_have_all_that_the_experiments_have(rla: Command, runs: Path, look: Look) -> None:
    before = look(runs)
    done = rla("archive", "status == finished", "--yes")
    assert done.code == 0
    assert "2 experiments of demo would be copied to arc/: " in done.out
    assert "2 experiments copied to arc/: " in done.out
    assert "`rla undo` takes the copies away." in done.out
    archived = {name: value for name, value in before.items() if "lr=0.2" not in name}
    assert look(runs / "arc") == archived
    assert look(runs) == before | {f"arc/{name}": value for name, value in archived.items()}
    assert "2 of" not in rla("ls", "--root", runs / "arc").out
    rla("undo", "--yes")
    assert look(runs) == before


def test_only_what_has_changed_is_copied_again(rla: Command, runs: Path) -> None:
    rla("archive", "--regex", "*", "--yes")
    again = rla("archive", "--regex", "*", "--yes")
    assert (again.code, again.out) == (0, "3 copies are up to date already.\n")
    next(runs.glob("log/demo/*/*/*/*lr=0.1/progress.csv")).write_text("loss\n1\n")
    plan = rla("archive", "--regex", "*", "--dry-run")
    assert "2 copies are up to date already." in plan.out
    assert "1 experiment of demo would be copied" in plan.out
    assert "takes the place of an earlier copy" in " ".join(plan.out.split())
    outcome = json.loads(rla("archive", "--regex", "*", "--yes", "--json").out)
    assert (len(outcome["done"]), outcome["current"]) == (1, 2)


def test_another_folder(rla: Command, runs: Path, left: Left) -> None:
    assert "copied to backup/" in rla("archive", "lr=0.1", "--to", "backup", "--yes").out
    assert (left(root=runs / "backup"), (runs / "arc").exists()) == (["0.1"], False)


@pytest.mark.parametrize("folder", ["", ".", "..", "../out", "a/b", "/tmp/out", "~", ".rla", "log", "checkpoint"])
def test_a_folder_that_cannot_hold_an_archive(rla: Command, runs: Path, look: Look, folder: str) -> None:
    before = look(runs)
    done = rla("archive", "lr=0.1", "--to", folder, "--yes")
    assert (done.code, done.out, look(runs)) == (2, "", before)
    assert done.err.count("error:") == 1


def test_nothing_is_copied_that_was_only_looked_at(rla: Command, runs: Path, look: Look) -> None:
    before = look(runs)
    assert rla("archive", "lr=0.1", "--dry-run").code == 0
    assert rla("archive", "lr=0.1").code == 2
    assert rla("archive", "lr == 7", "--yes").code == 1
    assert rla("archive").code == 2
    assert (look(runs), (runs / "arc").exists()) == (before, False)
