"""`rla pull` fetches what is meant from another data root; what is here stays, and no name leads out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
Left = Callable[..., list[str]]
Look = Callable[[Path], dict[str, str]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a data root is made; the other one is ``runs``."""
    monkeypatch.setenv("RLA_ROOT", str(tmp_path / "here"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "here"


def test_all_of_it_comes_and_nothing_twice(rla: Command, runs: Path, here: Path, look: Look) -> None:
    before = look(runs)
    done = rla("pull", "--from", runs, "--all-trees")
    assert (done.code, done.err) == (0, "")
    assert f"12 files came from {runs}: " in done.out
    assert look(here) == before == look(runs)
    again = rla("pull", "--from", runs, "--all-trees")
    assert again.out == f"Nothing new of 3 experiments: 12 files are here already ({runs}).\n"
    assert rla("ls").out.count("lr") == 1


@pytest.mark.parametrize(
    ("options", "fetched"),
    [
        (["2026/11/20/13-05-0[12]*"], ["0.1", "0.2"]),
        (["lr=0.3", "13-05-02"], ["0.2", "0.3"]),
        (["--task", "demo"], ["0.1", "0.2", "0.3"]),
        (["--since", "2026-11-20T13:05:02"], ["0.2", "0.3"]),
        (["--since", "2027-01-01"], []),
    ],
)
def test_which_ones(rla: Command, runs: Path, here: Path, left: Left, options: list[str], fetched: list[str]) -> None:
    assert rla("pull", "--from", runs, *options).code == 0
    assert left(root=here) == fetched
    assert left("checkpoint", here) == []


def test_the_main_node_of_the_configuration(rla: Command, runs: Path, here: Path, left: Left, tmp_path: Path) -> None:
    setting = "REMOTE_SETTING:\n  file_transfer_protocol: local\n  remote_data_root: data\n  trees: all\n"
    (tmp_path / "rla_config.yaml").write_text(setting)
    assert rla("pull", "lr=0.1").code == 0
    assert (left("log", here), left("checkpoint", here)) == (["0.1"], ["0.1"])


def test_a_dry_run_fetches_nothing(rla: Command, runs: Path, here: Path, look: Look) -> None:
    planned = json.loads(rla("pull", "--from", runs, "--dry-run", "--json").out)
    assert set(planned["files"]) == {name for name in look(runs) if name.startswith("log/")}
    assert f"9 files would come from {runs}: " in rla("pull", "--from", runs, "--dry-run").out
    assert not here.exists() or look(here) == {}


def test_links_of_the_other_end_are_refused_with_a_warning(rla: Command, runs: Path, here: Path) -> None:
    (folder,) = runs.glob("log/demo/*/*/*/*lr=0.1")
    (folder / "secret").symlink_to("/etc/hostname")
    (folder / "line\nbreak.txt").write_text("a name with a line break")
    done = rla("pull", "lr=0.1", "--from", runs)
    assert "secret' was not fetched: it is a link." in done.err
    assert not any(path.name == "secret" for path in here.rglob("*"))
    assert all("\x1b" not in line for line in done.err.splitlines())


def test_a_link_here_that_leads_out_is_not_followed(rla: Command, runs: Path, here: Path, canary: Path) -> None:
    (folder,) = runs.glob("log/demo/*/*/*/*lr=0.1")
    (folder / "sub").mkdir()
    (folder / "sub" / "progress.csv").write_text("x\n")
    day = here / folder.relative_to(runs)
    day.mkdir(parents=True)
    (day / "sub").symlink_to(canary)
    before = sorted(os.listdir(canary))
    done = rla("pull", "lr=0.1", "--from", runs)
    assert done.code == 1
    assert "symbolic link" in done.err
    assert sorted(os.listdir(canary)) == before


def test_what_changed_here_is_kept(rla: Command, runs: Path, here: Path) -> None:
    rla("pull", "lr=0.1", "--from", runs)
    (parameters,) = here.glob("log/demo/*/*/*/*lr=0.1/parameter.json")
    parameters.write_text("{}")
    (there,) = runs.glob("log/demo/*/*/*/*lr=0.1/parameter.json")
    there.write_text('{"lr": 0.5}')
    done = rla("pull", "lr=0.1", "--from", runs)
    assert done.code == 1
    assert "error: demo 11/20/13-05-01 log/parameter.json: it changed here since it was fetched" in done.err
    assert parameters.read_text() == "{}"
