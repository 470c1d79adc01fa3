"""`rla ls` lists experiments for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rla import exp_manager, logger
from rla.cli.main import _group
from rla.errors import QueryError


def rla(*arguments: str) -> Result:
    return CliRunner().invoke(_group, list(arguments), prog_name="rla")


@pytest.fixture
def three_runs(start: Callable[..., None], data_root: Path) -> Path:
    for seed in range(3):
        start(seed=seed, name=f"run[{seed}]")
        logger.record_tabular("eval/return", 10.0 * seed)
        logger.record_tabular("loss", 0.5)
        logger.dump_tabular()
    exp_manager.finish()
    return data_root


def test_it_shows_status_parameters_and_last_values(three_runs: Path) -> None:
    shown = rla("ls", "--root", str(three_runs)).output
    assert shown.count("finished") == 3
    assert "run[2]" in shown
    assert "eval/return" in shown
    assert "20" in shown


def test_it_takes_a_task_and_a_pattern(three_runs: Path) -> None:
    items = json.loads(rla("ls", "demo_task", "**seed=1*", "--root", str(three_runs), "--json").output)
    assert [item["parameters"]["seed"] for item in items] == [1]
    assert items[0]["last"] == {"eval/return": 10.0, "loss": 0.5}
    assert items[0]["status"] == "finished"


def test_it_shows_the_newest_when_there_are_many(three_runs: Path) -> None:
    shown = rla("ls", "--root", str(three_runs), "-n", "1").output
    assert "run[2]" in shown
    assert "run[0]" not in shown
    assert "1 of 3" in shown


def test_a_chosen_key_is_shown(three_runs: Path) -> None:
    shown = rla("ls", "--root", str(three_runs), "--key", "loss").output
    assert "loss" in shown
    assert "eval/return" not in shown


def test_an_unknown_task_is_answered_with_the_nearest(three_runs: Path) -> None:
    failed = rla("ls", "demo_tsk", "--root", str(three_runs))
    assert isinstance(failed.exception, QueryError)
    assert "Did you mean 'demo_task'" in str(failed.exception)


def test_the_data_root_comes_from_the_environment_or_the_nearest_config(
    three_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLA_ROOT", str(three_runs))
    assert rla("ls").output.count("finished") == 3
    monkeypatch.delenv("RLA_ROOT")
    (three_runs.parent / "rla_config.yaml").write_text("DATA_ROOT: data\n")
    below = three_runs.parent / "src" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert rla("ls").output.count("finished") == 3


def test_markup_in_names_is_shown_as_it_is(start: Callable[..., None], data_root: Path) -> None:
    start(note="{bold}")
    exp_manager.finish()
    assert "{bold}" in rla("ls", "--root", str(data_root)).output


def test_what_all_have_in_common_is_said_once(start: Callable[..., None], data_root: Path) -> None:
    for seed in range(3):
        start(env_id="Hopper-v4", seed=seed)
    exp_manager.finish()
    shown = rla("ls", "--root", str(data_root)).output
    assert shown.count("Hopper-v4") == 1
    assert "in all of them: env_id=Hopper-v4" in shown
