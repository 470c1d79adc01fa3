"""Drawing and saving leave the style, the backend and all figures of the user as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from rla.errors import QueryError
from rla.plot import curves


@pytest.fixture(autouse=True)
def no_figures() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def test_style_backend_and_figures_of_pyplot_stay_as_they_are(lab: Path, tmp_path: Path) -> None:
    plt.plot([1, 2])
    before = dict(mpl.rcParams), mpl.get_backend(), plt.get_fignums(), plt.gcf()
    found = curves(lab, "eval/return", "algo")
    found.draw()
    for suffix in ("pdf", "svg", "png"):
        found.save(tmp_path / f"figure.{suffix}", dpi=60)
    assert (dict(mpl.rcParams), mpl.get_backend(), plt.get_fignums(), plt.gcf()) == before
    assert len(plt.gca().get_lines()) == 1


def test_numbers_come_without_matplotlib(run_python: Callable[..., object], lab: Path) -> None:
    program = (
        "import sys\nfrom rla.plot import curves, read_manifest, scores, interval_estimates\n"
        "found = curves(sys.argv[1], 'eval/return', 'algo')\nfound.to_pandas(), found.caption, found.manifest()\n"
        "interval_estimates({'sac': [1.0, 2.0]}).caption\nassert 'matplotlib' not in sys.modules\n"
    )
    done = run_python(program, lab)
    assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]


def test_axes_of_the_user_are_drawn_on_and_nothing_else_of_their_figure(lab: Path) -> None:
    figure = Figure(figsize=(5, 3))
    own, first, second = figure.subplots(1, 3)
    own.plot([1, 2])
    size, engine = figure.get_size_inches().tolist(), figure.get_layout_engine()
    assert curves(lab, "eval/return", "algo").draw([first, second]) is figure
    assert [len(each.get_lines()) for each in (own, first, second)] == [1, 2, 2]
    assert [first.get_title(), second.get_title()] == ["Ant-v4", "Hopper-v4"]
    assert (figure.legends, figure.texts, figure.axes) == ([], [], [own, first, second])
    assert (figure.get_size_inches().tolist(), figure.get_layout_engine()) == (size, engine)
    legend = first.legend()
    assert [text.get_text() for text in legend.get_texts()] == ["sac (n=6)", "td3 (n=6)"]


def test_an_array_of_axes_will_do(lab: Path) -> None:
    axes = Figure().subplots(2, 1, squeeze=False)
    curves(lab, "eval/return", "algo").draw(axes)
    assert all(each.get_lines() for each in np.ravel(axes))


def test_too_few_axes_are_told_with_the_panels(lab: Path) -> None:
    with pytest.raises(QueryError, match=r"2 panels \(eval/return Ant-v4, eval/return Hopper-v4\) for 1 axes"):
        curves(lab, "eval/return", "algo").draw(Figure().subplots())


def test_a_figure_follows_the_fonts_of_the_user(lab: Path) -> None:
    with mpl.rc_context({"font.family": ["serif"]}):
        figure = curves(lab, "eval/return", "algo").draw()
    assert figure.axes[0].xaxis.label.get_fontfamily() == ["serif"]


def test_a_notebook_shows_curves_and_figures_without_pyplot(lab: Path) -> None:
    found = curves(lab, "eval/return", "algo")
    for shown in (found, found.draw()):
        content, size = shown._repr_png_()  # type: ignore[attr-defined]
        assert content.startswith(b"\x89PNG")
        assert size["width"] > 2 * size["height"] > 200
    assert repr(found) == f"<Curves: {found.caption}>"
