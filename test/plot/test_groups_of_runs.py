"""Groups of runs become a curve and a band each; groups do not see each other, and few runs have no band."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rla.errors import QueryError
from rla.plot import Band, Curve, aggregate_curves, clean_curve, estimate

Seeds = Callable[..., list[Curve]]


def same(one: Band, other: Band) -> bool:
    """Tell whether two bands are equal to the last bit."""
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(Band)]
    return all(np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else bool(a == b) for a, b in pairs)


def test_a_group_has_what_is_drawn_of_it(seeds: Seeds) -> None:
    band = aggregate_curves({"sac": seeds(6)})["sac"]
    assert band.x.tolist() == [100.0 * step for step in range(20)]
    assert band.n.tolist() == [6] * 20
    assert band.values.shape == (6, 20)
    assert (band.low < band.centre).all()
    assert (band.centre < band.high).all()
    assert band.runs == tuple(f"run{seed}" for seed in range(6))
    assert (band.way.estimator, band.way.band, band.way.level, band.way.n_boot) == ("iqm", "ci", 0.95, 2000)


def test_it_is_the_estimate_of_the_runs_at_each_x(seeds: Seeds) -> None:
    curves = seeds(7)
    band = aggregate_curves({"all": curves}, estimator="mean")["all"]
    found = estimate(np.array([curve.y for curve in curves])[:, None], "mean", runs=[curve.run for curve in curves])
    assert band.centre.tolist() == found.value.tolist()
    assert band.low.tolist() == found.low.tolist()


@pytest.mark.parametrize("x_range", ["intersection", "union", "hold"])
def test_another_group_changes_nothing(seeds: Seeds, x_range: str) -> None:
    sac = seeds(6, points=50)
    others = {"td3": seeds(9, points=333, name="other"), "none": [], "ppo": [clean_curve([5, 6], [1, 2], run="p")]}
    alone = aggregate_curves({"sac": sac}, x_range=x_range)["sac"]
    assert same(aggregate_curves({**others, "sac": sac}, x_range=x_range)["sac"], alone)


@settings(deadline=None, max_examples=15)
@given(order=st.permutations(range(7)))
def test_the_order_of_runs_changes_nothing(order: list[int]) -> None:
    random = np.random.default_rng(0)
    steps = [np.sort(random.integers(0, 1000, 40)) for _ in order]
    curves = [clean_curve(x, random.normal(size=40), run=str(number)) for number, x in enumerate(steps)]
    one = aggregate_curves({"all": curves}, n_boot=200, x_range="union")["all"]
    other = aggregate_curves({"all": [curves[number] for number in order]}, n_boot=200, x_range="union")["all"]
    np.testing.assert_array_equal([one.centre, one.low, one.high], [other.centre, other.low, other.high])


@pytest.mark.parametrize("estimator", ["mean", "median", "iqm", "fractional_iqm"])
@pytest.mark.parametrize("band", ["ci", "bca", "basic", "minmax"])
@pytest.mark.parametrize("align", ["auto", "bin", "linear", "hold"])
def test_equal_runs_have_a_band_of_width_zero(seeds: Seeds, estimator: str, band: str, align: str) -> None:
    (curve,) = seeds(1, points=60)
    group = [dataclasses.replace(curve, run=str(number)) for number in range(6)]
    found = aggregate_curves({"all": group}, estimator=estimator, band=band, align=align, n_boot=50)["all"]
    assert found.low.tolist() == found.centre.tolist() == found.high.tolist()


@pytest.mark.parametrize("band", ["t", "sem", "std"])
def test_so_have_they_by_formulas(seeds: Seeds, band: str) -> None:
    group = seeds(1) * 6
    found = aggregate_curves({"all": group}, estimator="mean", band=band)["all"]
    assert found.low.tolist() == found.centre.tolist() == found.high.tolist() == group[0].y.tolist()


def test_three_seeds_have_no_band_and_say_so(seeds: Seeds) -> None:
    band = aggregate_curves({"sac": seeds(3)})["sac"]
    assert not band.has_band
    assert np.isnan(band.low).all()
    assert band.values.shape == (3, 20)
    assert "3 runs: too few for a band, which takes 5." in band.notes


def test_five_have_one_that_is_called_optimistic_and_ten_are_enough(seeds: Seeds) -> None:
    five, ten = aggregate_curves({5: seeds(5), 10: seeds(10)}).values()  # type: ignore[dict-item]
    assert five.has_band
    assert five.notes == ("With 5 runs the interval is optimistic.",)
    assert ten.notes == ()


def test_student_has_an_interval_for_three_seeds(seeds: Seeds) -> None:
    assert aggregate_curves({"sac": seeds(3)}, band="t")["sac"].has_band


def test_where_too_few_runs_are_left_there_is_no_band(seeds: Seeds) -> None:
    curves = [*seeds(6, points=20), *seeds(3, points=30, name="long")]
    band = aggregate_curves({"all": curves}, x_range="union")["all"]
    assert band.n.tolist() == [9] * 20 + [3] * 10
    assert np.isfinite(band.low[:20]).all()
    assert np.isnan(band.low[20:]).all()
    assert np.isfinite(band.centre).all()
    assert "n differs along x: 3 to 9 of 9 runs." in band.notes


def test_runs_without_the_metric_are_left_out_with_n(seeds: Seeds) -> None:
    curves = [*seeds(6), clean_curve([], [], run="empty")]
    band = aggregate_curves({"all": curves})["all"]
    assert band.n.max() == 6
    assert "1 of 7 runs have no values." in band.notes
    assert band.centre.tolist() == aggregate_curves({"all": seeds(6)})["all"].centre.tolist()


@pytest.mark.parametrize("curves", [[], [clean_curve([], [])]])
def test_a_group_without_values_is_empty(curves: list[Curve]) -> None:
    band = aggregate_curves({"none": curves})["none"]
    assert (len(band.x), len(band.centre), band.has_band) == (0, 0, False)


def test_runs_without_common_x_are_told(seeds: Seeds) -> None:
    curves = [clean_curve([0, 1], [0, 0], run="a"), clean_curve([2, 3], [0, 0], run="b")]
    band = aggregate_curves({"all": curves})["all"]
    assert len(band.x) == 0
    assert "The runs have no x in common; x_range='union' shows them all." in band.notes


def test_a_run_that_ends_early_is_told(seeds: Seeds) -> None:
    band = aggregate_curves({"all": [*seeds(9, points=50), *seeds(1, points=10, name="dead")]})["all"]
    assert band.x[-1] == 900
    assert "Only x from 0 to 900 of 0 to 4900 is shown, which all runs have: run 'dead0' ends first." in band.notes


def test_a_resumed_run_has_no_zigzag() -> None:
    x = [*range(0, 100, 10), *range(50, 150, 10)]
    curves = [clean_curve(x, [value * 2 for value in x], run=str(seed)) for seed in range(10)]
    band = aggregate_curves({"all": curves})["all"]
    assert band.centre.tolist() == [2 * value for value in range(0, 150, 10)]
    assert "40 rows left out: their runs went on from an earlier x." in band.notes


def test_tasks_are_drawn_apart(seeds: Seeds) -> None:
    """Two tasks that differ much: were runs drawn from both at once, the band would be as wide as they differ."""
    curves = [*seeds(5, task="easy"), *seeds(5, task="hard", shift=1000)]
    band = aggregate_curves({"all": curves}, estimator="mean")["all"]
    assert band.tasks == ("easy",) * 5 + ("hard",) * 5
    assert (band.high - band.low).max() < 3
    assert abs(band.centre - 500).max() < 3
    assert band.notes == ("With 5 runs of a task the interval is optimistic.",)


def test_a_task_of_one_run_leaves_no_band_and_is_told(seeds: Seeds) -> None:
    band = aggregate_curves({"all": [*seeds(5, task="easy"), *seeds(1, task="hard")]})["all"]
    assert not band.has_band
    assert band.notes == ("1 run of a task: too few for a band, which takes 2.",)


def test_a_tolerance_band_tells_its_share(seeds: Seeds) -> None:
    band = aggregate_curves({"all": seeds(10)}, band="tolerance")["all"]
    assert band.share is not None
    assert band.share.tolist() == pytest.approx([0.606] * 20, abs=1e-3)
    assert band.high.tolist() == band.values.max(axis=0).tolist()


@pytest.mark.parametrize("wrong", [{"align": "x"}, {"x_range": "x"}, {"estimator": "x"}, {"band": "x"}, {"level": 2}])
def test_arguments_that_do_not_exist_are_refused_also_without_runs(wrong: dict[str, str]) -> None:
    with pytest.raises(QueryError):
        aggregate_curves({}, **wrong)  # type: ignore[arg-type]
