"""Intervals that need no draws, by their formulas; and which runs have an interval at all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rla.errors import QueryError
from rla.plot import estimate, runs_for_power, runs_for_tolerance, tolerance_share
from rla.plot.statistics.power import t_power
from rla.plot.statistics.student import t_cdf, t_quantile

SCORES = [2.0, 4.0, 4.0, 6.0, 9.0]  # mean 5, squared deviations 9 + 1 + 1 + 1 + 16 = 28, variance 7


def bounds(*arguments: object, **more: object) -> list[float]:
    found = estimate(*arguments, **more)  # type: ignore[arg-type]
    return [float(found.low), float(found.high)]


def test_the_standard_error_of_a_mean() -> None:
    assert bounds(SCORES, "mean", "sem") == pytest.approx([5 - math.sqrt(7 / 5), 5 + math.sqrt(7 / 5)])


def test_the_standard_deviation_of_runs() -> None:
    assert bounds(SCORES, "mean", "std") == pytest.approx([5 - math.sqrt(7), 5 + math.sqrt(7)])


def test_the_interval_of_student() -> None:
    half = 2.7764451 * math.sqrt(7 / 5)
    assert bounds(SCORES, "mean", "t") == pytest.approx([5 - half, 5 + half])


def test_the_interval_of_student_for_an_interquartile_mean() -> None:
    # one is cut at each end: 4, 4, 6 are left; winsorised 4, 4, 4, 6, 6 has the sum of squares 4.8
    half = 4.3026527 * math.sqrt(4.8 / (3 * 2))
    assert bounds(SCORES, "iqm", "t") == pytest.approx([14 / 3 - half, 14 / 3 + half])


def test_the_interval_of_student_of_three_runs_is_the_same_for_both() -> None:
    assert bounds([1, 2, 6], "iqm", "t") == pytest.approx(bounds([1, 2, 6], "mean", "t"))


def test_the_interval_of_student_over_tasks_adds_their_variances() -> None:
    error = math.sqrt(7 / 5 + 7 / 5) / 2
    half = 2.3060041 * error  # 8 degrees of freedom: two equal variances of 4 each
    assert bounds({"a": SCORES, "b": SCORES}, "mean", "t") == pytest.approx([5 - half, 5 + half])


def test_a_lucky_run_widens_the_interval_of_the_mean_alone() -> None:
    lucky = [*SCORES[:4], 900.0]
    assert np.ptp(bounds(lucky, "iqm", "t")) == np.ptp(bounds(SCORES, "iqm", "t"))
    assert np.ptp(bounds(lucky, "mean", "t")) > 100 * np.ptp(bounds(SCORES, "mean", "t"))


def test_least_and_greatest() -> None:
    assert bounds(SCORES, "iqm", "minmax") == [2, 9]


def test_a_tolerance_interval_tells_how_many_future_runs_it_covers() -> None:
    found = estimate(SCORES, "iqm", "tolerance")
    assert [found.low, found.high] == [2, 9]
    assert found.share == pytest.approx(0.3426, abs=1e-4)


@pytest.mark.parametrize(("runs", "share"), [(8, 0.5), (14, 0.7), (22, 0.8), (46, 0.9), (93, 0.95)])
def test_runs_for_a_tolerance_interval(runs: int, share: float) -> None:
    assert runs_for_tolerance(share) == runs
    assert tolerance_share(runs) >= share > tolerance_share(runs - 1)


def test_nearly_all_future_runs_take_very_many() -> None:
    assert runs_for_tolerance(0.999999) == pytest.approx(4.744e6, rel=1e-3)


@pytest.mark.parametrize(("share", "level"), [(0, 0.95), (1, 0.95), (0.9, 1.0)])
def test_all_future_runs_are_never_covered(share: float, level: float) -> None:
    with pytest.raises(QueryError, match="should both lie between 0 and 1"):
        runs_for_tolerance(share, level)


def test_the_range_covers_the_share_that_is_told() -> None:
    drawn = np.random.default_rng(0).random((20_000, 10))  # uniform: the range is the share that it covers
    assert np.mean(np.ptp(drawn, axis=1) >= tolerance_share(10)) == pytest.approx(0.95, abs=0.005)
    assert tolerance_share(1) == 0


@pytest.mark.parametrize("band", ["ci", "basic", "bca", "t", "sem", "minmax", "tolerance"])
def test_one_run_has_no_interval(band: str) -> None:
    found = estimate([3.0], "mean", band)
    assert found.value == 3
    assert np.isnan(bounds([3.0], "mean", band)).all()


@pytest.mark.parametrize("band", ["ci", "t"])
def test_a_task_of_one_run_has_no_interval_beside_others_of_many(band: str) -> None:
    assert np.isnan(bounds({"a": SCORES, "b": [1.0]}, "mean", band)).all()


def test_at_each_point_those_runs_are_drawn_that_are_there() -> None:
    curves = np.random.default_rng(0).normal(size=(8, 1, 3))
    curves[5:, 0, 2] = math.nan
    names = [f"run {number}" for number in range(8)]
    found = estimate(curves, "mean", runs=names)
    assert found.n.tolist() == [8, 8, 5]
    alone = estimate(curves[:5, :, 2:], "mean", runs=names[:5])
    assert (found.low[2], found.high[2]) == (alone.low[0], alone.high[0])


def test_t_distribution_by_its_table() -> None:
    table = {1: 12.7062047, 2: 4.3026527, 4: 2.7764451, 10: 2.2281389, 29: 2.0452296, 1e7: 1.9599641}
    np.testing.assert_allclose(t_quantile(0.975, list(table)), list(table.values()), rtol=1e-7)
    np.testing.assert_allclose(t_cdf(list(table.values()), list(table)), 0.975, atol=1e-8)
    assert t_cdf(0, 5) == 0.5
    assert t_cdf(1, 1) == pytest.approx(0.75)  # Cauchy
    assert t_cdf(-3, 2.5) == pytest.approx(1 - float(t_cdf(3, 2.5)))


@pytest.mark.parametrize(("effect", "runs"), [(0.5, 64), (0.8, 26), (1, 17), (1.5, 9), (2, 6), (3, 4)])
def test_runs_for_a_power_of_80_percent(effect: float, runs: int) -> None:
    assert runs_for_power(effect) == runs_for_power(-effect) == runs
    assert t_power(effect, runs) >= 0.8 > t_power(effect, runs - 1)


def test_power_without_an_effect_is_the_chance_of_a_false_finding() -> None:
    assert t_power(0, 10) == pytest.approx(0.05, abs=1e-6)
    assert t_power(0, 2, level=0.9) == pytest.approx(0.1, abs=1e-4)


@pytest.mark.parametrize("effect", [0.0, math.nan, math.inf, 1e-9])
def test_no_number_of_runs_finds_nothing(effect: float) -> None:
    with pytest.raises(QueryError):
        runs_for_power(effect)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"band": "minimax"}, "band='minimax' is none of ci, basic, bca, t, sem, std, minmax, tolerance, none."),
        ({"band": "minimax"}, "Did you mean 'minmax'?"),
        ({"level": 95}, "level=95 is no confidence"),
        ({"n_boot": 0}, "n_boot=0 makes no interval"),
        ({"band": "std"}, "band='std' stands around the mean. Pass estimator='mean'"),
        ({"band": "t", "estimator": "median"}, "There is no standard error of estimator='median'"),
    ],
)
def test_what_does_not_exist_is_told(arguments: dict[str, str], said: str) -> None:
    with pytest.raises(QueryError) as error:
        estimate(SCORES, **arguments)  # type: ignore[arg-type]
    assert said in str(error.value)


def test_a_standard_error_of_pooled_tasks_is_refused() -> None:
    with pytest.raises(QueryError, match="estimator='iqm' of several tasks"):
        estimate({"a": SCORES, "b": SCORES}, "iqm", "sem")


@pytest.mark.parametrize(
    ("band", "estimator", "low"), [("ci", "iqm", 0.85), ("t", "mean", 0.92), ("bca", "mean", 0.82)]
)
def test_intervals_hold_the_truth_about_as_often_as_they_say(band: str, estimator: str, low: float) -> None:
    """`benchmark/coverage.py` tells it exactly; here ten runs, 400 times."""
    held = 0
    for batch in range(8):
        scores = np.random.default_rng(batch).normal(size=(10, 1, 50))
        found = estimate(scores, estimator, band, n_boot=500, runs=[str(batch)])
        held += int(np.count_nonzero((found.low <= 0) & (found.high >= 0)))
    assert low <= held / 400 <= 0.985
