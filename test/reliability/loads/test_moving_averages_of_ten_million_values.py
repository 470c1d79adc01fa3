"""A moving average does not drift over 10,000,000 values; NaN, infinities and outliers leave it with their window."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from rla.output.moving_average import MovingAverage

VALUES = 10_000_000
WINDOW = 1000
AT_ONCE = 100_000
ODD = [math.nan, math.inf, -math.inf, 1.7e308, -1.7e308]


def stretches(count: int, odd_every: int | None) -> Iterator[list[float]]:
    """Yield numbers of many magnitudes, with an odd one now and then."""
    source = np.random.default_rng(0)
    for number in range(count // AT_ONCE):
        values = source.normal(size=AT_ONCE) * 10.0 ** source.integers(-8, 9, size=AT_ONCE) + 1e3
        if odd_every is not None:
            values[::odd_every] = ODD[number % len(ODD)]
        yield values.tolist()


def exact_mean(values: list[float]) -> float:
    """Return the mean without any rounding but the last; halves and doubles keep the largest numbers in reach."""
    return math.ldexp(math.fsum(math.ldexp(value, -12) for value in values) / len(values), 12)


@pytest.mark.parametrize("count", [AT_ONCE, pytest.param(VALUES, marks=pytest.mark.load)])
def test_the_mean_is_the_exact_one_however_many_values_have_passed(count: int) -> None:
    average = MovingAverage(WINDOW)
    passed = 0
    for values in stretches(count, odd_every=None):
        for value in values:
            average.add(value)
        passed += len(values)
        assert average.mean == exact_mean(values[-WINDOW:]), f"after {passed} values"
    assert passed == count


@pytest.mark.parametrize("count", [AT_ONCE, pytest.param(VALUES, marks=pytest.mark.load)])
def test_odd_values_leave_no_trace_when_they_have_left_the_window(count: int) -> None:
    average = MovingAverage(WINDOW)
    apart = 20_000  # so the last odd value of a stretch is 20,000 before its end
    for values in stretches(count, odd_every=apart):
        for position, value in enumerate(values, start=1):
            average.add(value)
            if position % apart == WINDOW:
                assert not math.isfinite(average.mean) or abs(average.mean) > 1e300
            if position % apart == WINDOW + 1:
                assert average.mean == exact_mean(values[position - WINDOW : position])
