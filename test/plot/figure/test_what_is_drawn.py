"""A figure draws the numbers of its curves: lines, bands, runs, each where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla.errors import QueryError
from rla.plot import Smoothing, curves
from rla.query import experiments

from .conftest import bands, lines

Write = Callable[..., None]


def test_an_arm_has_the_same_colour_in_all_panels(lab: Path) -> None:
    found = curves(lab, ["eval/return", "train/loss"], "algo")
    figure = found.draw()
    assert len(figure.axes) == 4
    for arm in ("sac", "td3"):
        assert len({lines(axes, f"{arm} (n=6)")[0].get_color() for axes in figure.axes}) == 1
    assert len({line.get_color() for line in figure.axes[0].get_lines()}) == 2


def test_the_lines_are_the_estimates_and_the_bands_their_intervals(lab: Path) -> None:
    found = curves(experiments(lab, where='env_id == "Ant-v4"'), "eval/return", "algo")
    (axes,) = found.draw().axes
    for arm, shape in zip(("sac", "td3"), bands(axes), strict=True):
        (line,) = lines(axes, f"{arm} (n=6)")
        assert np.array_equal(line.get_xdata(), found[arm].x)
        assert np.array_equal(line.get_ydata(), found[arm].centre)
        corners = shape.get_paths()[0].vertices
        assert corners[:, 1].min() == found[arm].low.min()
        assert corners[:, 1].max() == found[arm].high.max()
        assert shape.get_alpha() == 0.2


def test_panels_are_titled_by_task_and_named_by_metric_and_estimator(lab: Path) -> None:
    axes = curves(lab, ["eval/return", "train/loss"], "algo").draw().axes
    assert [each.get_title() for each in axes] == ["Ant-v4", "Hopper-v4", "", ""]
    assert [each.get_ylabel() for each in axes] == ["eval/return (IQM)", "", "train/loss (IQM)", ""]
    assert [each.get_xlabel() for each in axes] == ["", "", "time steps", "time steps"]


def test_three_seeds_are_drawn_themselves_without_a_band(lab: Path) -> None:
    (axes,) = curves(experiments(lab, where='env_id == "Ant-v4" and seed < 3'), "eval/return", "algo").draw().axes
    assert bands(axes) == []
    assert len(lines(axes, "_run")) == 6
    assert len(lines(axes, "sac (n=3)")) == 1


def test_runs_are_drawn_beside_a_band_when_asked_for(lab: Path) -> None:
    found = curves(experiments(lab, where='env_id == "Ant-v4"'), "eval/return", "algo", show_runs=True)
    (axes,) = found.draw().axes
    assert (len(bands(axes)), len(lines(axes, "_run"))) == (2, 12)


def test_identical_runs_have_a_band_of_width_zero(runs: Write, data_root: Path) -> None:
    runs("sac", [[1.0, 2.0, 4.0]] * 5)
    (axes,) = curves(data_root, "eval/return", "algo").draw().axes
    (shape,) = bands(axes)
    corners = shape.get_paths()[0].vertices
    assert set(map(tuple, corners)) == {(0.0, 1.0), (100.0, 2.0), (200.0, 4.0)}


def test_a_tail_without_values_does_not_erase_the_head(runs: Write, data_root: Path) -> None:
    runs("sac", [[1.0, 2.0, 3.0, None, None]] * 5)
    (axes,) = curves(data_root, "eval/return", "algo").draw().axes
    assert lines(axes, "sac (n=5)")[0].get_ydata().tolist() == [1.0, 2.0, 3.0]


def test_a_metric_that_some_arms_lack_is_drawn_for_the_others_with_n(runs: Write, data_root: Path) -> None:
    runs("sac", [[1.0, 2.0]] * 5)
    runs("td3", [[1.0, 2.0]] * 2, metric="loss")
    figure = curves(data_root, ["eval/return", "loss"], "algo").draw()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["sac (n=0–5)", "td3 (n=0–2)"]


def test_lines_are_thin_where_runs_are_missing_and_a_strip_tells_their_number(runs: Write, data_root: Path) -> None:
    runs("sac", [[1.0] * 10] * 5 + [[1.0] * 4])
    axes = curves(data_root, "eval/return", "algo", x_range="union").draw().axes[0]
    (thick,), (thin,) = lines(axes, "sac (n=6)"), lines(axes, "_thin")
    assert np.isfinite(thick.get_ydata()).sum() == 4
    assert np.isfinite(thin.get_ydata()).sum() == 10
    assert thin.get_linewidth() < thick.get_linewidth()
    (strip,) = axes.child_axes
    assert strip.get_lines()[0].get_ydata().tolist() == [6] * 4 + [5] * 6


def test_what_was_smoothed_stays_visible_and_pale(lab: Path) -> None:
    found = experiments(lab, where='env_id == "Ant-v4"')
    smooth = Smoothing("trailing", 5)
    (axes,) = curves(found, "eval/return", "algo", smooth=smooth).draw().axes
    raw = curves(found, "eval/return", "algo")
    assert [line.get_alpha() for line in lines(axes, "_raw")] == [0.2, 0.2]
    assert np.array_equal(lines(axes, "_raw")[0].get_ydata(), raw["sac"].centre)
    assert lines(curves(found, "eval/return", "algo", smooth=smooth).draw(raw=False).axes[0], "_raw") == []


def test_one_run_and_one_point_can_be_seen(runs: Write, data_root: Path) -> None:
    runs("sac", [[7.0]])
    (axes,) = curves(data_root, "eval/return", "algo").draw().axes
    (line,) = lines(axes, "sac (n=1)")
    assert line.get_marker() == "."
    assert axes.get_ylabel() == "eval/return"  # no estimate, but the run


def test_axes_are_logarithmic_when_asked_for_and_bound_lines_are_drawn(lab: Path) -> None:
    found = curves(lab, "train/loss", "algo")
    figure = found.draw(log="both", bound_lines={"Ant-v4": [(0.5, "half"), (0.1, "tenth", "red", ":")]}, ylim=(0.01, 2))
    ant, hopper = figure.axes
    assert (ant.get_xscale(), ant.get_yscale(), ant.get_ylim()) == ("log", "log", (0.01, 2))
    assert [line.get_ydata()[0] for line in ant.get_lines() if line.get_label() in ("half", "tenth")] == [0.5, 0.1]
    assert lines(ant, "tenth")[0].get_color() == "red"
    assert lines(hopper, "half") == []
    assert [text.get_text() for text in figure.legends[0].get_texts()][2:] == ["half", "tenth"]


def test_labels_and_colours_may_be_chosen(lab: Path) -> None:
    found = curves(lab, "eval/return", "algo", show_n=False)
    figure = found.draw(labels={"sac": "ours"}, colors={"sac": "black"})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ours", "td3"]
    assert lines(figure.axes[0], "ours")[0].get_color() == "black"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"log": "z"}, "log='z' is none of"),
        ({"legend": "blow"}, "Did you mean 'below'?"),
        ({"colors": {"sca": "red"}}, "Did you mean 'sac'?"),
        ({"bound_lines": [3000]}, "3000 is no bound line"),
        ({"size": (3, 0.5)}, "Give a greater height"),
        ({"size": 3}, "no size of a figure"),
    ],
)
def test_an_argument_that_cannot_be_is_told(lab: Path, wrong: dict[str, object], says: str) -> None:
    found = curves(lab, "eval/return", "algo")
    with pytest.raises(QueryError, match=says):
        found.draw(**wrong)  # type: ignore[arg-type]
