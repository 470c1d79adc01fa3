"""`freq=n` records a key only when n time steps have passed since it was last recorded."""

from __future__ import annotations

import pytest

from rla import logger, time_step_holder


def recorded_at(times: list[float], freq: int, key: str = "a") -> list[float]:
    recorded = []
    for time in times:
        time_step_holder.set_time(time)
        logger.record_tabular(key, time, freq=freq)
        if key in logger.dump_tabular():
            recorded.append(time)
    return recorded


def test_the_first_value_is_recorded_and_then_one_every_n_steps() -> None:
    assert recorded_at(list(range(5, 26)), 10) == [5, 15, 25]


def test_steps_larger_than_n_are_all_recorded() -> None:
    assert recorded_at([0, 100, 200], 10) == [0, 100, 200]


@pytest.mark.parametrize("freq", [0, 1])
def test_a_frequency_of_one_or_less_records_each_new_step(freq: int) -> None:
    assert recorded_at([0, 1, 2], freq) == [0, 1, 2]


def test_time_that_went_back_silences_nothing() -> None:
    assert recorded_at([1000, 1005, 10, 15, 20, 30], 10) == [1000, 10, 20, 30]


def test_time_steps_may_be_fractions() -> None:
    assert recorded_at([0.0, 0.5, 1.0, 1.5, 2.0], 1) == [0.0, 1.0, 2.0]


def test_each_key_counts_for_itself() -> None:
    assert recorded_at([0, 5], 10, "a") == [0]
    assert recorded_at([5, 10], 10, "b") == [5]


def test_a_record_without_frequency_is_always_taken() -> None:
    logger.record_tabular("a", 1, freq=10)
    logger.dump_tabular()
    logger.record_tabular("a", 2)
    assert logger.dump_tabular()["a"] == 2


def test_a_value_that_is_not_due_leaves_the_one_in_the_row() -> None:
    logger.record_tabular("a", 1, freq=10)
    logger.record_tabular("a", 2, freq=10)
    assert logger.dump_tabular()["a"] == 1


def test_reset_forgets_what_was_counted() -> None:
    assert recorded_at([5], 10) == [5]
    logger.reset()
    assert recorded_at([6], 10) == [6]


def test_a_time_step_that_is_nan_does_not_stop_the_training() -> None:
    recorded_at([0], 10)
    time_step_holder.set_time(float("nan"))
    logger.record_tabular("a", 1, freq=10)
    time_step_holder.set_time(20)
    logger.record_tabular("a", 2, freq=10)
    assert logger.dump_tabular()["a"] == 2
