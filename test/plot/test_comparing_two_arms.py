"""Is A better than B: the difference and the probability of improvement have intervals, p-values, and power."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rla.errors import QueryError
from rla.plot import compare, holm, probability_of_improvement, runs_for_power

RANDOM = np.random.default_rng(0)
GOOD, BAD = RANDOM.normal(size=12) + 2, RANDOM.normal(size=9)
SCORES = st.lists(st.integers(-3, 3), min_size=2, max_size=7)


def by_pairs(x: list[int], y: list[int]) -> float:
    return sum((a > b) + 0.5 * (a == b) for a, b in product(x, y)) / len(x) / len(y)


@pytest.mark.parametrize("band", ["ci", "t"])
@pytest.mark.parametrize("estimator", ["mean", "iqm"])
def test_a_clear_difference_is_decided(band: str, estimator: str) -> None:
    found = compare(GOOD, BAD, estimator, band)
    assert 0 < found.low < found.value < found.high
    assert found.decided
    assert found.p_value < 0.01
    assert found.n == (12, 9)


@pytest.mark.parametrize("band", ["ci", "t"])
def test_one_set_of_scores_does_not_differ_from_itself(band: str) -> None:
    found = compare(GOOD, GOOD, band=band)
    assert (found.value, found.effect, found.decided) == (0, 0, False)
    assert found.low < 0 < found.high
    assert found.p_value > 0.9


def test_welch_by_hand() -> None:
    x, y = [1.0, 2.0, 3.0], [6.0, 8.0, 10.0, 12.0]  # variances 1 and 20/3, means 2 and 9
    error = math.sqrt(1 / 3 + 20 / 12)
    found = compare(x, y, "mean", "t")
    assert found.value == -7
    assert found.high - found.value == pytest.approx(2.7563 * error, rel=1e-4)  # 4.0755 degrees of freedom
    assert found.p_value == pytest.approx(0.0072, abs=5e-4)
    assert found.effect == pytest.approx(-7 / math.sqrt((1 + 20 / 3) / 2))


def test_the_interval_and_the_p_value_say_the_same() -> None:
    for shift in np.linspace(-1.5, 1.5, 31):
        for band in ("ci", "t"):
            found = compare(BAD + shift, BAD, "mean", band, n_boot=2000)
            assert found.decided == (found.p_value < 0.05) or abs(found.p_value - 0.05) < 2e-3


@settings(deadline=None, max_examples=30)
@given(x=SCORES, y=SCORES)
def test_who_comes_first_changes_the_sign_alone(x: list[int], y: list[int]) -> None:
    one = compare(x, y, n_boot=200, runs=(["a"], ["b"]))
    other = compare(y, x, n_boot=200, runs=(["b"], ["a"]))
    assert (one.value, one.p_value) == (pytest.approx(-other.value), other.p_value)
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))


@settings(deadline=None, max_examples=30)
@given(x=SCORES, y=SCORES)
def test_the_probability_of_improvement_counts_pairs(x: list[int], y: list[int]) -> None:
    found = probability_of_improvement(x, y, n_boot=200)
    assert found.value == pytest.approx(by_pairs(x, y))
    assert 0 <= found.low <= found.high <= 1
    assert found.n == len(x) + len(y)


def test_the_probability_of_improvement_is_the_mean_of_tasks() -> None:
    x, y = {"a": [1, 2, 3], "b": [5, 5]}, {"b": [5, 9, 9], "a": [0, 0]}
    expected = (by_pairs(x["a"], y["a"]) + by_pairs(x["b"], y["b"])) / 2
    assert probability_of_improvement(x, y).value == pytest.approx(expected)


def test_draws_of_the_probability_are_those_of_drawing_by_hand() -> None:
    random = np.random.default_rng(5)
    x, y = np.round(RANDOM.normal(size=8), 1), np.round(RANDOM.normal(size=6) - 0.7, 1)
    drawn = [by_pairs(random.choice(x, 8).tolist(), random.choice(y, 6).tolist()) for _ in range(4000)]
    found = probability_of_improvement(x, y, n_boot=20_000)
    np.testing.assert_allclose([found.low, found.high], np.quantile(drawn, [0.025, 0.975]), atol=0.03)


def test_arms_without_ids_are_drawn_apart() -> None:
    """Were both drawn alike, a shift between equal arms would have an interval of width zero."""
    found = compare(GOOD + 1, GOOD, "mean")
    assert found.high - found.low > 1


def test_tasks_are_told_by_their_names() -> None:
    x = {"a": [1.0, 2.0], "b": [10.0, 20.0]}
    y = {"b": [10.0, 20.0], "a": [1.0, 2.0]}
    assert compare(x, y, "mean").value == 0


def test_one_run_decides_nothing() -> None:
    found = compare([5.0], [1.0, 2.0])
    assert found.value == 3.5
    assert np.isnan([found.low, found.high, found.p_value, found.effect]).all()
    assert not found.decided
    assert math.isnan(probability_of_improvement([5.0], [1.0, 2.0]).low)


@pytest.mark.parametrize("band", ["ci", "t"])
def test_arms_without_any_spread(band: str) -> None:
    same, other = compare([1.0] * 5, [1.0] * 5, "mean", band), compare([2.0] * 5, [1.0] * 5, "mean", band)
    assert (same.low, same.high, same.decided, same.p_value) == (0, 0, False, 1)
    assert (other.low, other.high, other.decided) == (1, 1, True)
    assert math.isnan(other.effect)


def test_equal_arms_are_said_to_differ_about_as_often_as_the_level_says() -> None:
    wrong = 0
    for number in range(300):
        x, y = np.random.default_rng(number).normal(size=(2, 10))
        wrong += compare(x, y, n_boot=300, runs=([f"x{number}"], [f"y{number}"])).decided
    assert 0.01 < wrong / 300 < 0.12


def test_the_effect_tells_how_many_more_runs_it_takes() -> None:
    found = compare(BAD + 0.8 * BAD.std(ddof=1), BAD, "mean")
    assert found.effect == pytest.approx(0.8)
    assert runs_for_power(found.effect) == 26


def test_holm_corrects_the_smallest_most() -> None:
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.6]).tolist() == [1, 1]
    assert holm([]).tolist() == []


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ({"a": [1, 2]}, {"b": [1, 2]}, "these differ: ['a', 'b']"),
        ([[1, 2], [3, 4]], [1, 2], "here are 2 and 1"),
        (np.ones((3, 1, 5)), np.ones((3, 1, 5)), "here are curves"),
        ({"a": [1], "b": [math.nan]}, {"a": [1], "b": [2]}, "a task without a single score"),
    ],
)
def test_arms_that_cannot_be_compared_are_told(x: list[float], y: list[float], said: str) -> None:
    with pytest.raises(QueryError) as error:
        compare(x, y)
    assert said in str(error.value)


def test_a_band_that_is_no_interval_is_told() -> None:
    with pytest.raises(QueryError, match="band='std' is no interval of a difference; expected ci or t"):
        compare(GOOD, BAD, band="std")
