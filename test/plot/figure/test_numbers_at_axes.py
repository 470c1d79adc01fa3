"""Numbers at an axis have one unit, as many digits as tell them apart, and no power of ten in the corner."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from rla.plot.figure.text import width_of, wrapped
from rla.plot.figure.ticks import ShortNumbers, short_numbers


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0, 2e5, 4e5, 1e6], "0 0.2M 0.4M 1.0M"),
        ([0, 250_000, 500_000], "0 250k 500k"),
        ([0, 2.5e8, 5e8, 1e9], "0 0.25B 0.50B 1.00B"),
        ([0, 2000, 4000], "0 2000 4000"),
        ([-10_000, 0, 10_000], "−10k 0 10k"),
        ([0, 0.25, 0.5], "0 0.25 0.50"),
        ([0.1, 0.2, 0.30000000000000004], "0.1 0.2 0.3"),
        ([0, 2e-5, 4e-5], "0 2e−5 4e−5"),
        ([1e20, 2e20], "1e20 2e20"),
        ([1_000_000, 1_000_500, 1_001_000], "1000000 1000500 1001000"),
        ([1e6, 1e6 + 0.5], "1000000.0 1000000.5"),
        ([-1e-17, 0.5], "0 0.5"),
        ([5], "5"),
        ([0], "0"),
        ([], ""),
    ],
    ids=str,
)
def test_an_axis_has_one_unit(values: list[float], texts: str) -> None:
    assert short_numbers(values) == texts.split()


def test_an_axis_of_matplotlib_has_no_number_in_its_corner() -> None:
    axes = Figure().subplots()
    axes.plot(np.array([1e6, 1e6 + 3]), np.array([1e-7, 3e-7]))
    axes.xaxis.set_major_formatter(ShortNumbers())
    axes.yaxis.set_major_formatter(ShortNumbers())
    axes.figure.draw_without_rendering()
    assert (axes.xaxis.get_offset_text().get_text(), axes.yaxis.get_offset_text().get_text()) == ("", "")
    assert len({label.get_text() for label in axes.get_xticklabels()}) == len(axes.get_xticks())


def test_lines_of_a_text_are_no_wider_than_asked_for() -> None:
    text = "A caption with a_name_that_has_no_spaces/but_slashes/and_is_wide " * 3
    lines = wrapped(text.strip(), 1.5, 6).split("\n")
    assert max(width_of(line, 6) for line in lines) <= 1.5
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(line[-1] in "/_" for line in lines if " " not in line and not line.endswith("wide"))


def test_an_escaped_dollar_is_never_parted() -> None:
    text = r"\$" * 40
    assert all(line.replace(r"\$", "") == "" for line in wrapped(text, 0.6, 8).split("\n"))
