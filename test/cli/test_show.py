"""`rla show` tells all that is known of one experiment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rla import exp_manager, logger
from rla.cli.main import _group


@pytest.fixture
def edited_card(start: Callable[..., None], data_root: Path) -> Callable[..., None]:
    """Record an experiment, and give some fields of its card other values."""

    def record(**fields: Any) -> None:
        start(lr=0.25)
        path = Path(exp_manager.log_dir, "experiment.json")
        exp_manager.finish()
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    return record


def test_it_shows_card_parameters_last_row_and_folders(start: Callable[..., None], data_root: Path) -> None:
    start(env_id="Hopper/v4", lr=0.25)
    logger.record_tabular("return", 7.5)
    logger.dump_tabular()
    exp_manager.finish()
    shown = CliRunner().invoke(_group, ["show", "lr=0.25", "--root", str(data_root)])
    assert shown.exit_code == 0
    for expected in ("finished", "Hopper/v4", "7.5", "checkpoint", "tensorboard --logdir"):
        assert expected in shown.output


def test_it_prints_json_for_machines(start: Callable[..., None], data_root: Path) -> None:
    start(lr=0.25)
    exp_manager.finish()
    known = json.loads(CliRunner().invoke(_group, ["show", "lr=", "--root", str(data_root), "--json"]).output)
    assert known["parameters"] == {"lr": 0.25}
    assert known["card"]["status"] == known["status"] == "finished"


def test_a_part_that_several_names_have_is_refused_with_a_list(
    start: Callable[..., None], data_root: Path, run_python: Callable[..., object]
) -> None:
    start(lr=1)
    start(lr=2)
    exp_manager.finish()
    program = "import sys; from rla.cli.main import main; sys.argv[0] = 'rla'; main()"
    done = run_python(program, "show", "lr=", "--root", data_root)
    assert done.returncode == 2
    assert "names 2 experiments" in done.stderr
    assert "lr=1" in done.stderr
    assert "lr=2" in done.stderr


def test_a_part_that_no_name_has_is_an_error(data_root: Path, run_python: Callable[..., object]) -> None:
    data_root.mkdir()
    program = "import sys; from rla.cli.main import main; sys.argv[0] = 'rla'; main()"
    done = run_python(program, "show", "nothing", "--root", data_root)
    assert done.returncode == 2
    assert done.stderr.startswith("error: No experiment")
    assert "Traceback" not in done.stderr


def shown(data_root: Path) -> str:
    done = CliRunner().invoke(_group, ["show", "lr=0.25", "--root", str(data_root)])
    assert done.exit_code == 0, done.exception
    return done.output


def test_it_shows_packages_and_hardware(edited_card: Callable[..., None], data_root: Path) -> None:
    hardware = {"cpu": "[bold]CPU", "cores": 4, "memory_gib": 31.4, "gpus": ["2 x H200"], "gpu_driver": "550.1"}
    edited_card(packages={"numpy": "2.1.0", "torch": "2.4", "requests": "9.9"}, hardware=hardware)
    text = shown(data_root)
    assert "torch 2.4, numpy 2.1.0 (3 packages, all in --json)" in text
    assert "9.9" not in text
    assert "[bold]CPU, 4 cores, 31.4 GiB of memory, 2 x H200, driver 550.1" in text


def test_it_shows_code_and_commit(edited_card: Callable[..., None], data_root: Path) -> None:
    git = {"git_commit": "0123456789abcdef", "git_branch": "main", "git_remote": "https://example.org/net.git"}
    edited_card(code="fedcba9876543210", git_dirty=True, **git)
    text = shown(data_root)
    assert "snapshot fedcba9876543210 (gone since); " in text
    assert "; commit 0123456789ab on main of https://example.org/net.git, with changes" in text


def test_it_says_when_there_is_no_snapshot_and_no_repository(edited_card: Callable[..., None], data_root: Path) -> None:
    edited_card(code=None, git_commit=None)
    text = shown(data_root)
    assert "no snapshot" in text
    assert "commit" not in text


def test_all_packages_are_in_the_json(edited_card: Callable[..., None], data_root: Path) -> None:
    edited_card(packages={"requests": "9.9"})
    known = json.loads(CliRunner().invoke(_group, ["show", "lr=", "--root", str(data_root), "--json"]).output)
    assert known["card"]["packages"] == {"requests": "9.9"}
    assert known["card"]["hardware"]["cores"] > 0


@pytest.mark.parametrize(
    "fields",
    [
        {"packages": None, "hardware": [1], "command": 3, "tags": "a", "git_dirty": "yes"},
        {"hardware": {"gpus": [None, {"a": 1}], "cores": None, "unknown": [[]]}},
        {"mood": "good", "extra": {"status": "none"}},
        {"start": "yesterday", "end": [1]},
        pytest.param({"start": 1795250113055.0}, id="milliseconds"),
        pytest.param({"end": 1e300}, id="no time"),
    ],
)
def test_a_card_of_a_foreign_hand_is_shown(
    edited_card: Callable[..., None], data_root: Path, fields: dict[str, Any]
) -> None:
    edited_card(**fields)
    assert "finished" in shown(data_root)
