"""Where scipy is installed, our numbers are its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from rla.plot import aggregate_iqm, compare, estimate, probability_of_improvement
from rla.plot.statistics.power import t_power
from rla.plot.statistics.student import t_cdf, t_quantile

stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=11) + 0.7, RANDOM.normal(size=8)


@pytest.mark.parametrize("n", range(1, 40))
def test_interquartile_mean(n: int) -> None:
    scores = RANDOM.normal(size=(n, 3))
    assert aggregate_iqm(scores) == pytest.approx(stats.trim_mean(scores, 0.25, axis=None))


def test_student() -> None:
    degrees = np.array([1, 1.5, 2, 3.7, 10, 99, 1e4])
    for probability in (0.0005, 0.1, 0.5, 0.9, 0.975, 0.9995):
        expected = stats.t.ppf(probability, degrees)
        np.testing.assert_allclose(t_quantile(probability, degrees), expected, rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(t_cdf(expected, degrees), probability, atol=1e-10)


@pytest.mark.parametrize("runs", [2, 3, 5, 20, 300])
@pytest.mark.parametrize("effect", [0.1, 0.8, 3])
def test_power(effect: float, runs: int) -> None:
    degrees, shift = 2 * runs - 2, effect * np.sqrt(runs / 2)
    bound = stats.t.ppf(0.975, degrees)
    expected = stats.nct.sf(bound, degrees, shift) + np.nan_to_num(
        stats.nct.cdf(-bound, degrees, shift)
    )  # NaN where it is 0
    assert t_power(effect, runs) == pytest.approx(expected, abs=1e-5)


def test_interval_of_a_mean() -> None:
    low, high = stats.t.interval(0.9, len(X) - 1, X.mean(), stats.sem(X))
    found = estimate(X, "mean", "t", level=0.9)
    assert (float(found.low), float(found.high)) == pytest.approx((low, high))


def test_difference_of_means() -> None:
    expected = stats.ttest_ind(X, Y, equal_var=False)
    found = compare(X, Y, "mean", "t")
    assert found.p_value == pytest.approx(expected.pvalue)
    bounds = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((bounds.low, bounds.high))


def test_difference_of_interquartile_means() -> None:
    expected = stats.ttest_ind(X, Y, equal_var=False, trim=0.25)
    assert compare(X, Y, "iqm", "t").p_value == pytest.approx(expected.pvalue)


def test_probability_of_improvement() -> None:
    expected = stats.mannwhitneyu(X, Y).statistic / len(X) / len(Y)
    assert probability_of_improvement(X, Y).value == pytest.approx(expected)


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_bootstrap(method: str) -> None:
    scores = RANDOM.exponential(size=25)
    expected = stats.bootstrap((scores,), np.mean, n_resamples=20_000, method=method, random_state=1)
    found = estimate(scores, "mean", {"percentile": "ci"}.get(method, method), n_boot=20_000)
    bounds = expected.confidence_interval
    assert (float(found.low), float(found.high)) == pytest.approx((bounds.low, bounds.high), abs=0.015)
