"""A data root of the original RLA, in both formats of its names, answers every question without a word of complaint."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result

from rla import ARCHIVE, CHECKPOINT, HYPERPARAMETER, LOG, experiment_data_query, single_experiment_query
from rla.query import Experiment, experiments, find_run

DAY = "2022/03/01"
TASKS = ["demo_task", "paper/ablation"]
Rla = Callable[..., Result]


def minute_of(experiment: Experiment) -> int:
    return int(experiment.record_date[-12:-10])


def found(root: Path, **options: str) -> dict[int, Experiment]:
    return {minute_of(experiment): experiment for experiment in experiments(root, "demo_task", **options)}


def test_all_are_listed_in_both_tasks_and_nothing_is_wrong_with_them(original: Path) -> None:
    every = experiments(original)
    assert [(each.task, minute_of(each)) for each in every] == [(task, n) for n in range(1, 6) for task in TASKS]
    assert {each.status for each in every} == {"unknown"}
    assert [each.problem for each in every if each.problem] == []
    assert {each.node for each in every} == {"10.0.0.5"}


def test_hyper_parameters_come_from_json_yaml_archive_or_name(original: Path) -> None:
    by_minute = found(original)
    assert by_minute[1].parameters == {"lr": 0.01, "agent": {"layers": [64, 64]}, "env_id": "Hopper-v4"}
    assert by_minute[2].parameters == {"lr": 0.2, "layers": (64, 64), "name": "sac", "agent": {"act": "relu"}}
    assert by_minute[3].parameters == {"lr": 0.03, "agent": {"layers": [64, 64]}}
    assert by_minute[4].parameters == {"lr": "0.4", "env": "A_b c"}
    assert by_minute[5].parameters == {"lr": "0.5"}


def test_last_values_are_the_newest_of_each_column(original: Path) -> None:
    assert found(original)[3].last == {"loss": 0.25, "eval/return": 30}
    assert found(original)[3].step == 20
    assert found(original)[5].last == {}


@pytest.mark.parametrize(
    ("where", "minutes"),
    [
        ("lr < 0.1", [1, 3]),
        ("lr >= 0.4", [4, 5]),
        ("agent.layers == '[64, 64]'", [1, 3]),
        ("env == 'A_b c'", [4]),
        ("eval/return > 25", [3, 4]),
        ("status == unknown and lr == 0.2", [2]),
    ],
)
def test_conditions_compare_numbers_also_where_they_stand_only_in_names(
    original: Path, where: str, minutes: list[int]
) -> None:
    assert list(found(original, where=where)) == minutes


def test_rows_are_loaded_into_one_table(original: Path) -> None:
    table = experiments(original, "paper/ablation").load(["loss", "eval/return"], parameters="lr")
    assert table["loss"].tolist() == [0.5, 0.25] * 3
    assert table["time-step"].tolist() == [10, 20] * 3
    assert table["eval/return"].dropna().tolist() == [10, 30, 40]
    assert table.attrs["without"] == [f"paper/ablation/{DAY}/21-0{minute}-11-000001" for minute in (2, 5)]
    assert table.attrs["problems"] == {}


def test_there_are_no_episodes_and_that_is_no_error(original: Path) -> None:
    assert len(experiments(original).episodes()) == 0


def test_a_table_of_pandas_has_all_of_them(original: Path) -> None:
    table = experiments(original).to_pandas()
    assert len(table) == 10
    assert table["start"].iloc[0] == datetime(2022, 3, 1, 21, 1, 11, 1)
    assert table["lr"].astype(float).tolist() == [0.01, 0.01, 0.2, 0.2, 0.03, 0.03, 0.4, 0.4, 0.5, 0.5]


def test_the_older_query_gives_the_same(original: Path) -> None:
    older = experiment_data_query(original, "demo_task", None, HYPERPARAMETER)
    by_date = {each.record_date: each.parameters for each in experiments(original, "demo_task")}
    assert {date: dict(result.hyper_param) for date, result in older.items()} == by_date  # type: ignore[union-attr]
    assert len(experiment_data_query(original, "demo_task", f"{DAY}/21-0[13]*", LOG)) == 2
    checkpoints = single_experiment_query(original, "paper/ablation", f"{DAY}/21-01-11-000001", CHECKPOINT)
    assert checkpoints.all_ckps == ["checkpoint-100.pt"]  # type: ignore[union-attr]


def test_an_archive_gives_its_manager_where_the_data_root_is_now(original: Path) -> None:
    moved = original.rename(original.with_name("moved"))
    for task in TASKS:
        result = single_experiment_query(moved, task, f"{DAY}/21-01-11-000001", ARCHIVE)
        manager = result.exp_manager  # type: ignore[union-attr]
        assert manager.hyper_param.agent.layers == [64, 64]
        assert manager.custom_data == {"returns": [1.0, 2.0]}
        assert manager.get_timestep() == 700
        assert manager.record_date == datetime(2022, 3, 1, 21, 1, 11, 1)
        assert manager.data_root == str(moved)
        assert Path(manager.log_dir).parent == moved / "log" / task / DAY
        assert Path(manager.checkpoint_dir).parent == moved / "checkpoint" / task / DAY
        assert Path(manager.log_dir, "progress.csv").exists()


def test_a_run_is_found_by_a_part_of_its_name(original: Path) -> None:
    assert find_run(original, "env=A_b c", "demo_task").record_date == f"{DAY}/21-04-11-000001"


def test_the_command_line_lists_finds_shows_compares_and_checks(original: Path, rla: Rla) -> None:
    listed = rla("ls", "--root", original)
    assert listed.exit_code == 0
    assert all(f"{DAY}/21-0{minute}-11" in listed.output for minute in range(1, 6))
    asked = rla("query", "lr < 0.1 and eval/return == 30", "--root", original, "--json")
    assert [item["task"] for item in json.loads(asked.output)] == TASKS
    shown = json.loads(rla("show", "21-03", "--task", "demo_task", "--root", original, "--json").output)
    assert shown["parameters"] == {"lr": 0.03, "agent": {"layers": [64, 64]}}
    assert (shown["status"], shown["problem"]) == ("unknown", None)
    compared = json.loads(rla("diff", "21-01", "21-03", "--task", "demo_task", "--root", original, "--json").output)
    assert [change["key"] for change in compared["parameters"]] == ["lr", "env_id"]
    checked = json.loads(rla("fsck", "--root", original, "--json").output)
    assert (checked["experiments"], checked["errors"]) == (8, 0)


def test_a_log_tree_that_was_published_alone_is_a_data_root(original: Path, rla: Rla) -> None:
    alone = original.with_name("published")
    alone.mkdir()
    (original / "log").rename(alone / "log")
    assert [minute_of(each) for each in experiments(alone, "demo_task", where="lr < 0.1")] == [1, 3]
    assert rla("show", "21-04", "--task", "demo_task", "--root", alone).exit_code == 0


def test_a_tree_of_hyper_parameters_alone_is_a_data_root(original: Path, rla: Rla) -> None:
    alone = original.with_name("published")
    alone.mkdir()
    (original / "hyperparameter").rename(alone / "hyperparameter")
    kept = experiments(alone, "demo_task", where="lr < 0.3")
    assert [minute_of(each) for each in kept] == [1, 2]
    assert kept[0].parameters["env_id"] == "Hopper-v4"
    assert rla("show", "21-02", "--task", "demo_task", "--root", alone).exit_code == 0
