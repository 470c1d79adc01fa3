"""`rc_start_time` and its functions, by both old modules."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest

from rla import exp_manager, logger


def test_both_old_modules_have_the_same_dict() -> None:
    from RLA.easy_log.time_used_recorder import rc_start_time as one
    from RLA.trackers.time_used_recorder import rc_start_time as other

    assert one is other


def test_what_is_being_timed_stands_in_the_dict_until_it_ends() -> None:
    from RLA.trackers.time_used_recorder import rc_start_time, time_record, time_record_end

    time_record("rollout")
    assert set(rc_start_time) == {"rollout"}
    seconds = time_record_end("rollout")
    assert rc_start_time == {}
    assert logger.getkvs() == {"time_used/rollout": seconds}


def test_the_manager_times_with_the_same_dict() -> None:
    recorder = importlib.import_module("RLA.easy_log.time_used_recorder")
    exp_manager.time_record("update")
    assert set(recorder.rc_start_time) == {"update"}
    recorder.time_record_end("update")
    with pytest.raises(ValueError, match="update"):
        exp_manager.time_record_end("update")


def test_a_new_experiment_empties_the_dict_and_keeps_it(start: Callable[..., None]) -> None:
    from RLA.trackers.time_used_recorder import rc_start_time, time_record

    time_record("rollout")
    start(lr=0.1)
    assert rc_start_time == {}
    time_record("again")
    assert "again" in rc_start_time
