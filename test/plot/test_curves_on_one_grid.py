"""Curves with different x come to one grid by the rules that were asked for; n says how many runs stand behind it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rla.errors import QueryError
from rla.plot import Curve, align_curves, clean_curve

NAN = math.nan


def line(begin: float, end: float, points: int, finished: bool = True, run: str = "") -> Curve:
    x = np.linspace(begin, end, points)
    return clean_curve(x, x, finished=finished, run=run)


def test_evaluations_at_the_same_x_are_taken_as_they_are() -> None:
    aligned = align_curves([clean_curve([0, 7, 9], [1, 2, 3]), clean_curve([0, 7, 9], [4, 5, 6])])
    assert aligned.how == "exact"
    assert aligned.x.tolist() == [0, 7, 9]
    assert aligned.y.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_run_that_has_not_come_as_far_still_has_the_same_x() -> None:
    aligned = align_curves([clean_curve([0, 7, 9], [1, 2, 3]), clean_curve([0, 7], [4, 5])])
    assert aligned.how == "exact"
    assert aligned.x.tolist() == [0, 7]


def test_what_lies_beyond_the_range_does_not_decide_how_curves_are_aligned() -> None:
    aligned = align_curves([line(0, 10_000, 10_001), line(0, 100, 101)])
    assert (aligned.how, len(aligned.x)) == ("exact", 101)


def test_a_grid_has_no_more_points_than_half_of_the_runs() -> None:
    aligned = align_curves([line(0, 10, 11), line(0, 10, 13), line(0, 10, 15)])
    assert (aligned.how, len(aligned.x)) == ("linear", 13)


def test_dense_curves_are_taken_as_means_of_bins() -> None:
    aligned = align_curves([line(0, 10, 1000), line(0, 10, 999)])
    assert (aligned.how, len(aligned.x)) == ("bin", 200)


def test_long_curves_are_taken_as_means_of_bins_even_if_their_x_is_the_same() -> None:
    assert align_curves([line(0, 10, 1000)] * 2).how == "exact"
    assert align_curves([line(0, 10, 1001)] * 2).how == "bin"
    assert align_curves([line(0, 10, 1001)] * 2, align="exact").how == "exact"


def test_each_bin_holds_the_mean_of_its_points() -> None:
    x = np.arange(1, 401)  # bins (0, 100], (100, 200], … hold 100 points each; their mean of x is not quite the centre
    noise = np.where(x % 2, 10.0, -10.0)
    aligned = align_curves([clean_curve([0, *x], [0.0, *noise])], align="bin", grid=4)
    assert aligned.x.tolist() == [50, 150, 250, 350]
    assert np.abs(aligned.y).max() < 0.2  # ten up, ten down; lines between two points would be at ±10


def test_the_first_point_belongs_to_the_first_bin() -> None:
    aligned = align_curves([clean_curve([0, 1, 2, 8], [9, 0, 0, 0])], align="bin", grid=2)
    assert aligned.x.tolist() == [2, 6]
    np.testing.assert_allclose(aligned.y[0], [3 * 6 / 7, 3 * 2 / 7])  # from (1, 3), the mean of three, to (8, 0)


def test_an_empty_bin_is_filled_from_its_neighbours_and_counted() -> None:
    x = [*range(20), *range(31, 41)]
    aligned = align_curves([clean_curve(x, x)], align="bin", grid=4)
    assert aligned.filled == 1
    np.testing.assert_allclose(aligned.y[0], [5, 15, 25, 35])


def test_full_bins_are_not_counted() -> None:
    assert align_curves([line(0, 10, 1000), line(0, 10, 900)]).filled == 0


def test_lines_between_points() -> None:
    curves = [clean_curve([0, 4, 8], [0, 4, 0]), clean_curve([2, 10], [1, 1])]
    aligned = align_curves(curves, align="linear", grid=4)
    assert aligned.x.tolist() == [2, 8]
    assert aligned.y.tolist() == [[2, 0], [1, 1]]


def test_steps_hold_the_last_value() -> None:
    curves = [clean_curve([0, 5, 10], [1, 2, 3]), clean_curve([0, 4, 10], [7, 8, 9])]
    aligned = align_curves(curves, align="hold")
    assert aligned.x.tolist() == [0, 5, 10]
    assert aligned.y.tolist() == [[1, 2, 3], [7, 8, 9]]


def test_the_intersection_goes_from_the_last_begin_to_the_first_end() -> None:
    aligned = align_curves([line(0, 10, 11), line(3, 20, 18), line(1, 8, 8)], align="linear")
    assert (aligned.x[0], aligned.x[-1]) == (3, 8)
    assert aligned.n.tolist() == [3] * len(aligned.x)


def test_the_union_goes_over_all_and_tells_how_many_runs_there_are() -> None:
    aligned = align_curves([line(0, 4, 5), line(2, 6, 5)], x_range="union")
    assert aligned.x.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert aligned.n.tolist() == [1, 1, 2, 2, 2, 1, 1]
    np.testing.assert_equal(aligned.y[0], [0, 1, 2, 3, 4, NAN, NAN])


@pytest.mark.parametrize("align", ["exact", "bin", "linear", "hold"])
def test_nothing_is_extrapolated(align: str) -> None:
    aligned = align_curves([line(0, 4, 5), line(2, 6, 5)], x_range="union", align=align)
    outside = (aligned.x > 4, aligned.x < 2)
    assert [np.isnan(y[where]).all() for y, where in zip(aligned.y, outside, strict=True)] == [True, True]
    assert [np.isnan(y[~where]).any() for y, where in zip(aligned.y, outside, strict=True)] == [False, False]


@pytest.mark.parametrize("align", ["exact", "bin", "linear", "hold"])
def test_only_finished_runs_hold_their_last_value(align: str) -> None:
    curves = [line(0, 8, 9), line(0, 4, 5), line(0, 4, 5, finished=False)]
    aligned = align_curves(curves, x_range="hold", align=align)
    beyond = aligned.x > 4
    assert aligned.x[-1] > 7
    assert aligned.y[1][beyond].tolist() == [4] * np.count_nonzero(beyond)
    assert np.isnan(aligned.y[2][beyond]).all()
    assert aligned.n[beyond].tolist() == [2] * np.count_nonzero(beyond)


def test_runs_without_common_x_have_an_empty_grid() -> None:
    aligned = align_curves([line(0, 4, 5), line(6, 9, 5)])
    assert (len(aligned.x), aligned.y.shape) == (0, (2, 0))


def test_runs_that_share_one_x_have_one_point() -> None:
    aligned = align_curves([clean_curve([0, 3], [0, 3]), clean_curve([3, 5], [9, 5])], align="linear")
    assert (aligned.x.tolist(), aligned.y.tolist()) == ([3], [[3], [9]])


def test_no_runs_have_an_empty_grid() -> None:
    assert align_curves([]).x.tolist() == []


def test_exact_tells_which_run_has_other_x() -> None:
    with pytest.raises(QueryError, match="run 'b' has no value at x = 7"):
        align_curves([clean_curve([0, 7, 9], [1, 2, 3], run="a"), clean_curve([0, 9], [1, 2], run="b")], align="exact")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"align": "binn"}, "align='binn' is none of auto, exact, bin, linear, hold. Did you mean 'bin'?"),
        ({"x_range": "all"}, "x_range='all' is none of intersection, union, hold."),
        ({"grid": 0}, "A grid has a whole number of points"),
    ],
)
def test_arguments_that_do_not_exist_are_told(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(QueryError) as error:
        align_curves([line(0, 4, 5)], **wrong)  # type: ignore[arg-type]
    assert said in str(error.value)
