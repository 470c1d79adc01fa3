"""One number for one run: its end, its area, its best."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rla.errors import QueryError
from rla.plot import area_under_curve, best_so_far, clean_curve, final_score

RUN = clean_curve(range(20), range(20))
EMPTY = clean_curve([], [])


def test_the_final_score_is_the_mean_of_the_last_tenth() -> None:
    assert final_score(RUN) == 18.5
    assert final_score(clean_curve(range(21), range(21))) == 19  # 2.1 points are three
    assert final_score(clean_curve([0], [7])) == 7


def test_the_last_points_may_be_told() -> None:
    assert final_score(RUN, share=0.5) == 14.5
    assert final_score(RUN, last=3) == 18
    assert final_score(RUN, last=100) == 9.5


def test_shares_are_not_rounded_up_by_a_hair() -> None:
    assert final_score(clean_curve(range(100), range(100)), share=0.07) == 96  # 0.07 * 100 is a little more than 7


@pytest.mark.parametrize("wrong", [{"share": 0}, {"share": 1.5}, {"last": 0}])
def test_no_points_are_no_end(wrong: dict[str, float]) -> None:
    with pytest.raises(QueryError, match="take no points"):
        final_score(RUN, **wrong)  # type: ignore[arg-type]


def test_the_area_is_the_mean_height_over_x() -> None:
    assert area_under_curve(RUN) == 9.5
    assert area_under_curve(clean_curve([0, 1, 10], [0, 2, 2])) == pytest.approx((1 + 18) / 10)


def test_the_area_between_bounds() -> None:
    assert area_under_curve(RUN, 2.5, 5.5) == pytest.approx(4)
    assert area_under_curve(RUN, 3, 3) == 3


def test_points_that_are_logged_twice_as_often_do_not_count_twice() -> None:
    x = [0, 1, 2, 2.25, 2.5, 2.75, 3, 4]
    assert area_under_curve(clean_curve(x, np.square(x))) == pytest.approx(
        area_under_curve(clean_curve(range(5), np.square(range(5)))), abs=0.1
    )


@pytest.mark.parametrize("bounds", [(-1, 5), (5, 20), (6, 5)])
def test_a_curve_that_does_not_reach_has_no_area(bounds: tuple[float, float]) -> None:
    assert math.isnan(area_under_curve(RUN, *bounds))


def test_the_best_so_far_never_falls() -> None:
    run = clean_curve(range(5), [1, 3, 2, 5, 4])
    assert best_so_far(run).y.tolist() == [1, 3, 3, 5, 5]
    assert best_so_far(run, lowest=True).y.tolist() == [1] * 5


def test_a_run_without_values_has_no_score() -> None:
    assert math.isnan(final_score(EMPTY))
    assert math.isnan(area_under_curve(EMPTY))
    assert len(best_so_far(EMPTY)) == 0
