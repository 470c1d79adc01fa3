"""The interval of the probability of improvement in a verdict has a width, also where all runs of an arm are better."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rla.plot.statistics.improvement import improvement

Z = 1.959963984540054


def spread(chance: float, n: int, m: int) -> float:
    """The variance of the share of pairs, after Newcombe."""
    half = (n + m) / 2 - 1
    return chance * (1 - chance) * (1 + half * ((1 - chance) / (2 - chance) + chance / (1 + chance))) / (n * m)


def test_the_bounds_are_as_far_from_the_share_as_their_own_spread_says() -> None:
    x, y = np.array([1.0, 3.0, 5.0, 7.0]), np.array([2.0, 4.0, 4.5])
    found = improvement({"": x}, {"": y})
    assert found.value == 7 / 12
    assert found.low < found.value < found.high
    for bound in (found.low, found.high):
        assert abs(found.value - bound) == pytest.approx(Z * math.sqrt(spread(bound, 4, 3)))


@pytest.mark.parametrize(("runs", "low"), [(3, 0.49), (5, 0.64), (10, 0.80)])
def test_where_all_are_better_the_interval_says_how_many_there_were(runs: int, low: float) -> None:
    found = improvement({"": np.ones(runs)}, {"": np.zeros(runs)})
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(low, abs=0.015)


def test_the_other_way_round_it_is_the_rest() -> None:
    random = np.random.default_rng(0)
    x, y = {"a": random.normal(size=4), "b": random.normal(size=6)}, {"a": random.normal(size=5), "b": np.zeros(3)}
    there, back = improvement(x, y), improvement(y, x)
    assert (there.value, there.low, there.high) == pytest.approx((1 - back.value, 1 - back.high, 1 - back.low))


def test_equal_scores_count_half() -> None:
    found = improvement({"": np.zeros(5)}, {"": np.zeros(5)})
    assert found.value == 0.5
    assert found.low == pytest.approx(1 - found.high)


def test_more_tasks_make_it_narrower() -> None:
    x, y = np.arange(5.0), np.arange(5.0) + 0.5
    one = improvement({"a": x}, {"a": y})
    four = improvement(dict.fromkeys("abcd", x), dict.fromkeys("abcd", y))
    assert four.value == one.value
    assert four.high - four.low == pytest.approx((one.high - one.low) / 2)


def test_it_holds_the_truth_in_nearly_all_studies_of_three_runs() -> None:
    """Where a bootstrap does in three quarters of them: P = Φ(1 / √2) for normal scores that are 1 apart."""
    random, truth = np.random.default_rng(0), 0.7602499
    found = [improvement({"": random.normal(1, 1, 3)}, {"": random.normal(0, 1, 3)}) for _ in range(400)]
    assert 0.9 < np.mean([each.low <= truth <= each.high for each in found]) < 0.98
