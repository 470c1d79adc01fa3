"""A table of scores: bold is what cannot be told from the best, a cell without runs is a dash, tasks are not mixed."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla.errors import QueryError
from rla.plot import ScoreTable, compare, estimate, score_table

Runs = Callable[..., None]

AROUND = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
"""Five seeds around a level."""


def best(table: ScoreTable, row: int = 0) -> list[str]:
    """Return the arms that are bold."""
    return [arm for arm, cell in zip(table.arms, table.rows[row].cells, strict=True) if cell.is_among_best]


def test_cells_hold_estimates_and_intervals(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    (row,) = score_table(data_root, "eval/return").rows
    expected = estimate(900 + AROUND, "mean", "t")
    assert (row.cells[0].value, row.cells[0].n) == (900, 5)
    assert (row.cells[0].low, row.cells[0].high) == pytest.approx((float(expected.low), float(expected.high)))


def test_from_ten_runs_on_it_is_the_interquartile_mean_with_a_bootstrap(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [*range(9), 1000])
    table = score_table(data_root, "eval/return")
    assert (table.way.estimator, table.way.band) == ("iqm", "ci")
    assert table.rows[0].cells[0].value == np.mean([2, 3, 4, 5, 6, 7])
    assert "n = 10 runs of each arm." in table.caption


def test_bold_is_what_cannot_be_told_from_the_best(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", 899.5 + AROUND)
    runs_of("ppo", 500 + AROUND)
    assert best(score_table(data_root, "eval/return", "algo")) == ["sac", "td3"]


def test_lower_is_better_of_losses(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 9 + AROUND)
    runs_of("td3", 500 + AROUND)
    assert best(score_table(data_root, "eval/return", "algo", lower_is_better=True)) == ["sac"]
    assert best(score_table(data_root, "eval/return", "algo", lower_is_better=["eval/return"])) == ["sac"]
    assert best(score_table(data_root, "eval/return", "algo")) == ["td3"]
    with pytest.raises(QueryError, match="lower_is_better names 'loss'; the metrics of the table are eval/return"):
        score_table(data_root, "eval/return", "algo", lower_is_better=["loss"])


def test_p_values_are_corrected_over_the_arms_of_a_row(runs_of: Runs, data_root: Path) -> None:
    """An arm that alone would be told from the best (p < .05) is not among three comparisons."""
    assert 0.05 / 3 < compare(902.6 + AROUND, 900 + AROUND, "mean", "t").p_value < 0.05
    runs_of("a", 902.6 + AROUND)
    runs_of("b", 900 + AROUND)
    assert best(score_table(data_root, "eval/return", "algo")) == ["a"]
    runs_of("c", 900 + AROUND)
    runs_of("d", 900 + AROUND)
    assert best(score_table(data_root, "eval/return", "algo")) == ["a", "b", "c", "d"]


def test_arms_with_fewer_than_three_runs_are_not_compared(runs_of: Runs, data_root: Path) -> None:
    runs_of("lucky", [5000])
    runs_of("sac", 900 + AROUND)
    runs_of("td3", 500 + AROUND)
    table = score_table(data_root, "eval/return", "algo")
    assert best(table) == ["sac"]
    assert "Cells with fewer than 3 runs are not compared, and not bold." in table.notes
    assert math.isnan(table.rows[0].cells[0].low)


def test_nothing_is_bold_where_there_is_nothing_to_compare(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    assert best(score_table(data_root, "eval/return", "algo")) == []


def test_runs_that_are_all_equal_are_told_apart_when_there_are_enough(runs_of: Runs, data_root: Path) -> None:
    """Success in all runs or in none: there is no spread, and yet with three runs it may be luck."""
    runs_of("sac", [1, 1, 1], env_id="few")
    runs_of("td3", [0, 0, 0], env_id="few")
    runs_of("sac", [1] * 6, env_id="many")
    runs_of("td3", [0] * 6, env_id="many")
    table = score_table(data_root, "eval/return", "algo")
    assert best(table, 0) == ["sac", "td3"]
    assert best(table, 1) == ["sac"]


def test_a_cell_without_runs_is_a_dash_and_no_zero(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND, env_id="Ant-v4")
    runs_of("sac", 900 + AROUND, env_id="Hopper-v4")
    runs_of("td3", 500 + AROUND, env_id="Hopper-v4")
    table = score_table(data_root, "eval/return", "algo", normalize={"Ant-v4": (0, 1000), "Hopper-v4": (0, 1000)})
    cells = {row.task: row.cells[1] for row in table.rows}
    assert (math.isnan(cells["Ant-v4"].value), cells["Ant-v4"].n) == (True, 0)
    assert math.isnan(cells["all tasks"].value)  # the mean of the other tasks would be of something else
    assert [line.split()[-1] for line in str(table).splitlines() if line.startswith(("Ant", "all"))] == ["–", "–"]
    assert "'td3' has no scores on Ant-v4." in table.notes


def test_all_tasks_have_a_line_on_one_scale_only(runs_of: Runs, data_root: Path) -> None:
    for task, level in (("Ant-v4", 3000), ("Hopper-v4", 1000)):
        runs_of("sac", level * (0.9 + AROUND / 100), env_id=task)
        runs_of("td3", level * (0.5 + AROUND / 100), env_id=task)
    plain = score_table(data_root, "eval/return", "algo")
    assert [row.task for row in plain.rows] == ["Ant-v4", "Hopper-v4"]
    assert "normalize= makes one" in plain.hints[0]
    scale = {"Ant-v4": (0.0, 3000.0), "Hopper-v4": (0.0, 1000.0)}
    pooled = score_table(data_root, "eval/return", "algo", normalize=scale)
    assert [row.task for row in pooled.rows] == ["Ant-v4", "Hopper-v4", "all tasks"]
    assert [cell.value for cell in pooled.rows[-1].cells] == pytest.approx([0.9, 0.5])
    assert best(pooled, -1) == ["sac"]
    assert pooled.hints == ()


def test_the_interquartile_mean_of_few_seeds_on_several_tasks_has_one_interval(runs_of: Runs, data_root: Path) -> None:
    """As in rliable: three seeds of a task are too few for an interval, those of two tasks together are not."""
    for task in ("Ant-v4", "Hopper-v4"):
        runs_of("sac", [1, 2, 3], env_id=task)
    table = score_table(data_root, "eval/return", estimator="iqm", normalize={"Ant-v4": (0, 1), "Hopper-v4": (0, 1)})
    assert table.way.band == "ci"
    assert [math.isnan(row.cells[0].low) for row in table.rows] == [True, True, False]
    assert any("optimistic" in note for note in table.notes)


def test_metrics_have_lines_of_their_own_and_one_scale_is_not_for_several(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("sac", 3 + AROUND, metric="train/loss")
    table = score_table(data_root, ["eval/return", "train/loss"])
    assert [(row.metric, row.cells[0].value) for row in table.rows] == [("eval/return", 900), ("train/loss", 3)]
    with pytest.raises(QueryError, match="normalize has the scale of one metric; here are 2"):
        score_table(data_root, ["eval/return", "train/loss"], normalize={"": (0, 1)})


def test_a_bootstrap_of_few_runs_is_called_optimistic_and_of_very_few_left_out(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", [1, 2, 3, 4])
    table = score_table(data_root, "eval/return", "algo", band="ci")
    assert [math.isnan(cell.low) for cell in table.rows[0].cells] == [False, True]
    assert any("optimistic" in note for note in table.notes)


def test_the_data_frame_has_a_line_for_each_cell(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", 500 + AROUND)
    table = score_table(data_root, "eval/return", "algo").to_pandas()
    assert list(table) == ["metric", "task", "arm", "estimate", "low", "high", "n", "among_best"]
    assert table[["arm", "estimate", "n", "among_best"]].to_numpy().tolist() == [
        ["sac", 900.0, 5, True],
        ["td3", 500.0, 5, False],
    ]
