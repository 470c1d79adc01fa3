"""The rows of a run become a curve whose x rises: nothing is drawn twice, nothing in a zigzag, and nothing is lost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rla.errors import QueryError
from rla.plot import clean_curve

NAN = math.nan
ROWS = st.lists(st.tuples(st.sampled_from([0, 1, 2, 3, 4, 5, NAN]), st.sampled_from([1.0, 2.0, NAN, math.inf])))


def points(x: list[float], y: list[float]) -> list[tuple[float, float]]:
    curve = clean_curve(x, y)
    return list(zip(curve.x.tolist(), curve.y.tolist(), strict=True))


def test_a_tail_of_nan_keeps_the_head() -> None:
    assert points([0, 1, 2, 3, 4], [5, 6, NAN, NAN, NAN]) == [(0, 5), (1, 6)]


def test_empty_cells_between_values_are_left_out() -> None:
    assert points([0, 1, 2, 3], [5, NAN, NAN, 8]) == [(0, 5), (3, 8)]


def test_rows_without_x_are_left_out() -> None:
    assert points([0, NAN, 2, math.inf], [5, 6, 7, 8]) == [(0, 5), (2, 7)]


def test_of_rows_at_one_x_the_latest_counts() -> None:
    assert points([0, 1, 1, 1, 2], [5, 6, 7, 8, 9]) == [(0, 5), (1, 8), (2, 9)]


def test_a_row_of_other_metrics_at_the_same_x_takes_nothing_away() -> None:
    assert points([0, 0, 1, 1], [5, NAN, 6, NAN]) == [(0, 5), (1, 6)]


def test_where_time_went_back_the_later_rows_win() -> None:
    assert points([0, 1, 2, 3, 2, 3, 4], [0, 1, 2, 3, 20, 30, 40]) == [(0, 0), (1, 1), (2, 20), (3, 30), (4, 40)]


def test_the_past_that_a_run_has_left_is_gone_before_the_new_rows_reach_as_far() -> None:
    assert points([0, 1, 2, 3, 4, 5, 2], [0, 1, 2, 3, 4, 5, 20]) == [(0, 0), (1, 1), (2, 20)]


def test_a_row_without_a_value_tells_that_time_went_back() -> None:
    assert points([0, 10, 20, 30, 12], [0, 1, 2, 3, NAN]) == [(0, 0), (10, 1)]


def test_a_run_may_be_resumed_many_times() -> None:
    assert points([0, 5, 9, 5, 7, 6, 8], [1, 2, 3, 4, 5, 6, 7]) == [(0, 1), (5, 4), (6, 6), (8, 7)]


def test_what_was_left_out_is_counted() -> None:
    curve = clean_curve([0, 1, 2, 3, 2, 4, NAN], [0, 1, 2, 3, 20, math.inf, math.inf])
    assert (curve.superseded, curve.infinite) == (1, 1)


def test_infinite_values_are_left_out() -> None:
    assert points([0, 1, 2], [5, math.inf, -math.inf]) == [(0, 5)]


def test_a_run_without_rows_has_an_empty_curve() -> None:
    assert len(clean_curve([], [])) == 0


def test_none_is_an_empty_cell() -> None:
    assert points([0, 1], [None, 6]) == [(1, 6)]  # type: ignore[list-item]


def test_names_go_with_the_curve() -> None:
    curve = clean_curve([0], [1], run="2026/11/20/13-05-01-000001", task="Hopper-v4", finished=False)
    assert (curve.run, curve.task, curve.finished) == ("2026/11/20/13-05-01-000001", "Hopper-v4", False)


@given(ROWS)
def test_x_always_rises_and_the_last_value_is_kept(rows: list[tuple[float, float]]) -> None:
    x, y = [row[0] for row in rows], [row[1] for row in rows]
    curve = clean_curve(x, y)
    assert np.all(np.diff(curve.x) > 0)
    assert np.isfinite(curve.y).all()
    assert set(zip(curve.x.tolist(), curve.y.tolist(), strict=True)) <= set(rows)
    whole = [row for row in rows if math.isfinite(row[0])]
    if whole and math.isfinite(whole[-1][1]):
        assert (curve.x[-1], curve.y[-1]) == whole[-1]


@given(ROWS)
def test_a_curve_that_is_clean_stays_as_it_is(rows: list[tuple[float, float]]) -> None:
    once = clean_curve([row[0] for row in rows], [row[1] for row in rows])
    twice = clean_curve(once.x, once.y)
    assert once.x.tolist() == twice.x.tolist()
    assert once.y.tolist() == twice.y.tolist()
    assert twice.superseded == 0


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ([1, 2], [1], "have 2 and 1 values"),
        ([[1, 2]], [[1, 2]], "has shape (1, 2)"),
        ([1], ["high"], "y of a curve has values that are no numbers"),
    ],
)
def test_what_is_no_curve_is_told(x: list[float], y: list[float], said: str) -> None:
    with pytest.raises(QueryError) as error:
        clean_curve(x, y)
    assert said in str(error.value)
