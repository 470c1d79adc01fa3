"""`curves` of real runs: a line stays a line, groups do not see each other, and no run says what it did not record."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla import read_progress
from rla.plot import Band, Curves, Smoothing, curves
from rla.query import experiments


def bands_of(found: Curves, metric: str = "return") -> dict[str, Band]:
    (panel,) = [panel for panel in found.panels if panel.metric == metric]
    return panel.bands


def same(one: Band, other: Band) -> bool:
    """Tell whether two bands are equal to the last bit."""
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(Band)]
    return all(np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else bool(a == b) for a, b in pairs)


@pytest.fixture
def noisy(record: Callable) -> Callable[..., None]:
    """Record runs of an algorithm with time steps of their own: ``noisy("sac", runs=5)``."""

    def make(algo: str, runs: int, points: int = 60, height: float = 1.0) -> None:
        for seed in range(runs):
            random = np.random.default_rng([seed, len(algo), points])
            steps = np.sort(random.choice(10_000, points, replace=False)).tolist()
            record([(step, height * step + random.normal(0, 50)) for step in steps], algo=algo, seed=seed)

    return make


def test_a_line_on_shifted_grids_stays_the_line(record: Callable, data_root: Path) -> None:
    for seed in range(5):
        record([(step, float(step)) for step in range(seed * 7, 3000 + seed * 3, 10)], algo="sac", seed=seed)
    for align in ("auto", "bin", "linear"):
        for x_range in ("intersection", "union"):
            band = curves(data_root, "return", "algo", align=align, x_range=x_range)["sac"]
            inside = (band.x >= 28) & (band.x <= 2990)
            assert np.count_nonzero(inside) > 100
            for line in (band.centre, band.low, band.high):
                np.testing.assert_allclose(line[inside], band.x[inside], rtol=1e-9)
    held = curves(data_root, "return", "algo", align="hold")["sac"]
    assert np.all((held.x - held.centre >= 0) & (held.x - held.centre < 10))  # the last value before x, of each run


def test_another_group_changes_nothing(noisy: Callable, data_root: Path) -> None:
    noisy("sac", 6)
    ways = [{"arms": "algo"}, {"arms": ["algo=sac"]}, {"arms": "algo", "x_range": "union", "band": "bca"}]
    alone = [next(iter(bands_of(curves(data_root, "return", **way)).values())) for way in ways]
    noisy("ppo", 5, points=333, height=7.0)
    noisy("longer", 2, points=9)
    for way, before in zip(ways, alone, strict=True):
        after = bands_of(curves(data_root, "return", **way))
        assert same(after.get("sac") or after["algo=sac"], before)


def test_another_metric_changes_nothing(record: Callable, data_root: Path) -> None:
    for seed in range(5):
        rows = [(step, {"return": step * 0.5 + seed, "loss": 1.0}) for step in range(0, 500, 10)]
        rows += [(300, {"loss": 2.0}), (310, {"loss": 2.0})]  # of an evaluation that came late: x goes back
        record(rows, algo="sac", seed=seed)
    alone = bands_of(curves(data_root, "return", "algo"))["sac"]
    assert alone.x[-1] == 490
    for metrics in (["return", "loss"], ["loss", "return"]):
        assert same(bands_of(curves(data_root, metrics, "algo"))["sac"], alone)


def test_equal_runs_have_a_band_of_width_zero(record: Callable, data_root: Path) -> None:
    values = np.random.default_rng(0).normal(0, 1e3, 100).tolist()
    for seed in range(5):
        record([(step * 10, value) for step, value in enumerate(values)], algo="sac", seed=seed)
    for band in ("ci", "t", "bca"):
        found = curves(data_root, "return", "algo", band=band)["sac"]
        assert found.low.tolist() == found.centre.tolist() == found.high.tolist() == values


def test_a_run_whose_time_went_back_has_no_zigzag(record: Callable, data_root: Path) -> None:
    before = [(step, 0.0) for step in range(0, 100, 5)]
    after = [(step, 1.0) for step in range(41, 200, 5)]
    record(before + after, algo="sac", seed=0)
    found = curves(data_root, "return", "algo", align="exact")
    band = found["sac"]
    assert (np.diff(band.x) > 0).all()
    assert band.x.tolist() == [*range(0, 41, 5), *range(41, 200, 5)]
    assert band.centre.tolist() == [0.0] * 9 + [1.0] * 32
    assert any("11 rows left out" in note for note in found.notes)


def test_a_tail_of_nan_keeps_the_head(record: Callable, data_root: Path) -> None:
    for seed in range(2):
        record([(step, math.nan if step >= 50 else step * 2.0) for step in range(0, 100, 10)], algo="sac", seed=seed)
    band = curves(data_root, "return", "algo")["sac"]
    assert band.x.tolist() == [0, 10, 20, 30, 40]
    assert band.centre.tolist() == [0, 20, 40, 60, 80]


def test_a_metric_is_drawn_of_those_that_have_it(record: Callable, data_root: Path) -> None:
    for seed in range(3):
        extra = {"success": 1.0} if seed else {}
        record([(step, {"return": 1.0, **extra}) for step in range(0, 100, 10)], algo="sac", seed=seed)
    record([(step, 2.0) for step in range(0, 100, 10)], algo="td3", seed=0)
    found = curves(data_root, ["return", "success"], "algo")
    assert {arm: len(band.runs) for arm, band in bands_of(found).items()} == {"sac": 3, "td3": 1}
    success = bands_of(found, "success")
    assert success["sac"].n.tolist() == [2] * 10
    assert (len(success["td3"].x), success["td3"].runs) == (0, ())
    assert "'sac' (success): 1 of 3 runs have no values." in found.notes


def test_over_wall_time_each_run_begins_at_its_first_row(record: Callable, data_root: Path) -> None:
    record([(0, {"loss": 1.0}), (1, {"return": 5.0}), (2, {"return": 6.0})], algo="sac", seed=0)
    times = [row["timestamp"] for row in read_progress(experiments(data_root).one().log_dir).rows]
    for metrics in (["return"], ["return", "loss"]):
        x = bands_of(curves(data_root, metrics, "algo", x="wall-time"))["sac"].x
        np.testing.assert_allclose(x, [(time - times[0]) / 3600 for time in times[1:]], rtol=1e-6)


def test_over_episodes_a_row_stands_at_those_that_had_ended(record: Callable, data_root: Path) -> None:
    manager = record([], finish=False, algo="sac", seed=0)
    record([(0, 1.0)], algo="sac", seed=1)  # it tells of no episodes
    for step in range(1, 7):
        manager.time_step_holder.set_time(step * 100)
        manager.logger.episodes([1.0, 2.0], [10, 20])
        if step % 2 == 0:
            manager.logger.record_tabular("return", float(step))
        manager.logger.dump_tabular()
    manager.finish()
    found = curves(data_root, "return", "algo", x="episodes")
    assert found["sac"].x.tolist() == [4, 8, 12]
    assert found["sac"].centre.tolist() == [2, 4, 6]
    assert any("it has recorded no episodes" in note for note in found.notes)


def test_any_recorded_key_may_be_x(record: Callable, data_root: Path) -> None:
    record([(step, {"return": 1.0, "updates": step * 4}) for step in range(5)], algo="sac", seed=0)
    record([(step, {"return": 1.0}) for step in range(5)], algo="sac", seed=1)
    found = curves(data_root, "return", "algo", x="updates")
    assert found["sac"].x.tolist() == [0, 4, 8, 12, 16]
    assert any(note.endswith("all rows, which have no 'updates'.") for note in found.notes)


def test_what_was_smoothed_is_the_run_and_not_the_mean(record: Callable, data_root: Path) -> None:
    for seed in range(5):
        record([(step, float(step >= 50)) for step in range(100)], algo="sac", seed=seed)
    band = curves(data_root, "return", "algo", smooth=Smoothing("trailing", 10))["sac"]
    assert band.centre[[49, 54, 59]].tolist() == [0.0, 0.5, 1.0]
    assert band.low.tolist() == band.high.tolist()


def test_of_some_experiments_only_these_are_shown(noisy: Callable, data_root: Path) -> None:
    noisy("sac", 2)
    noisy("td3", 2)
    found = curves(experiments(data_root, where="algo=td3"), "return", "algo")
    assert found.arms == ("td3",)
    assert len(found.experiments) == 2
    assert found.manifest()["runs"] == {"td3": found.experiments}
