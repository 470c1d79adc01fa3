"""`ProfileKV` and `profile` add up seconds in the open row, below `wait_<name>`."""

from __future__ import annotations

import inspect
import threading
from types import SimpleNamespace

import pytest
from RLA.easy_log.logger import ProfileKV, profile

from rla import logger, time_step_holder
from rla.compat import profiling


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock that the blocks are timed with."""
    now = [100.0]
    monkeypatch.setattr(profiling, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    return now


def test_the_seconds_of_all_blocks_add_up_until_the_dump(seconds: list[float]) -> None:
    for _ in range(3):
        with ProfileKV("env"):
            seconds[0] += 0.5
    assert logger.dump_tabular()["wait_env"] == 1.5
    with ProfileKV("env"):
        seconds[0] += 0.25
    assert logger.dump_tabular()["wait_env"] == 0.25


def test_a_dump_inside_a_block_leaves_its_time_to_the_next_row(seconds: list[float]) -> None:
    with ProfileKV("env"):
        seconds[0] += 1.0
        logger.record_tabular("loss", 1)
        assert "wait_env" not in logger.dump_tabular()
        seconds[0] += 1.0
    assert logger.dump_tabular()["wait_env"] == 2.0


def test_time_counts_when_the_block_raises(seconds: list[float]) -> None:
    @profile("env")
    def fail() -> None:
        seconds[0] += 2.0
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert logger.dump_tabular()["wait_env"] == 2.0


def test_one_object_may_be_used_again_and_inside_itself(seconds: list[float]) -> None:
    timer = ProfileKV("env")
    with timer:
        seconds[0] += 1.0
        with timer:
            seconds[0] += 1.0
    assert logger.dump_tabular()["wait_env"] == 3.0


def test_a_function_is_timed_and_otherwise_the_same(seconds: list[float]) -> None:
    @profile("step")
    def step(action: int, *, scale: float = 1.0) -> float:
        """Do a step."""
        seconds[0] += 0.5
        return action * scale

    assert step(3, scale=2.0) + step(1) == 7.0
    assert (step.__name__, step.__doc__) == ("step", "Do a step.")
    assert list(inspect.signature(step).parameters) == ["action", "scale"]
    assert logger.dump_tabular()["wait_step"] == 1.0


def test_threads_add_to_one_sum() -> None:
    def record() -> None:
        for _ in range(2000):
            logger.record_sum("wait_env", 1)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logger.dump_tabular()["wait_env"] == 8000


def test_real_time_passes() -> None:
    time_step_holder.set_time(3)
    with ProfileKV("env"):
        sum(range(1000))
    row = logger.dump_tabular()
    assert 0 < row["wait_env"] < 60
    assert row["time-step"] == 3
