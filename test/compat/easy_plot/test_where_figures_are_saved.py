"""`save_name` writes below `results/easy_plot`; apart from that, plotting writes nothing and changes no setting."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from PIL import Image

from RLA import plot_func
from rla.compat.easy_plot import figures
from rla.query import experiments

Picture = Callable[..., dict[str, tuple[object, ...]]]


def draw(root: Path, **options: Any) -> None:
    plot_func(root, "demo", ["2026/*"], ["lr"], ["loss"], **options)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("curve", "curve.png"),
        ("curve.pdf", "curve.pdf"),
        ("paper/figure 1.svg", "paper/figure 1.svg"),
        ("lr=0.1", "lr=0.1.png"),
        ("../../outside.png", "_/_/outside.png"),
    ],
)
def test_a_figure_lies_below_the_results(six_runs: Path, name: str, expected: str) -> None:
    draw(six_runs, save_name=name)
    folder = six_runs / "results" / "easy_plot"
    assert [str(path.relative_to(folder)) for path in folder.rglob("*.*")] == [expected]


def test_the_same_name_replaces_the_figure_and_the_figure_is_whole(six_runs: Path) -> None:
    path = six_runs / "results/easy_plot/curve.png"
    draw(six_runs, save_name="curve", figsize=(3, 2))
    small = Image.open(path).size
    draw(six_runs, save_name="curve", figsize=(9, 2))
    with Image.open(path) as image:
        image.load()
        assert image.width > small[0] + 600
    assert len(list(path.parent.iterdir())) == 1


def test_the_database_knows_which_runs_a_figure_shows(six_runs: Path) -> None:
    draw(six_runs, save_name="curve", hp_filter_dict={"lr": 0.1})
    (note,) = (six_runs / ".rla" / "figures").iterdir()
    shown = experiments(six_runs, where="lr == 0.1")
    assert all(each.name in note.read_text() for each in shown)
    assert "lr=0.01" not in note.read_text()


def test_nothing_is_written_without_a_name_also_with_a_cache(six_runs: Path, picture_of: Picture) -> None:
    before = picture_of(six_runs, without="nothing")
    draw(six_runs)
    draw(six_runs, use_buf=True)
    draw(six_runs, use_buf=True)
    assert picture_of(six_runs, without="nothing") == before


def test_the_cache_notices_what_is_new(six_runs: Path, run: Callable[..., Path]) -> None:
    folder = run([0, 1], {"loss": [7, 7]}, lr=5)
    for last in (7, 9):
        (folder / "progress.csv").write_text(f"loss,time-step\n7,0\n{last}.0,1\n")
        for _ in range(2):
            _, scores = plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], use_buf=True)
            assert scores["lr=5 (1)-range"] == (last, last)


def test_style_and_backend_stay_as_they_are(six_runs: Path) -> None:
    before = dict(matplotlib.rcParams)
    draw(six_runs, pretty=True, save_name="pretty")
    assert dict(matplotlib.rcParams) == before


def test_figures_are_shown_where_there_is_a_window_and_nothing_is_said_where_there_is_none(
    six_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib.pyplot as plt

    shown: list[str] = []
    monkeypatch.setenv("DISPLAY", ":99")  # with a display, pyplot warns of a backend without windows
    monkeypatch.setattr(plt, "show", lambda: shown.append("shown"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(six_runs)
    assert not shown
    monkeypatch.setattr(plt, "get_backend", lambda: "inline")
    draw(six_runs)
    assert shown == ["shown"]
    assert {"agg", "pdf", "svg"} <= figures.NOT_INTERACTIVE
