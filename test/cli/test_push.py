"""`rla push` sends what is meant, only what changed, and says what it did."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Command = Callable[..., Any]
Left = Callable[..., list[str]]
Look = Callable[[Path], dict[str, str]]

KILLED = """
import os, sys
from rla import exp_manager, logger, time_step_holder
exp_manager.set_hyper_param(lr=0.7)
exp_manager.add_record_param(["lr"])
exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
for step in range(50):
    time_step_holder.set_time(step)
    logger.record_tabular("loss", 1.0)
    logger.dump_tabular()
os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))
    monkeypatch.chdir(runs.parent)


@pytest.fixture
def main_node(tmp_path: Path) -> Path:
    """Where a data root is made."""
    return tmp_path / "main"


def test_all_of_it_arrives_and_nothing_travels_twice(rla: Command, runs: Path, main_node: Path, look: Look) -> None:
    before = look(runs)
    done = rla("push", "--to", main_node, "--all-trees")
    assert (done.code, done.err) == (0, "")
    assert "demo  checkpoint            3      3  5.86 KiB" in done.out
    assert "demo  log                   3      9" in done.out
    assert f"12 files went to {main_node}: " in done.out
    assert look(main_node) == before == look(runs)
    again = rla("push", "--to", main_node, "--all-trees")
    assert (again.code, again.out) == (
        0,
        f"Nothing new of 3 experiments: 12 files are there already ({main_node}).\n",
    )


def test_the_tail_of_what_grew_is_sent(rla: Command, runs: Path, main_node: Path, look: Look) -> None:
    rla("push", "--to", main_node)
    (progress,) = runs.glob("log/demo/*/*/*/*lr=0.1/progress.csv")
    with progress.open("a") as file:
        file.write("0.4,9010,2.0\n")
    done = json.loads(rla("push", "--to", main_node, "--json").out)
    assert done["files"] == {str(progress.relative_to(runs)): 13}
    assert (done["bytes"], done["unchanged"], done["error"]) == (13, 8, None)
    assert {name: value for name, value in look(runs).items() if name.startswith("log")} == look(main_node)


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (["2026/11/20/13-05-0[12]*"], ["0.1", "0.2"]),
        (["13-05-02"], ["0.2"]),
        (["13-05-02", "lr=0.3"], ["0.2", "0.3"]),
        (["2026/11/*", "--where", "steps < 100"], ["0.2", "0.3"]),
        (["--task", "demo"], ["0.1", "0.2", "0.3"]),
        (["--since", "2026-11-20 13:05:03"], ["0.3"]),
    ],
)
def test_which_ones(rla: Command, main_node: Path, left: Left, options: list[str], sent: list[str]) -> None:
    assert rla("push", "--to", main_node, *options).code == 0
    assert left(root=main_node) == sent
    assert left("checkpoint", main_node) == []


def test_trees_are_those_of_the_options_or_of_the_configuration(
    rla: Command, runs: Path, main_node: Path, left: Left, tmp_path: Path
) -> None:
    rla("push", "13-05-01", "--to", main_node, "--tree", "checkpoint")
    assert (left("log", main_node), left("checkpoint", main_node)) == ([], ["0.1"])
    setting = "REMOTE_SETTING:\n  file_transfer_protocol: local\n  remote_data_root: main\n  trees: [log, checkpoint]\n"
    (tmp_path / "rla_config.yaml").write_text(setting)  # the nearest one: tests run in this folder
    assert f"files went to {main_node}: " in rla("push").out
    assert (left("log", main_node), left("checkpoint", main_node)) == (["0.1", "0.2", "0.3"],) * 2


def test_another_configuration_is_named(rla: Command, main_node: Path, left: Left, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    setting = "REMOTE_SETTING:\n  file_transfer_protocol: local\n  remote_data_root: ../main\n"
    (tmp_path / "configs" / "lab.yaml").write_text(setting)
    assert rla("push", "--config", "configs/lab.yaml").code == 0
    assert left(root=main_node) == ["0.1", "0.2", "0.3"]


def test_a_dry_run_sends_nothing(rla: Command, main_node: Path, runs: Path, look: Look) -> None:
    done = rla("push", "--to", main_node, "--all-trees", "--dry-run")
    assert done.code == 0
    assert f"12 files would go to {main_node}: " in done.out
    assert not main_node.exists() or look(main_node) == {}
    planned = json.loads(rla("push", "--to", main_node, "--all-trees", "--dry-run", "--json").out)
    assert set(planned["files"]) == set(look(runs))
    assert planned["bytes"] == sum(planned["files"].values()) > 6000


def test_rows_of_a_killed_run_are_written_out_first(
    rla: Command, data_root: Path, main_node: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    run_python(KILLED, data_root)
    (folder,) = data_root.glob("log/demo/*/*/*/*lr=0.7*")
    plan = rla("push", "lr=0.7", "--to", main_node, "--dry-run")
    assert "Before that, journals of dead runs would be written into their files: 1." in plan.out
    assert (folder / ".journal").is_dir()
    done = rla("push", "lr=0.7", "--to", main_node)
    assert "1 dead run had a journal: " in done.out
    sent = main_node / folder.relative_to(data_root)
    assert len((sent / "progress.csv").read_text().splitlines()) == 51
    assert not (sent / ".journal").exists()
    assert not (folder / ".journal").exists()


def test_a_run_that_is_under_way_is_left_as_it_is(
    rla: Command, data_root: Path, main_node: Path, recorded_run: Callable[..., Any]
) -> None:
    place = recorded_run(lr=0.9, finish=False)
    done = rla("push", "lr=0.9", "--to", main_node)
    assert (done.code, "journal" in done.out) == (0, False)
    folder = place.path("log")
    assert (folder / ".journal").is_dir()
    sent = main_node / folder.relative_to(data_root)
    assert (sent / "experiment.json").is_file()
    assert not (sent / ".journal").exists()


def test_a_file_that_cannot_be_sent_is_named_and_the_others_arrive(
    rla: Command, runs: Path, main_node: Path, left: Left
) -> None:
    rla("push", "lr=0.1", "--to", main_node)
    (progress,) = runs.glob("log/demo/*/*/*/*lr=0.1/progress.csv")
    with (main_node / progress.relative_to(runs)).open("a") as file:
        file.write("what only the main node has\n" * 9)
    with progress.open("a") as file:
        file.write("0.4,9010,2.0\n")
    done = rla("push", "--to", main_node)
    assert done.code == 1
    assert "error: demo 11/20/13-05-01 log/progress.csv: it has " in done.err.replace("'", "")
    assert "1 file did not travel. The same command tries again.\n" in done.out
    assert left(root=main_node) == ["0.1", "0.2", "0.3"]


def test_an_unreadable_file_is_named(rla: Command, runs: Path, main_node: Path) -> None:
    (folder,) = runs.glob("log/demo/*/*/*/*lr=0.1")
    os.mkfifo(folder / "pipe")
    (folder / "elsewhere").symlink_to("/etc/hostname")
    done = rla("push", "lr=0.1", "--to", main_node)
    assert done.code == 0
    assert "warning: " in done.err
    assert "elsewhere" in done.err
    assert sorted(path.name for path in (main_node / folder.relative_to(runs)).iterdir()) == [
        "experiment.json",
        "parameter.json",
        "progress.csv",
    ]


def test_nothing_matches_a_condition(rla: Command, main_node: Path) -> None:
    done = rla("push", "--where", "lr > 100", "--to", main_node)
    assert (done.code, done.out) == (
        0,
        f"No experiment is meant, or none is there; nothing has travelled ({main_node}).\n",
    )
