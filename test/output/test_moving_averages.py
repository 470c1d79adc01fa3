"""`ma_record_tabular` records the mean of the last values, once the window is full."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rla import logger, time_step_holder
from rla.output.moving_average import MovingAverage

NAN, INF = math.nan, math.inf


def means_of(values: list[float], window: int, ignore_nan: bool = False) -> list[float | None]:
    """Records the values one per row and returns the mean in each row, None where there is none."""
    logger.reset()
    means = []
    for value in values:
        logger.ma_record_tabular("ma", value, window, ignore_nan=ignore_nan)
        means.append(logger.dump_tabular().get("ma"))
    return means


def expected_of(values: list[float], window: int) -> list[float | None]:
    with np.errstate(all="ignore"):
        return [
            None if end < window else float(np.mean(np.array(values[end - window : end], dtype=np.longdouble)))
            for end in range(1, len(values) + 1)
        ]


def test_it_is_recorded_once_the_window_is_full() -> None:
    assert means_of([1, 2, 3, 4, 5], 3) == [None, None, 2.0, 3.0, 4.0]


def test_a_window_of_one_is_the_value_itself() -> None:
    assert means_of([1, 2, 3], 1) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("odd", [NAN, INF, -INF])
def test_a_value_that_is_not_finite_leaves_with_its_window(odd: float) -> None:
    means = means_of([1, odd, 2, 3, 4, 5], 3)
    assert [mean is None or math.isfinite(mean) for mean in means] == [True, True, False, False, True, True]
    assert means[4:] == [3.0, 4.0]


def test_infinities_of_both_signs_make_nan_until_one_has_left() -> None:
    means = means_of([INF, -INF, 1, 2, 3], 2)
    assert math.isnan(means[1])  # type: ignore[arg-type]
    assert means[2] == -INF
    assert means[3:] == [1.5, 2.5]


def test_ignored_nans_leave_no_trace() -> None:
    assert means_of([1, NAN, 2, NAN, NAN, 3, 4], 3, ignore_nan=True) == [None, None, None, None, None, 2.0, 3.0]


def test_infinities_are_not_ignored_with_nan() -> None:
    assert means_of([1, INF], 2, ignore_nan=True) == [None, INF]


def test_the_sum_does_not_drift() -> None:
    average = MovingAverage(100)
    rng = np.random.default_rng(0)
    values = rng.normal(size=30_000) * 1e6
    for value in values:
        average.add(float(value))
    assert average.mean == pytest.approx(float(np.mean(values[-100:])), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("outlier", [1e17, 1e25, 1.7e308])
def test_an_outlier_leaves_no_error_behind_when_it_has_left_the_window(outlier: float) -> None:
    means = means_of([1.0] * 5 + [outlier] + [1.0] * 14, 10)
    assert means[15:] == [1.0] * 5


def test_a_sum_beyond_the_largest_float_does_not_stop_the_training() -> None:
    assert means_of([1.7e308] * 4 + [1.0] * 4, 2)[-1] == 1.0


@given(
    values=st.lists(st.floats(-1e6, 1e6) | st.sampled_from([NAN, INF, -INF]), max_size=60),
    window=st.integers(1, 12),
)
@settings(max_examples=150, deadline=None)
def test_it_is_the_mean_of_numpy(values: list[float], window: int) -> None:
    average = MovingAverage(window)
    for value, expected in zip(values, expected_of(values, window), strict=True):
        average.add(value)
        assert average.full == (expected is not None)
        if expected is not None:
            assert average.mean == pytest.approx(expected, rel=1e-9, abs=1e-8, nan_ok=True)


def test_each_key_has_its_own_window() -> None:
    logger.ma_record_tabular("a", 1, 2)
    logger.ma_record_tabular("b", 5, 1)
    logger.ma_record_tabular("a", 3, 2)
    row = logger.dump_tabular()
    assert (row["a"], row["b"]) == (2.0, 5.0)


def test_another_length_begins_a_new_window() -> None:
    assert means_of([1, 2, 3], 3)[-1] == 2.0
    logger.ma_record_tabular("ma", 9, 2)
    assert "ma" not in logger.dump_tabular()
    logger.ma_record_tabular("ma", 11, 2)
    assert logger.dump_tabular()["ma"] == 10.0


def test_it_goes_on_over_dumps_and_ends_with_reset() -> None:
    assert means_of([1, 2], 3) == [None, None]
    logger.reset()
    logger.ma_record_tabular("ma", 3, 3)
    assert logger.dump_tabular() == {}


def test_scalars_of_numpy_and_torch_are_taken() -> None:
    assert means_of([np.float32(1), torch.tensor(2.0), 3], 3)[-1] == 2.0  # type: ignore[list-item]


def test_freq_thins_what_is_recorded_not_what_is_averaged() -> None:
    recorded = {}
    for step in range(10):
        time_step_holder.set_time(step)
        logger.ma_record_tabular("ma", step, 2, freq=4)
        row = logger.dump_tabular()
        if "ma" in row:
            recorded[step] = row["ma"]
    assert recorded == {1: 0.5, 5: 4.5, 9: 8.5}


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_that_is_no_positive_number_is_an_error_in_the_call(window: int) -> None:
    with pytest.raises(ValueError, match="window"):
        logger.ma_record_tabular("ma", 1, window)
