"""The bootstrap draws whole runs within tasks; the same runs give the same interval, in whatever order they come."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rla.plot import estimate
from rla.plot.statistics.bootstrap import CELLS, draw, generator, percentiles, replicates
from rla.plot.statistics.estimators import ESTIMATORS, at_once
from rla.plot.statistics.rows import Rows

RANDOM = np.random.default_rng(0)
NAMES = sorted(ESTIMATORS)


def rows(*runs: int, points: int = 3) -> Rows:
    """Return scores of so many runs of each task."""
    values = np.random.default_rng(sum(runs)).normal(size=(sum(runs), points)).round(1)
    return Rows(values, np.repeat(np.arange(len(runs)), runs))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("runs", [(1,), (2,), (5,), (8,), (11,), (3, 3), (2, 5, 4)])
def test_a_replicate_is_the_estimate_of_the_runs_that_were_drawn(name: str, runs: tuple[int, ...]) -> None:
    data = rows(*runs)
    counts = draw(data, 50, np.random.default_rng(1))
    ((_, estimates),) = replicates(data, ESTIMATORS[name], counts)
    for number, count in enumerate(counts.T):
        drawn = Rows(np.repeat(data.values, count, axis=0), np.repeat(data.tasks, count))
        np.testing.assert_allclose(estimates[:, number], at_once(drawn, ESTIMATORS[name]), atol=1e-12)


def test_as_many_runs_are_drawn_of_each_task_as_there_are() -> None:
    data = rows(2, 5, 4)
    counts = draw(data, 1000, np.random.default_rng(1))
    for members in data.members():
        assert (counts[members].sum(axis=0) == len(members)).all()


def test_each_run_is_drawn_as_often_as_any_other() -> None:
    counts = draw(rows(5), 20_000, np.random.default_rng(1))
    np.testing.assert_allclose(counts.mean(axis=1), 1, atol=0.03)
    np.testing.assert_allclose(counts.var(axis=1), 0.8, atol=0.04)  # multinomial: n p (1 - p)


def test_a_run_is_drawn_with_all_of_its_points() -> None:
    run = np.arange(6.0)
    curves = run[:, None, None] + np.zeros((6, 1, 400))  # levels that differ, no noise along x
    found = estimate(curves, "mean", n_boot=200)
    assert len({*found.low.tolist()}) == len({*found.high.tolist()}) == 1


def test_long_curves_are_drawn_with_the_same_draws_in_every_part() -> None:
    many = CELLS // 2000 * 2 + 7
    curves = np.repeat(RANDOM.normal(size=(6, 1, 1)), many, axis=2)
    found = estimate(curves, "iqm", n_boot=2000)
    assert len({*found.low.tolist()}) == 1


def test_many_draws_of_many_runs_are_made_in_parts_of_one_stream() -> None:
    data = rows(40)
    whole = draw(data, CELLS // 40 * 2 + 5, np.random.default_rng(1))
    part = draw(data, CELLS // 40, np.random.default_rng(1))
    assert np.array_equal(whole[:, : part.shape[1]], part)
    assert (whole.sum(axis=0) == 40).all()


@pytest.mark.parametrize("band", ["ci", "basic", "bca"])
@settings(deadline=None, max_examples=20)
@given(scores=st.lists(st.floats(-100, 100), min_size=2, max_size=12), shuffle=st.randoms(use_true_random=False))
def test_the_order_of_runs_changes_nothing(band: str, scores: list[float], shuffle: object) -> None:
    other = list(scores)
    shuffle.shuffle(other)  # type: ignore[attr-defined]
    first, second = (estimate(each, "iqm", band, n_boot=200) for each in (scores, other))
    assert (first.value, first.low, first.high) == (second.value, second.low, second.high)


def test_the_same_runs_give_the_same_interval_and_others_another() -> None:
    scores = RANDOM.normal(size=10)
    first, again, reverse, other = (
        estimate(scores, runs=runs) for runs in (["a", "b"], ["a", "b"], ["b", "a"], ["a", "c"])
    )
    assert first.low == again.low == reverse.low != other.low


def test_the_global_state_of_numpy_stays_untouched() -> None:
    before = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    estimate(RANDOM.normal(size=10))
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index, union-attr]


def test_generators_of_two_sets_of_runs_are_independent() -> None:
    first, second = (generator([run]).normal(size=2000) for run in ("a", "b"))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


@pytest.mark.parametrize("name", ["mean", "median", "iqm", "fractional_iqm"])
@pytest.mark.parametrize("band", ["ci", "basic", "bca", "minmax", "tolerance"])
@given(value=st.floats(-1e9, 1e9), runs=st.integers(2, 30), tasks=st.integers(1, 4))
@settings(deadline=None, max_examples=20)
def test_equal_runs_have_an_interval_of_width_zero(name: str, band: str, value: float, runs: int, tasks: int) -> None:
    found = estimate(np.full((runs, tasks), value), name, band, n_boot=100)
    assert found.low == found.value == found.high


def test_percentiles_of_a_mean_are_those_of_drawing_by_hand() -> None:
    scores = np.array([1.0, 4.0, 2.0, 8.0, 5.0, 7.0])
    drawn = np.random.default_rng(3).choice(scores, (40_000, 6)).mean(axis=1)
    found = estimate(scores, "mean", n_boot=40_000)
    np.testing.assert_allclose([found.low, found.high], np.quantile(drawn, [0.025, 0.975]), atol=0.05)


def test_the_basic_interval_is_the_mirror_of_the_percentiles() -> None:
    scores = RANDOM.exponential(size=20)
    percentile, basic = (estimate(scores, "mean", band) for band in ("ci", "basic"))
    np.testing.assert_allclose([basic.low, basic.high], 2 * percentile.value - [percentile.high, percentile.low])


@pytest.mark.parametrize("tasks", [1, 3])
def test_bca_by_hand(tasks: int) -> None:
    scores = np.random.default_rng(4).exponential(size=(7, tasks)).round(1)
    found = estimate(scores, "mean", "bca", level=0.9, n_boot=500, runs=["a"])
    data = next(part for _, _, part in Rows(scores.T.reshape(-1, 1), np.repeat(np.arange(tasks), 7)).complete_parts())
    ((_, (drawn,)),) = replicates(data, ESTIMATORS["mean"], draw(data, 500, generator(["a"])))
    assert np.count_nonzero(drawn == found.value) > 0  # so that ties count
    normal = NormalDist()
    bias = normal.inv_cdf(np.mean(drawn < found.value) + np.mean(drawn == found.value) / 2)
    pulls = (data.values[:, 0].reshape(tasks, 7) - data.values[:, 0].reshape(tasks, 7).mean(axis=1)[:, None]).ravel()
    acceleration = (pulls**3).sum() / (pulls**2).sum() ** 1.5 / 6  # of a mean: the deviations themselves
    for bound, tail in ((found.low, 0.05), (found.high, 0.95)):
        shifted = bias + normal.inv_cdf(tail)
        assert bound == pytest.approx(np.quantile(drawn, normal.cdf(bias + shifted / (1 - acceleration * shifted))))


def test_bca_leans_to_the_long_tail() -> None:
    scores = np.random.default_rng(0).exponential(size=30) ** 2
    percentile, corrected = (estimate(scores, "mean", band, n_boot=5000) for band in ("ci", "bca"))
    assert corrected.low > percentile.low
    assert corrected.high > percentile.high


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("draws", [1, 2, 3, 200, 2001])
def test_percentiles_are_those_of_numpy_to_the_last_bit(draws: int, level: float) -> None:
    estimates = np.random.default_rng(draws).normal(size=(7, draws)) * 10.0 ** np.arange(-3, 4)[:, None]
    shares = [(1 - level) / 2, (1 + level) / 2]
    expected = np.quantile(estimates, shares, axis=1)
    np.testing.assert_array_equal(percentiles(estimates, shares), expected)
