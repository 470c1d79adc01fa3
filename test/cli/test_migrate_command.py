"""`rla migrate` copies experiments to another task or another data root, and the copies name their new task."""

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


def test_to_another_task(rla: Command, runs: Path, left: Left, look: Look) -> None:
    before = look(runs)
    done = rla("migrate", "lr < 0.25", "--to-task", "paper/best", "--yes")
    assert (done.code, left("checkpoint", task="paper/best")) == (0, ["0.1", "0.2"])
    assert "2 experiments copied to the task paper/best: " in done.out
    assert "`rla undo` takes the copies away." in done.out
    card = json.loads(next(runs.glob("log/paper/best/*/*/*/*lr=0.1/experiment.json")).read_text())
    assert card["task"] == "paper/best"
    assert rla("undo", "--yes").code == 0
    assert look(runs) == before


def test_to_another_data_root_and_gone_from_here(
    rla: Command, runs: Path, left: Left, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = rla("migrate", "--task", "demo", "--regex", "*", "--to-root", "large", "--yes")
    assert done.code == 0
    assert "3 experiments copied to the data root large: " in done.out
    assert "`rla undo --root large` takes the copies away." in done.out
    assert rla("migrate", "--regex", "*", "--to-root", "large", "--yes").out == "3 copies are up to date already.\n"
    assert rla("rm", "--task", "demo", "--regex", "*", "--yes").code == 0
    assert (left(), left(root=tmp_path / "large")) == ([], ["0.1", "0.2", "0.3"])
    assert rla("undo", "--root", "large", "--yes").code == 0
    assert left(root=tmp_path / "large") == []


def test_a_dry_run_makes_no_folder(rla: Command, runs: Path, look: Look, tmp_path: Path) -> None:
    before = look(runs)
    plan = json.loads(rla("migrate", "lr=0.1", "--to-root", tmp_path / "new", "--dry-run", "--json").out)
    assert (plan["kind"], plan["experiments"], (tmp_path / "new").exists()) == ("migrate", 1, False)
    assert look(runs) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Where to? Give --to-task, --to-root, or both."),
        (["--to-task", "../out"], "it would leave its folder"),
        (["--to-task", "/out"], "it is an absolute path"),
        (["--to-task", ""], "it is empty"),
        (["--to-task", "demo"], "The copies would lie where the experiments are."),
        (["--to-root", "/proc/nowhere"], "cannot"),
        (["--to-root", ""], "it has no name"),
    ],
)
def test_places_that_are_none(rla: Command, runs: Path, look: Look, arguments: list[str], said: str) -> None:
    before = look(runs)
    done = rla("migrate", "lr=0.1", *arguments, "--yes")
    assert (done.code, look(runs)) == (2, before)
    assert said in done.err


def test_a_file_in_the_place_of_the_data_root(rla: Command, runs: Path, look: Look, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = rla("migrate", "lr=0.1", "--to-root", tmp_path / "file", "--yes")
    assert (done.code, (tmp_path / "file").read_text()) == (2, "mine")
    assert "it is a file, not a folder" in done.err
