"""`log_files_gen` ends the experiment before and begins the next one anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, logger, read_progress, time_step_holder, time_tracker
from rla.timers import running

Start = Callable[..., None]


def rows(folder: str) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in row.items() if key not in ("time-step", "timestamp")}
        for row in read_progress(Path(folder)).rows
    ]


def dump(step: int, **values: float) -> None:
    time_step_holder.set_time(step)
    for key, value in values.items():
        logger.record_tabular(key, value)
    logger.dump_tabular()


def test_the_one_before_is_finished_with_all_its_rows(start: Start) -> None:
    start(lr=1)
    first = exp_manager.log_dir
    dump(5, a=1.0)
    exp_manager.log_files_gen()
    assert exp_manager.log_dir != first
    card = json.loads(Path(first, "experiment.json").read_text())
    assert (card["status"], card["reason"]) == ("finished", None)
    assert rows(first) == [{"a": 1.0}]
    assert not Path(first, ".journal").exists()
    dump(1, b=2.0)
    exp_manager.finish()
    assert rows(first) == [{"a": 1.0}]


def test_the_time_step_begins_at_zero(start: Start) -> None:
    start(lr=1)
    time_step_holder.set_time(700)
    exp_manager.log_files_gen()
    assert time_step_holder.get_time() == exp_manager.get_timestep() == 0


def test_the_open_row_is_not_carried_over(start: Start) -> None:
    start(lr=1)
    logger.record_tabular("left over", 1)
    exp_manager.log_files_gen()
    assert logger.dump_tabular() == {}


def test_freq_counts_anew(start: Start) -> None:
    start(lr=1)
    time_step_holder.set_time(100)
    logger.record_tabular("a", 1, freq=50)
    logger.dump_tabular()
    exp_manager.log_files_gen()
    logger.record_tabular("a", 2, freq=50)
    assert logger.dump_tabular()["a"] == 2


def test_windows_of_moving_averages_begin_empty(start: Start) -> None:
    start(lr=1)
    for value in (100, 100):
        logger.ma_record_tabular("a", value, 3)
    exp_manager.log_files_gen()
    logger.ma_record_tabular("a", 1, 3)
    assert logger.dump_tabular() == {}
    logger.ma_record_tabular("a", 1, 3)
    logger.ma_record_tabular("a", 1, 3)
    assert logger.dump_tabular()["a"] == 1


def test_custom_data_begins_empty(start: Start) -> None:
    start(lr=1)
    exp_manager.add_custom_data("a", 1)
    exp_manager.log_files_gen()
    assert exp_manager.custom_data == {}


def test_timers_begin_anew(start: Start) -> None:
    start(lr=1)
    with time_tracker("work"):
        pass
    exp_manager.time_record("open")
    exp_manager.log_files_gen()
    assert time_tracker.get_info() == {}
    assert running == {}


def test_the_first_set_hyper_param_afterwards_forgets_the_tracked_names_and_keeps_the_values(start: Start) -> None:
    start(lr=1, env="A")
    exp_manager.set_hyper_param(seed=2)
    exp_manager.add_record_param(["seed"])
    exp_manager.log_files_gen()
    assert exp_manager.log_dir.endswith("_&seed=2/")
    assert exp_manager.hyper_param == {"lr": 1, "env": "A", "seed": 2}


def test_only_the_first_one_forgets_them(start: Start) -> None:
    start(lr=1)
    exp_manager.set_hyper_param(seed=2)
    exp_manager.add_record_param(["seed"])
    exp_manager.set_hyper_param(env="B")
    exp_manager.add_record_param(["env"])
    exp_manager.log_files_gen()
    assert exp_manager.log_dir.endswith("_&seed=2&env=B/")


def test_without_set_hyper_param_the_tracked_names_stay(start: Start) -> None:
    start(lr=1)
    exp_manager.log_files_gen()
    assert exp_manager.log_dir.endswith("_&lr=1/")


def test_the_parameters_on_the_disk_are_those_of_their_experiment(start: Start) -> None:
    start(lr=1)
    first = exp_manager.hyperparameter_dir
    exp_manager.set_hyper_param(lr=2)
    exp_manager.log_files_gen()
    assert json.loads(Path(first, "parameter.json").read_text()) == {"lr": 1}
    assert json.loads(Path(exp_manager.hyperparameter_dir, "parameter.json").read_text()) == {"lr": 2}


def test_another_configuration_counts_from_the_next_experiment_on(start: Start, tmp_path: Path) -> None:
    start(lr=1)
    first = exp_manager.log_dir
    exp_manager.configure("other_task", {"LOG_USED": ["csv"]}, data_root=tmp_path / "other", code_root=tmp_path)
    assert exp_manager.log_dir == first
    exp_manager.log_files_gen()
    assert exp_manager.log_dir.startswith(f"{tmp_path}/other/log/other_task/")


def test_a_loop_of_settings_and_seeds_makes_that_many_experiments(data_root: Path) -> None:
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
    for lr in (0.1, 0.2):
        for seed in range(3):
            exp_manager.set_hyper_param(lr=lr, seed=seed)
            exp_manager.add_record_param(["lr", "seed"])
            exp_manager.log_files_gen()
            dump(1, value=lr + seed)
    exp_manager.finish()
    ends = sorted(path.name.partition("_&")[2] for path in data_root.glob("log/demo_task/*/*/*/*"))
    assert ends == [f"lr={lr}&seed={seed}" for lr in (0.1, 0.2) for seed in range(3)]


def test_a_finished_experiment_is_finished_once(start: Start) -> None:
    start(lr=1)
    folder = exp_manager.log_dir
    exp_manager.finish("failed", "first")
    exp_manager.finish("finished")
    card = json.loads(Path(folder, "experiment.json").read_text())
    assert (card["status"], card["reason"]) == ("failed", "first")


def test_an_unknown_tracked_name_leaves_the_experiment_before_untouched(start: Start) -> None:
    start(lr=1)
    folder = exp_manager.log_dir
    exp_manager.hyper_param = {"other": 1}
    with pytest.raises(KeyError):
        exp_manager.log_files_gen()
    assert exp_manager.log_dir == folder
    dump(1, a=1.0)
    exp_manager.finish()
    assert rows(folder) == [{"a": 1.0}]
