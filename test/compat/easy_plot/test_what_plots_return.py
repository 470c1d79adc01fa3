"""plot_func returns what it draws: artists and arrays by metric and group, and the final values by legend."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from RLA import plot_func

RETURNS = np.array([[0, 0, 10], [0, 1, 11], [0, 2, 12]])
"""What the three seeds of lr=0.1 have recorded at 0, 50 and 100."""


def plotted(root: Path, *metrics: str, **options: Any) -> tuple[dict[str, dict[str, list[Any]]], dict[str, Any]]:
    return plot_func(root, "demo", ["2026/*"], ["lr"], list(metrics or ["eval/return"]), **options)


def test_the_default_is_the_mean_with_its_standard_error_and_the_range(six_runs: Path) -> None:
    drawn, _ = plotted(six_runs)
    assert list(drawn) == ["eval/return"]
    assert set(drawn["eval/return"]) == {f"lr={lr}-{kind}" for lr in (0.01, 0.1) for kind in ("se", "sr")}
    artist, mean, width = drawn["eval/return"]["lr=0.1-se"]
    assert isinstance(artist, PolyCollection)
    np.testing.assert_allclose(mean, RETURNS.mean(axis=0))
    np.testing.assert_allclose(width, RETURNS.std(axis=0, ddof=1) / math.sqrt(3))
    artist, least, greatest = drawn["eval/return"]["lr=0.1-sr"]
    assert isinstance(artist, PolyCollection)
    assert (least.tolist(), greatest.tolist()) == ([0, 0, 10], [0, 2, 12])


def test_the_standard_deviation_is_drawn_when_asked_for(six_runs: Path) -> None:
    drawn, _ = plotted(six_runs, shaded_std=True, shaded_err=False, shaded_range=False)
    assert set(drawn["eval/return"]) == {"lr=0.01-ss", "lr=0.1-ss"}
    _, mean, width = drawn["eval/return"]["lr=0.1-ss"]
    np.testing.assert_allclose([mean, width], [RETURNS.mean(axis=0), RETURNS.std(axis=0, ddof=1)])


@pytest.mark.parametrize("options", [{}, {"pretty": True}, {"shaded_err": False, "shaded_range": False}])
def test_the_final_values_are_there_however_it_is_drawn(six_runs: Path, options: dict[str, Any]) -> None:
    _, scores = plotted(six_runs, **options)
    assert set(scores) == {f"lr={lr} (3)-{kind}" for lr in (0.01, 0.1) for kind in ("err", "std", "range")}
    assert scores["lr=0.1 (3)-err"] == pytest.approx((11, 1 / math.sqrt(3)))
    assert scores["lr=0.1 (3)-std"] == pytest.approx((11, 1))
    assert scores["lr=0.1 (3)-range"] == (10, 12)


def test_final_values_of_several_metrics_stand_under_each_of_them(six_runs: Path) -> None:
    drawn, scores = plotted(six_runs, "eval/return", "loss")
    assert list(drawn) == ["eval/return", "loss"]
    assert scores["eval/return"]["lr=0.1 (3)-range"] == (10, 12)
    assert scores["loss"]["lr=0.1 (3)-range"] == (2, 2)  # the last row has no loss


def test_metrics_on_one_pair_of_axes_stand_under_all(six_runs: Path) -> None:
    drawn, scores = plotted(six_runs, "eval/return", "loss", split_by_metrics=False)
    assert list(drawn) == ["ALL"]
    assert scores["lr=0.1 eval:loss (3)-range"] == (2, 2)


def test_a_band_that_is_asked_for_is_drawn_instead_of_the_shades(run: Callable[..., Path], data_root: Path) -> None:
    for seed in range(6):
        run([0, 100], {"eval/return": [0, seed]}, lr=0.1, seed=seed)
    drawn, scores = plotted(data_root, estimator="iqm", n_boot=200)
    assert list(drawn["eval/return"]) == ["lr=0.1-ci"]
    _, centre, (low, high) = drawn["eval/return"]["lr=0.1-ci"]
    assert centre.tolist() == [0, 2.5]
    assert low[1] < 2.5 < high[1]
    assert scores["lr=0.1 (6)-ci"] == (2.5, low[1], high[1])
    assert scores["lr=0.1 (6)-range"] == (0, 5)
    again, _ = plotted(data_root, estimator="iqm", n_boot=200)
    assert again["eval/return"]["lr=0.1-ci"][2][1].tolist() == high.tolist()


def test_a_band_alone_stands_around_the_mean(six_runs: Path) -> None:
    drawn, _ = plotted(six_runs, band="t", level=0.9)
    _, centre, (low, high) = drawn["eval/return"]["lr=0.1-ci"]
    assert centre[-1] == 11
    assert high[-1] - 11 == pytest.approx(2.919986 / math.sqrt(3))  # t with 2 degrees of freedom
    assert 11 - low[-1] == pytest.approx(high[-1] - 11)


def test_few_runs_are_drawn_as_they_are_without_a_band(six_runs: Path) -> None:
    import matplotlib.pyplot as plt

    drawn, _ = plotted(six_runs, band="ci")
    assert np.isnan(drawn["eval/return"]["lr=0.1-ci"][2]).all()
    (axes,) = plt.gcf().axes
    assert len(axes.get_lines()) == 2 * (3 + 1)
    plotted(six_runs, band="ci", min_seeds_for_band=3)
    (axes,) = plt.gcf().axes
    assert len(axes.get_lines()) == 2


def test_a_parameter_makes_panels(run: Callable[..., Path], data_root: Path) -> None:
    for env, level in (("Ant", 8), ("Hopper", 4)):
        for lr in (0.1, 0.2):
            run([0, 100], {"eval/return": [0, level], "loss": [1, 0]}, lr=lr, env_id=env)
    drawn, scores = plotted(data_root, "eval/return", "loss", by="env_id")
    assert list(drawn) == [f"{metric} env_id={env}" for env in ("Ant", "Hopper") for metric in ("eval/return", "loss")]
    assert scores["eval/return env_id=Hopper"]["lr=0.1 (1)-range"] == (4, 4)
    normalized, _ = plotted(data_root, normalize={"Ant": (0, 8), "Hopper": (0, 2)}, x_range="union")
    assert normalized["eval/return"]["lr=0.1-sr"][2].tolist() == [0, 2]
