"""Metrics, tasks and arms are drawn by the names that they have, whatever letters LaTeX or mathtext care for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.cbook import is_math_text
from matplotlib.text import Text

from rla.plot import curves, improvement_probabilities

ODD = [r"cost $", r"$a$ and $b$", r"a_b^2", r"100%", r"\frac{1}{", r"a\$b", "_hidden", r"$\alpha"]


def seen(text: Text) -> str:
    """What is drawn of a text, after matplotlib has looked for formulas."""
    shown, is_formula = text._preprocess_math(text.get_text())  # type: ignore[attr-defined]
    assert not is_formula
    return str(shown).replace("\n", "")


@pytest.mark.parametrize("name", ODD)
def test_a_name_is_drawn_as_it_is(runs: Callable[..., None], data_root: Path, name: str) -> None:
    runs(name, [[1.0, 2.0]], metric=name, env_id=name)
    found = curves(data_root, name, "algo")
    figure = found.draw()
    (axes,) = figure.axes
    assert seen(axes.title) == name
    assert seen(axes.yaxis.label) == name
    assert seen(figure.legends[0].get_texts()[0]) == f"{name} (n=1)"
    figure.draw_without_rendering()


def test_names_in_the_caption_are_drawn_as_they_are(runs: Callable[..., None], data_root: Path) -> None:
    runs("cost $", [[1.0, 2.0]] * 2)
    runs("$b$", [[1.0, 2.0]] * 3)
    figure = curves(data_root, "eval/return", "algo").draw()
    assert "$b$ 3" in seen(figure.texts[0]).replace("\N{NO-BREAK SPACE}", " ")
    figure.draw_without_rendering()


def test_a_label_that_the_user_wrote_may_be_a_formula(runs: Callable[..., None], data_root: Path) -> None:
    runs("alpha", [[1.0, 2.0]])
    figure = curves(data_root, "eval/return", "algo", show_n=False).draw(labels={"alpha": r"$\alpha$"})
    (text,) = figure.legends[0].get_texts()
    assert is_math_text(text.get_text())
    figure.draw_without_rendering()


def test_a_legend_of_the_user_shows_the_names_too(runs: Callable[..., None], data_root: Path) -> None:
    runs("_hidden", [[1.0, 2.0]])
    (axes,) = curves(data_root, "eval/return", "algo").draw().axes
    assert [text.get_text().strip() for text in axes.legend().get_texts()] == ["_hidden (n=1)"]


def test_names_in_figures_of_scores_are_drawn_as_they_are() -> None:
    figure = improvement_probabilities({"a$": [1.0, 2.0], "b_$c$": [0.0, 1.0]}, n_boot=100).draw()
    labels = [seen(label) for label in figure.axes[0].get_yticklabels()]
    assert labels == ["a$ > b_$c$"]
    figure.draw_without_rendering()
