"""What is set through one spelling is seen through the other."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

import rla
from rla import experiment_data_query, read_progress

old_logger = importlib.import_module("RLA.easy_log.logger")
old_tester = importlib.import_module("RLA.easy_log.tester")
old_clock = importlib.import_module("RLA.easy_log.time_step")
old_timers = importlib.import_module("RLA.trackers.time_used_recorder")


def test_the_open_row_is_one() -> None:
    old_logger.logkv("old", 1)
    rla.logger.record_tabular("new", 2)
    assert rla.logger.name_to_value == {"old": 1, "new": 2}
    row = old_logger.dumpkvs()
    assert (row["old"], row["new"]) == (1, 2)
    assert rla.logger.dump_tabular() == {}


def test_the_time_step_is_one() -> None:
    old_clock.time_step_holder.set_time(3)
    assert rla.logger.timestep() == rla.exp_manager.get_timestep() == 3
    rla.time_step_holder.inc_time()
    assert old_logger.get_time() == old_tester.tester.get_timestep() == 4


def test_timers_are_one() -> None:
    with old_timers.time_tracker("rollout"):
        pass
    assert rla.time_tracker("rollout").calls == 1


def test_the_manager_is_one() -> None:
    old_tester.tester.set_hyper_param(lr=0.1)
    old_tester.tester.hyper_param["gamma"] = 0.9
    rla.exp_manager.add_record_param(["lr", "gamma"])
    assert rla.exp_manager.hyper_param == {"lr": 0.1, "gamma": 0.9}


def test_an_attribute_that_is_put_on_a_module_is_there_by_both_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_logger, "made_up", "by the old name", raising=False)
    assert rla.logger.made_up == "by the old name"
    monkeypatch.setattr("rla.compat.const.made_up", "by the new name", raising=False)
    assert importlib.import_module("RLA.easy_log.const").made_up == "by the new name"


def test_an_experiment_that_is_set_up_by_old_names_is_found_by_new_ones(
    start: Callable[..., None], data_root: Path
) -> None:
    start(lr=0.1)
    old_clock.time_step_holder.set_time(5)
    old_logger.logkv("return", 1.5)
    old_logger.dumpkvs()
    old_tester.tester.finish()
    (result,) = experiment_data_query(data_root, "demo_task", None, rla.LOG).values()
    (row,) = read_progress(Path(result.dirname)).rows
    assert (row["return"], row["time-step"]) == (1.5, 5)
