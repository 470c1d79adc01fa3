"""A table of scores for a terminal of 80 columns, for Markdown, for LaTeX, and for Jupyter."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla.plot import score_table
from rla.plot.rounding import rounding_for
from rla.plot.table_text import latex_text

Runs = Callable[..., None]

AROUND = np.array([-20.0, -10.0, 0.0, 10.0, 20.0])


@pytest.fixture
def two_tasks(runs_of: Runs) -> None:
    for task, level in (("Ant_v4", 3000), ("Hopper_v4", 1000)):
        runs_of("sac_v1", level + AROUND, env_id=task)
        runs_of("td3", level / 2 + AROUND, env_id=task)


@pytest.mark.usefixtures("two_tasks")
def test_a_terminal_shows_a_star_and_what_it_means(data_root: Path) -> None:
    shown = str(score_table(data_root, "eval/return", "algo"))
    assert shown.splitlines()[:6] == [
        "eval/return",
        "",
        "task          sac_v1          td3",
        "---------------------------------",
        "Ant_v4     3000 ± 20 *  1500 ± 20",
        "Hopper_v4  1000 ± 20 *   500 ± 20",
    ]
    assert "* cannot be told from the best of its row (p > 0.05, corrected after Holm)." in shown
    assert "n = 5 runs of each arm on each task." in " ".join(shown.split())


def test_many_arms_stand_beneath_each_other_within_80_columns(runs_of: Runs, data_root: Path) -> None:
    for arm in range(12):
        runs_of(f"algorithm_{arm}", 1000 + AROUND)
    lines = str(score_table(data_root, "eval/return", "algo")).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("metric") for line in lines) > 1
    assert all(any(f"algorithm_{arm}" in line for line in lines) for arm in range(12))


@pytest.mark.usefixtures("two_tasks")
def test_markdown_is_aligned_and_escaped(data_root: Path) -> None:
    table = score_table(data_root, "eval/return", {"sac|1": "algo=sac_v1", "_td3_": "algo=td3"})
    lines = table.to_markdown().split("\n")
    assert lines[:4] == [
        r"| task      |        sac\|1 |   \_td3\_ |",
        "| --------- | ------------: | --------: |",
        "| Ant_v4    | **3000 ± 20** | 1500 ± 20 |",
        "| Hopper_v4 | **1000 ± 20** |  500 ± 20 |",
    ]
    assert lines[5].startswith("eval/return. Mean over runs, 95 % interval (Student's t).")


@pytest.mark.usefixtures("two_tasks")
def test_latex_is_a_table_for_booktabs_with_all_text_escaped(data_root: Path) -> None:
    shown = score_table(data_root, "eval/return", "algo").to_latex("Returns.", "tab:returns")
    assert [line.strip() for line in shown.splitlines() if not line.startswith(r"  \caption")] == [
        r"\begin{table}",
        r"\centering",
        r"\label{tab:returns}",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"task & sac\_v1 & td3 \\",
        r"\midrule",
        r"Ant\_v4 & \textbf{3000 $\pm$ 20} & 1500 $\pm$ 20 \\",
        r"Hopper\_v4 & \textbf{1000 $\pm$ 20} & 500 $\pm$ 20 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    assert r"\caption{Returns. eval/return. Mean over runs, 95 \% interval (Student's t)." in shown
    assert "normalize=" not in shown  # that is for who makes the table, not for the paper


def test_each_sign_that_latex_would_take_for_its_own_is_escaped() -> None:
    escaped = latex_text("_ % & # $ { } ~ ^ \\ [x]\nnext")
    assert escaped == (r"\_ \% \& \# \$ \{ \} \textasciitilde{} \textasciicircum{} \textbackslash{} {[}x{]} next")
    assert not re.search(r"(?<!\\)[%&#$]", escaped)


@pytest.mark.usefixtures("two_tasks")
def test_jupyter_shows_a_table_and_takes_no_name_for_html(data_root: Path) -> None:
    shown = score_table(data_root, "eval/return", {"<b>sac</b>": "algo=sac_v1", "td3": "algo=td3"})._repr_html_()
    assert "<th>&lt;b&gt;sac&lt;/b&gt;</th>" in shown
    assert "<td><b>3000 ± 20</b></td>" in shown


@pytest.mark.usefixtures("two_tasks")
def test_unequal_numbers_of_runs_stand_in_the_cells(runs_of: Runs, data_root: Path) -> None:
    runs_of("td3", [500], env_id="Hopper_v4", first_seed=5)
    shown = str(score_table(data_root, "eval/return", "algo"))
    assert "1000 ± 20 (n=5) *" in shown
    assert re.search(r"500 ± \d+ \(n=6\)", shown)


@pytest.mark.parametrize(
    ("values", "halves", "expected"),
    [
        ([905.13], [47.2], ["905"]),
        ([905.13], [4.72], ["905.1"]),
        ([0.91234, 0.5], [0.0321, 0.05], ["0.912", "0.500"]),
        ([900.123, 1.0], [47.0, 0.001], ["900.12", "1.00"]),
        ([1234.5], [], ["1234"]),
        ([-0.0001], [0.5], ["0.00"]),
        ([3.21e-9], [4e-10], ["3.21e-9"]),
        ([4.2e12], [3e11], ["4.20e12"]),
        ([float("nan"), 2.0], [0.5], ["–", "2.00"]),
        ([0.0, 0.0], [0.0], ["0.000", "0.000"]),
    ],
)
def test_numbers_have_the_digits_that_their_interval_deserves(
    values: list[float], halves: list[float], expected: list[str]
) -> None:
    rounding = rounding_for(values, halves)
    assert [rounding.text(value) for value in values] == expected
