"""simple_plot, simple_hist and simple_scatter draw with one call, without pyplot, and save what they drew."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image
from RLA.easy_log.simple_mat_plot import simple_hist, simple_plot, simple_scatter

from rla import MatplotlibRecorder, exp_manager


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Axes]:
    """The axes of each plot, as they are saved."""
    found: list[Axes] = []
    save = MatplotlibRecorder.save

    def keep(name: str, fig: Any, *args: Any, **kwargs: Any) -> str | None:
        (axes,) = fig.axes
        found.append(axes)
        return save(name, fig, *args, **kwargs)

    monkeypatch.setattr(MatplotlibRecorder, "save", staticmethod(keep))
    monkeypatch.chdir(tmp_path)
    return found


def lines_of(axes: Axes) -> list[tuple[list[float], list[float]]]:
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.get_lines()]


def legend_of(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_a_plot_lies_in_the_results_with_the_time_step(start: Callable[..., None]) -> None:
    start(lr=1)
    exp_manager.set_timestep(1000)
    paths = [simple_plot("a", [1, 2]), simple_hist("b", [1, 2]), simple_scatter("c/d", [(1, 2)], ["x"])]
    assert paths == [exp_manager.results_dir + name for name in ("a-1000.png", "b-1000.png", "c/d-1000.png")]
    assert all(Image.open(str(path)).format == "PNG" for path in paths)


def test_another_folder_and_replacing_can_be_asked_for(tmp_path: Path) -> None:
    for cover in (False, False, True):
        simple_plot("a", [1, 2], save_path=tmp_path / "mine", cover=cover)
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["a-0-2.png", "a-0.png"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"data": [3, 1, 2]}, [([0, 1, 2], [3, 1, 2])]),
        ({"y": np.array([3, 1, 2])}, [([0, 1, 2], [3, 1, 2])]),
        ({"data": [[3, 1], [5]]}, [([0, 1], [3, 1]), ([0], [5])]),
        ({"data": np.array([[3, 1], [5, 6]])}, [([0, 1], [3, 1]), ([0, 1], [5, 6])]),
        ({"x": [10, 20], "y": [3, 1]}, [([10, 20], [3, 1])]),
        ({"x": [10, 20], "y": [[3, 1], [5, 6]]}, [([10, 20], [3, 1]), ([10, 20], [5, 6])]),
        ({"x": [[10, 20], [7]], "data": [[3, 1], [5]]}, [([10, 20], [3, 1]), ([7], [5])]),
    ],
    ids=["one series", "as y", "several", "rows of an array", "with places", "places for all", "places for each"],
)
def test_lines_have_the_values_that_were_given(drawn: list[Axes], arguments: Any, expected: Any) -> None:
    simple_plot("a", **arguments, save_path=".")
    assert lines_of(drawn[0]) == expected


def test_a_tensor_of_torch_with_a_gradient_is_drawn(drawn: list[Axes]) -> None:
    torch = pytest.importorskip("torch")
    simple_plot("a", [torch.tensor([1.0, 2.0], requires_grad=True)], save_path=".")
    simple_plot("a", torch.tensor([1.0, 2.0], requires_grad=True), save_path=".")
    assert lines_of(drawn[0]) == lines_of(drawn[1]) == [([0, 1], [1, 2])]


def test_each_series_has_its_label_colour_and_style(drawn: list[Axes]) -> None:
    simple_plot(
        "a",
        [[1, 2], [2, 3]],
        labels=["one", "two"],
        colors=["red", "blue"],
        styles=["--", ":"],
        linewidth=5,
        save_path=".",
    )
    lines = drawn[0].get_lines()
    assert [(line.get_color(), line.get_linestyle(), line.get_linewidth()) for line in lines] == [
        ("red", "--", 5),
        ("blue", ":", 5),
    ]
    assert legend_of(drawn[0]) == ["one", "two"]


def test_a_text_alone_is_for_the_only_series(drawn: list[Axes]) -> None:
    simple_plot("a", [1, 2], labels="return", colors="red", styles="--", save_path=".")
    simple_hist("b", [1, 2], labels="return", colors="red", styles="step", save_path=".")
    assert [legend_of(axes) for axes in drawn] == [["return"], ["return"]]
    assert drawn[0].get_lines()[0].get_linestyle() == "--"


def test_axes_have_labels_title_and_a_pretty_look(drawn: list[Axes]) -> None:
    options: dict[str, Any] = {"xlabel": "steps", "ylabel": "return", "pretty": True, "save_path": "."}
    simple_plot("a", [1, 2], labels="a", title="T", legend_outside=True, **options)
    simple_hist("b", [1, 2], title="T", **options)
    simple_scatter("c", [(1, 2)], ["x"], **options)
    assert [(axes.get_xlabel(), axes.get_ylabel()) for axes in drawn] == [("steps", "return")] * 3
    assert [axes.get_title() for axes in drawn] == ["T", "T", ""]
    assert [axes.spines["top"].get_visible() for axes in drawn] == [False] * 3
    anchor = drawn[0].get_legend().get_bbox_to_anchor().transformed(drawn[0].transAxes.inverted())
    assert anchor.x0 > 1


def test_bars_count_the_values_of_all_series_in_the_same_bins(drawn: list[Axes]) -> None:
    simple_hist("a", [[0, 0, 1, math.nan], [3]], bins=3, range=(0, 3), save_path=".")
    heights = [[patch.get_height() for patch in container] for container in drawn[0].containers]
    assert heights == [[2, 1, 0], [0, 0, 1]]
    simple_hist("b", [[0, 0, 1, math.inf], [3]], save_path=".")
    heights = [[patch.get_height() for patch in container] for container in drawn[1].containers]
    assert [(len(each), each[0], each[-1]) for each in heights] == [(30, 2, 0), (30, 0, 1)]


def test_points_have_their_texts_beside_them(drawn: list[Axes]) -> None:
    simple_scatter("a", np.array([[1.0, 2.0], [3.0, 4.0]]), ["first", "second"], color="red", save_path=".")
    simple_scatter("b", [(1, 2), (3, 4)], None, save_path=".")
    assert [axes.collections[0].get_offsets().tolist() for axes in drawn] == [[[1, 2], [3, 4]]] * 2
    assert [(text.get_text(), text.xy) for text in drawn[0].texts] == [("first", (1, 2)), ("second", (3, 4))]
    assert not drawn[1].texts


@pytest.mark.parametrize(
    ("call", "kind", "sentence"),
    [
        (lambda: simple_plot("a"), TypeError, "as data or as y, one of them"),
        (lambda: simple_plot("a", [1], y=[1]), TypeError, "as data or as y, one of them"),
        (lambda: simple_plot("a", [1, 2], x=[1]), ValueError, r"got \[1\] places for \[2\] values"),
        (lambda: simple_plot("a", [[1], [2]], labels=["one"]), ValueError, "2 series; got 1 values for their label"),
        (
            lambda: simple_hist("a", [1, 2], colors=["red", "blue"]),
            ValueError,
            "1 series; got 2 values for their color",
        ),
        (lambda: simple_scatter("a", [(1, 2, 3)], None), ValueError, r"takes points \(x, y\)"),
        (lambda: simple_scatter("a", [(1, 2)], ["x", "y"]), ValueError, "a text for each of 1 points; got 2"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_saves_nothing(
    drawn: list[Axes], call: Callable[[], Any], kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence):
        call()
    assert drawn == []


def test_pyplot_is_not_loaded_and_no_screen_is_needed(run_experiment: Callable[..., CompletedProcess[str]]) -> None:
    program = """
from RLA.easy_log.simple_mat_plot import simple_plot
print(simple_plot("a", [1, 2]) is not None, "matplotlib.pyplot" in sys.modules)
"""
    done = run_experiment(program, env={"DISPLAY": "", "MPLBACKEND": "tkagg"})
    assert done.stdout == "True False\n", done.stderr
