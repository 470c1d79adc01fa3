"""Fifty arms can be told apart, and the caption says what was left out for them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

from rla.plot import curves
from rla.plot.figure.palette import COLORS, styles_of

from .conftest import bands, lines

MACHADO = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    "none": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
}
"""What colours become for eyes that lack a kind of cone (Machado, Oliveira, Fernandes 2009), in linear RGB."""


def lab_of(color: str, eye: str) -> np.ndarray:
    """The colour in CIELAB, where distances are about as large as they seem."""
    rgb = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(MACHADO[eye]) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ seen / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_colours_stay_apart_for_colour_blind_readers_and_on_white_paper() -> None:
    for eye in MACHADO:
        seen = [lab_of(color, eye) for color in COLORS]
        assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 15
        assert max(float(each[0]) for each in seen) < 80  # white is 100


def test_fifty_six_arms_have_styles_of_their_own() -> None:
    styles = styles_of([f"arm {place}" for place in range(56)])
    assert len({(style.color, style.line) for style in styles.values()}) == 56


def test_another_arm_at_the_end_changes_no_style() -> None:
    few = styles_of(["a", "b"])
    assert {arm: styles_of(["a", "b", "c"])[arm] for arm in few} == few


def test_fifty_arms_are_lines_with_a_legend_in_columns(runs: Callable[..., None], data_root: Path) -> None:
    for arm in range(50):
        runs(f"arm {arm}", [[arm, arm + 1.0]] * (5 if arm == 0 else 1))
    found = curves(data_root, "eval/return", "algo")
    figure = found.draw()
    (axes,) = figure.axes
    assert (bands(axes), lines(axes, "_run")) == ([], [])
    drawn = {(line.get_color(), str(line._unscaled_dash_pattern)) for line in axes.get_lines()}  # type: ignore[attr-defined]
    assert (len(axes.get_lines()), len(drawn)) == (50, 50)
    assert len(figure.legends[0].get_texts()) == 50
    assert figure.get_size_inches()[0] == 7
    assert figure.get_size_inches()[1] < 6
    caption = figure.texts[0].get_text().replace("\n", " ")
    assert "Bands and runs are not drawn: more than 10 arms." in caption
    assert "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}1–5 runs per arm." in caption
    assert len(bands(found.draw(bands=True).axes[0])) == 1
