"""Sampling begins with an experiment and ends with it, may be asked for at any time, and keeps its pace."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from decimal import Decimal
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

from rla import ExperimentManager, exp_manager, logger

KEY = "system/memory_percent"
Sampled = Callable[..., dict[str, float]]


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rla-system-monitor"]


@pytest.mark.parametrize("before", [True, False])
def test_it_may_be_asked_for_before_or_after_the_experiment_begins(
    start: Callable[..., None], sampled: Sampled, before: bool
) -> None:
    if before:
        exp_manager.track_system(every=1000)
        assert threads() == []
        start(lr=0.1)
    else:
        start(lr=0.1)
        exp_manager.track_system(every=1000)
    assert KEY in sampled(KEY)


def test_it_ends_with_the_experiment_at_once(start: Callable[..., None], sampled: Sampled, until: Any) -> None:
    exp_manager.track_system(every=1000)
    start(lr=0.1)
    sampled(KEY)
    exp_manager.finish()
    until(lambda: not threads(), "the end of the thread")


def test_it_goes_on_in_the_next_experiment(start: Callable[..., None], sampled: Sampled, until: Any) -> None:
    exp_manager.track_system(every=1000)
    for lr in (0.1, 0.2):
        start(lr=lr)
        assert KEY in sampled(KEY)
        until(lambda: len(threads()) == 1, "one thread")
        with open(exp_manager.log_dir + "progress.csv") as stream:
            logger.flush()
            assert KEY in stream.readline()


def test_none_stops_it(start: Callable[..., None], sampled: Sampled, until: Any) -> None:
    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    sampled(KEY)
    exp_manager.track_system(every=None)
    logger.dump_tabular()
    until(lambda: not threads(), "the end of the thread")
    assert logger.dump_tabular() == {}
    start(lr=0.2)
    assert threads() == []


def test_another_call_changes_the_pace(start: Callable[..., None], sampled: Sampled, until: Any) -> None:
    exp_manager.track_system(every=100_000)
    start(lr=0.1)
    sampled(KEY)
    exp_manager.track_system(every=0.1)
    for _ in range(3):
        sampled("system/cpu_percent")
    until(lambda: len(threads()) == 1, "one thread")


def test_the_same_call_again_changes_nothing(start: Callable[..., None]) -> None:
    exp_manager.track_system(every=1000)
    start(lr=0.1)
    before = threads()
    for _ in range(5):
        exp_manager.track_system(every=1000.0)
    assert threads() == before


def test_two_managers_sample_for_themselves(start: Callable[..., None], sampled: Sampled) -> None:
    exp_manager.track_system(every=1000)
    start(lr=0.1)
    sampled(KEY)
    other = ExperimentManager(logger.Logger())
    other.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=exp_manager.data_root, code_root=".")
    other.log_files_gen()
    assert len(threads()) == 1
    other.finish()


@pytest.mark.parametrize("every", [0.1, 1, np.float32(0.5), np.int64(3), 1e9])
def test_any_number_of_seconds_will_do(start: Callable[..., None], sampled: Sampled, every: Any) -> None:
    exp_manager.track_system(every)
    start(lr=0.1)
    assert KEY in sampled(KEY)


@pytest.mark.parametrize(
    "every",
    [0, -1, 0.099, math.nan, math.inf, 1e12, 10**400, True, "10", "", [10], Decimal(10), {}],
    ids=lambda value: repr(value)[:20],
)
def test_something_else_is_refused(every: Any) -> None:
    with pytest.raises(ValueError, match=r"expected the seconds between two samples, 0\.1 or more.*None stops"):
        exp_manager.track_system(every)


def test_what_is_refused_changes_nothing(start: Callable[..., None]) -> None:
    exp_manager.track_system(every=1000)
    start(lr=0.1)
    before = threads()
    with pytest.raises(ValueError, match="track_system"):
        exp_manager.track_system(every=0)
    assert threads() == before
    start(lr=0.2)
    assert set(threads()) - set(before)


END = """
import sys, threading
from rla import exp_manager, logger
exp_manager.track_system(every=float(sys.argv[2]))
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
logger.record_tabular("a", 1)
logger.dump_tabular()
"""


@pytest.mark.parametrize("end", ["", "sys.exit(0)"])
def test_a_process_ends_without_waiting_for_it(
    run_python: Callable[..., CompletedProcess[str]], data_root: Any, end: str
) -> None:
    done = run_python(END + end, data_root, 100_000)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_experiment_that_begins_while_the_interpreter_ends_goes_on_without(
    run_python: Callable[..., CompletedProcess[str]], data_root: Any
) -> None:
    late = "import atexit\natexit.register(lambda: (exp_manager.log_files_gen(), exp_manager.finish(), print('done')))"
    done = run_python(END + late, data_root, 100_000)
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert "Traceback" not in done.stderr
