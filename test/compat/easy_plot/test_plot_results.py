"""plot_results draws any results: users' functions say what x and y are, which curve and which axes they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from RLA.easy_plot.plot_util import PRETTY_COLORS, plot_results
from RLA.easy_plot.result_cls import CsvResult

from rla.errors import QueryError


@pytest.fixture
def results() -> list[CsvResult]:
    """Two algorithms on two tasks with two seeds each; the last value is 10 for ppo, 20 for sac, twice that on ant."""
    found = []
    for algorithm, level in (("ppo", 10), ("sac", 20)):
        for task, factor in (("ant", 2), ("hopper", 1)):
            for seed in range(2):
                y = np.array([0.0, 100.0, level * factor])
                progress = pd.DataFrame({"time-step": [0, 1, 2], "y": y, "z": -y})
                monitor = pd.DataFrame({"r": y, "l": [5, 5, 5]})
                parameters = {"task": task, "algorithm": algorithm}
                found.append(CsvResult(monitor, progress, f"runs/{task}/{algorithm}-{seed}", hyper_param=parameters))
    return found


def test_by_default_a_curve_for_each_folder_and_each_run_by_itself(results: list[CsvResult]) -> None:
    plotted = plot_results(results, metrics="y")
    assert plotted.axes.shape == (1, 1)
    assert len(plotted.axes[0, 0].get_lines()) == 8
    assert [text.get_text() for text in plotted.legends[0].get_texts()] == ["ppo (4)", "sac (4)"]
    assert plotted.g2lf == {"ALL": {}}
    assert plotted.score_results["ppo (4)-range"] == (10, 20)


def test_functions_as_baselines_have_them_say_where_a_run_belongs(results: list[CsvResult]) -> None:
    figure, axes, *_, drawn, scores = plot_results(
        results,
        xy_fn=lambda r: (np.cumsum(r.monitor.l), r.monitor.r),
        split_fn=lambda r: r.dirname.split("/")[1],
        group_fn=lambda r: r.dirname.split("/")[2][:3],
        average_group=True,
    )
    assert axes.shape == (1, 2)
    assert [each.get_title() for each in axes.ravel()] == ["ant", "hopper"]
    assert set(drawn) == {"ant", "hopper"}
    assert axes[0, 0].get_lines()[0].get_xdata().tolist() == [5, 10, 15]
    assert scores["hopper"]["sac (2)-err"] == (20, 0)
    assert len(figure.legends) == 1  # both axes would have the same


def test_without_metrics_the_episodes_are_drawn(results: list[CsvResult]) -> None:
    plotted = plot_results(results[:2])
    assert plotted.axes[0, 0].get_lines()[0].get_xdata().tolist() == [5, 10, 15]


def test_lists_of_names_say_it_for_each_metric(results: list[CsvResult]) -> None:
    plotted = plot_results(results, metrics=["y", "z"], group_fn=lambda r: ["first", "second"], average_group=True)
    assert list(plotted.g2lf["ALL"]) == ["first-sr", "first-se", "second-sr", "second-se"]
    with pytest.raises(QueryError, match="one for each of 2 metrics"):
        plot_results(results, metrics=["y", "z"], group_fn=lambda r: ["first"])


@pytest.mark.parametrize(
    ("tiling", "shape"), [("symmetric", (2, 2)), ("vertical", (4, 1)), ("horizontal", (1, 4)), (None, (2, 2))]
)
def test_tiling(results: list[CsvResult], tiling: str | None, shape: tuple[int, int]) -> None:
    plotted = plot_results(results, metrics=["y", "z"], by="task", split_by_metrics=True, tiling=tiling, title="All")
    assert plotted.axes.shape == shape
    shown = [(each.get_ylabel(), each.get_title()) for each in plotted.axes.ravel()]
    assert shown == [("y", "task=ant"), ("z", "task=ant"), ("y", "task=hopper"), ("z", "task=hopper")]
    assert "All" in [text.get_text() for text in plotted.texts]


def test_lines_labels_limits_and_scales(results: list[CsvResult]) -> None:
    plotted = plot_results(
        results, metrics="y", average_group=True, bound_line=[[50, "k", ":", "expert"], [60]], xlim=(0, 5), log=True,
        ylim=(1, 1000), xlabel="steps", ylabel="$R$", title="Both", colors=["red", "blue"], use_marker=True,
        regs2legends=["PPO", "SAC"], legend_outside=False, legend_ncol=2,
    )  # fmt: skip
    (axes,) = plotted.axes.ravel()
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("steps", "$R$", "Both")
    assert (axes.get_xlim(), axes.get_ylim(), axes.get_yscale()) == ((0, 5), (1, 1000), "log")
    assert [text.get_text() for text in plotted.legends[0].get_texts()] == ["PPO (4)", "SAC (4)", "expert"]
    *curves, expert, other = axes.get_lines()
    assert [(line.get_color(), line.get_marker()) for line in curves] == [("red", "o"), ("blue", "v")]
    assert (expert.get_ydata()[0], expert.get_linestyle(), other.get_ydata()[0]) == (50, ":", 60)


def test_pretty_colours_and_no_legend(results: list[CsvResult]) -> None:
    plotted = plot_results(results, metrics="y", average_group=True, pretty=True, skip_legend=True)
    (axes,) = plotted.axes.ravel()
    assert [line.get_color() for line in axes.get_lines()] == PRETTY_COLORS[:2]
    assert plotted.legends == []
    assert axes.get_legend() is None
    assert not axes.spines["top"].get_visible()


def test_a_spike_at_the_begin_need_not_make_the_rest_flat(results: list[CsvResult]) -> None:
    arguments: dict[str, Any] = {"metrics": "y", "average_group": True}
    assert plot_results(results, **arguments).axes[0, 0].get_ylim()[1] > 100
    low, high = plot_results(results, **arguments, rescale_idx=2).axes[0, 0].get_ylim()
    assert (low, high) == (10 - 1.5, 40 + 1.5)


def test_a_long_legend_makes_the_figure_wider_and_not_the_axes_narrower(results: list[CsvResult]) -> None:
    widths = []
    for name in ("a", "a" * 60):
        plotted = plot_results(results, metrics="y", average_group=True, group_fn=lambda r, name=name: name)
        plotted.figure.draw_without_rendering()
        widths.append(plotted.axes[0, 0].get_window_extent().width)
    assert widths[1] == pytest.approx(widths[0], rel=0.03)


def test_a_line_under_the_figure_says_what_a_band_is(results: list[CsvResult]) -> None:
    asked: list[tuple[dict[str, Any], str]] = [
        ({"band": "t"}, "mean of n = 4 runs; 95 % interval (t)"),
        ({"estimator": "iqm"}, "interquartile mean of n = 4 runs; no band, too few runs"),
        ({"band": "std", "smooth": 2, "min_seeds_for_band": 2}, "± standard deviation; smoothed: trailing, 2 points"),
        ({"estimator": "median", "min_seeds_for_band": 2}, "95 % bootstrap interval (B = 2,000)"),
        ({"band": "minmax", "min_seeds_for_band": 2, "resample": 9}, "exponential average on 9 points"),
    ]
    for options, expected in asked:
        plotted = plot_results(results, metrics="y", average_group=True, **options)
        assert expected in plotted.texts[-1].get_text()
    assert plot_results(results, metrics="y", average_group=True).texts == []


def test_results_without_anything_to_draw(results: list[CsvResult]) -> None:
    with pytest.raises(QueryError, match="None of 8 results has a value of 'q'"):
        plot_results(results, metrics="q")
    with pytest.raises(QueryError, match="xy_fn returns x and y, or None; got int"):
        plot_results(results, xy_fn=lambda r: 5)
