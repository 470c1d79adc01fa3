"""Nothing lies over anything, nothing is cut off: panels, legend and caption have places of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.transforms import Bbox

from rla.plot import curves, differences, improvement_probabilities, interval_estimates, performance_profiles
from rla.query import experiments

SCORES = {
    arm: {task: [level + 0.1 * seed for seed in range(5)] for task in ("Ant-v4", "Hopper-v4")}
    for arm, level in (("sac", 0.6), ("an arm whose name is rather long", 0.5))
}


def parts(figure: Any) -> list[Bbox]:
    """The boxes of panels with all their texts, of legends, and of the caption."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    artists = [*figure.legends, *figure.texts]
    return [axes.get_tightbbox(renderer) for axes in figure.axes] + [
        artist.get_window_extent(renderer) for artist in artists
    ]


def check(figure: Any) -> None:
    boxes = parts(figure)
    for place, box in enumerate(boxes):
        assert box.x0 >= -0.5
        assert box.y0 >= -0.5
        assert box.x1 <= figure.bbox.width + 0.5
        assert box.y1 <= figure.bbox.height + 0.5
        for other in boxes[:place]:
            overlap = Bbox.intersection(box, other)
            assert overlap is None or min(overlap.width, overlap.height) < 1


@pytest.mark.parametrize(
    "look",
    [
        {"legend": "right", "size": (10, 6)},
        {"legend": "none", "caption": "A caption of my own. " * 20},
        {"size": (3.4, 2.6)},
        {"labels": {"sac": "a name that takes much of the width of a figure in a paper of two columns"}},
        {"bound_lines": [(2000, f"bound number {number}") for number in range(12)]},
    ],
    ids=["right", "no legend", "small", "long", "many"],
)
def test_panels_legend_and_caption_do_not_touch(lab: Path, look: dict[str, Any]) -> None:
    check(curves(lab, "eval/return", "algo").draw(**look))


def test_a_single_panel_with_a_strip_of_numbers_has_its_places_too(runs: Callable[..., None], data_root: Path) -> None:
    runs(
        "sac", [[1.0] * 10] * 5 + [[1.0] * 4], env_id="a_task_with_a_name_that_is_wider_than_the_panel_it_stands_above"
    )
    check(curves(data_root, "eval/return", "algo", x_range="union").draw(size=(2.5, 3)))


def test_panels_wrap_where_there_are_many_tasks(runs: Callable[..., None], data_root: Path) -> None:
    for task in range(5):
        runs("sac", [[1.0, 2.0]], env_id=f"FetchPickAndPlace{task}-v2")
    figure = curves(data_root, "eval/return", "algo").draw()
    at = [axes.get_subplotspec() for axes in figure.axes]
    assert [(each.rowspan.start, each.colspan.start) for each in at] == [(k // 3, k % 3) for k in range(5)]
    assert [bool(axes.get_xlabel()) for axes in figure.axes] == [False] * 2 + [True] * 3
    check(figure)
    check(curves(data_root, "eval/return", "algo").draw(legend="right"))


def test_a_long_name_of_a_metric_is_broken_into_lines(runs: Callable[..., None], data_root: Path) -> None:
    metric = "rollout/mean_return_of_the_last_hundred_episodes/without_the_bonus_for_exploration"
    runs("sac", [[1.0, 2.0]] * 5, metric=metric)
    figure = curves(data_root, metric, "algo").draw()
    assert figure.axes[0].get_ylabel().replace("\n", "") in (f"{metric} (IQM)", f"{metric}(IQM)")
    check(figure)


def test_a_legend_makes_the_figure_higher_and_not_the_panels_smaller(lab: Path) -> None:
    found = curves(experiments(lab, where='env_id == "Ant-v4"'), "eval/return", "algo")
    heights = []
    for look in ({"legend": "none", "caption": False}, {}, {"caption": "A long caption. " * 30}):
        figure = found.draw(**look)  # type: ignore[arg-type]
        heights.append(parts(figure)[0].height)
    assert max(heights) - min(heights) < 3  # pixels


@pytest.mark.parametrize("make", [interval_estimates, performance_profiles, improvement_probabilities])
def test_figures_of_scores_have_their_places(make: Callable[..., Any]) -> None:
    check(make(SCORES, n_boot=100).draw())


def test_a_figure_of_differences_has_its_places() -> None:
    check(differences(SCORES, "sac", "an arm whose name is rather long", n_boot=100).draw())
