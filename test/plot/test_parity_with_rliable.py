"""Where rliable is installed, our intervals are its intervals within Monte-Carlo error, on fixed scores.

``pip install rliable "pandas<3"`` into an environment of its own; the arch that it needs does not know pandas 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rla.plot as ours

try:
    from rliable import library, metrics
except Exception as error:  # a package that is there and cannot be imported is no use either
    pytest.skip(f"rliable cannot be imported: {error}", allow_module_level=True)

DRAWS = 5000
RANDOM = np.random.default_rng(0)
SCORES = RANDOM.normal(size=(10, 6)) * np.arange(1, 7) / 10 + np.linspace(0, 1.2, 6)
OTHERS = RANDOM.normal(size=(7, 6)) * 0.4 + np.linspace(0, 1.0, 6)
NAMES = ["mean", "median", "iqm", "optimality_gap"]

Theirs = Callable[..., Any]


def theirs(scores: Any, function: Theirs, draws: int = DRAWS) -> tuple[Any, Any]:
    np.random.seed(0)  # rliable draws from the global generator, whatever random_state it is given
    values, intervals = library.get_interval_estimates({"x": scores}, function, reps=draws)
    return values["x"], intervals["x"]


def error_of(low: Any, high: Any) -> Any:
    """Return how far two bootstraps of so many draws lie apart: four standard errors of the 2.5 % quantile, twice."""
    deviation = (np.asarray(high) - np.asarray(low)) / (2 * 1.96)
    at_quantile = deviation * np.sqrt(0.025 * 0.975 / DRAWS) / 0.0584  # density of the normal distribution there
    return 4 * np.sqrt(2) * at_quantile


@pytest.mark.parametrize("name", NAMES)
def test_aggregates(name: str) -> None:
    for scores in (SCORES, OTHERS, SCORES[:3]):
        expected = getattr(metrics, f"aggregate_{name}")(scores)
        assert getattr(ours, f"aggregate_{name}")(scores) == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
def test_intervals_of_aggregates(name: str) -> None:
    function = getattr(metrics, f"aggregate_{name}")
    value, ((low,), (high,)) = theirs(SCORES, lambda scores: np.array([function(scores)]))
    found = ours.estimate(SCORES, name, n_boot=DRAWS)
    assert found.value == pytest.approx(value[0])
    assert abs(found.low - low) < error_of(low, high)
    assert abs(found.high - high) < error_of(low, high)


def test_curves_of_the_interquartile_mean() -> None:
    frames = SCORES[:, :, None] * np.array([0.3, 0.7, 1.0])
    per_frame = lambda scores: np.array([metrics.aggregate_iqm(scores[..., frame]) for frame in range(3)])  # noqa: E731
    value, (low, high) = theirs(frames, per_frame)
    found = ours.estimate(frames, "iqm", n_boot=DRAWS)
    np.testing.assert_allclose(found.value, value)
    assert (abs(found.low - low) < error_of(low, high)).all()
    assert (abs(found.high - high) < error_of(low, high)).all()


def test_probability_of_improvement() -> None:
    function = lambda x, y: np.array([metrics.probability_of_improvement(x, y)])  # noqa: E731
    value, ((low,), (high,)) = theirs((SCORES, OTHERS), function, draws=1000)
    found = ours.probability_of_improvement(SCORES, OTHERS, n_boot=DRAWS)
    assert found.value == pytest.approx(value[0])
    assert abs(found.low - low) < 3 * error_of(low, high)  # theirs takes long, so it has a fifth of the draws
    assert abs(found.high - high) < 3 * error_of(low, high)


def test_performance_profiles() -> None:
    thresholds = np.linspace(-0.5, 1.5, 9)
    np.random.seed(0)
    values, intervals = library.create_performance_profile({"x": SCORES}, thresholds, reps=DRAWS)
    found = ours.performance_profile(SCORES, thresholds, n_boot=DRAWS)
    np.testing.assert_allclose(found.share.value, values["x"])
    step = 1 / SCORES.size  # bounds are multiples of this
    assert (abs(found.share.low - intervals["x"][0]) <= step + 1e-9).all()
    assert (abs(found.share.high - intervals["x"][1]) <= step + 1e-9).all()
