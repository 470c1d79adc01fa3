"""What is logged as y = x on any grids is drawn as y = x, by every alignment but steps, and after grouping."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rla.plot import Curve, aggregate_curves, align_curves, clean_curve

GRIDS = st.lists(
    st.tuples(st.integers(0, 10**6), st.lists(st.integers(1, 10**4), min_size=1, max_size=60)), min_size=1, max_size=6
)
"""For each run: where it begins, and the steps from point to point."""


def straight(begin: int, steps: list[int]) -> Curve:
    x = begin + np.cumsum([0, *steps])
    return clean_curve(x, x)


@settings(deadline=None)
@given(
    grids=GRIDS,
    align=st.sampled_from(["auto", "bin", "linear"]),
    x_range=st.sampled_from(["intersection", "union"]),
    grid=st.integers(1, 80),
)
def test_of_each_run(grids: list[tuple[int, list[int]]], align: str, x_range: str, grid: int) -> None:
    aligned = align_curves([straight(*each) for each in grids], align=align, x_range=x_range, grid=grid)
    there = ~np.isnan(aligned.y)
    expected = np.broadcast_to(aligned.x, aligned.y.shape)
    np.testing.assert_allclose(aligned.y[there], expected[there], rtol=1e-9, atol=1e-6)
    assert aligned.n.tolist() == there.sum(axis=0).tolist()
    assert x_range == "union" or there.all()


@pytest.mark.parametrize("points", [30, 150, 300, 5000])
@pytest.mark.parametrize("estimator", ["mean", "median", "iqm", "fractional_iqm"])
def test_of_a_group_on_shifted_grids(points: int, estimator: str) -> None:
    step = 1e6 / points
    curves = [clean_curve(np.arange(points) * step + shift * step, np.arange(points) * step + shift * step)
              for shift in (0.0, 0.1, 0.35, 0.5, 0.77, 0.9)]  # fmt: skip
    band = aggregate_curves({"all": curves}, estimator=estimator, n_boot=100)["all"]
    assert len(band.x) >= min(points - 2, 200)
    for drawn in (band.centre, band.low, band.high):
        np.testing.assert_allclose(drawn, band.x, rtol=1e-9)
