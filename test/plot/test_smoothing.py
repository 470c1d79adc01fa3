"""Each run is smoothed by itself, looking back only, as TensorBoard and W&B do it or by a mean of the last points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rla.errors import QueryError
from rla.plot import Curve, Smoothing, aggregate_curves, clean_curve
from rla.plot.statistics.smooth import smoothed, tensorboard_ema, time_weighted_ema, trailing_mean

KINDS = [Smoothing("trailing", 7), Smoothing("trailing", 30.0, "x"), Smoothing("tensorboard", 0.6)]
KINDS += [Smoothing("time-weighted", 0.9)]


def of(values: list[float], step: float = 1.0) -> Curve:
    return clean_curve(np.arange(len(values)) * step, values)


def test_a_trailing_mean_has_a_window_that_is_short_at_the_beginning() -> None:
    assert trailing_mean(of([1, 2, 3, 4, 5]), 3).y.tolist() == [1, 1.5, 2, 3, 4]


def test_a_window_in_x_holds_what_is_less_far_back() -> None:
    curve = clean_curve([0, 1, 2, 10, 11], [1, 2, 3, 4, 6])
    assert trailing_mean(curve, 2, "x").y.tolist() == [1, 1.5, 2.5, 4, 5]


def test_a_window_that_is_narrower_than_the_gaps_changes_nothing() -> None:
    assert trailing_mean(of([3, 1, 2], step=10), 5, "x").y.tolist() == [3, 1, 2]


def test_a_window_that_is_lost_in_the_rounding_of_x_holds_the_point_itself() -> None:
    assert trailing_mean(clean_curve([1e17, 1e17 + 32], [3, 1]), 1, "x").y.tolist() == [3, 1]


def test_a_huge_value_leaves_no_trace_behind_its_window() -> None:
    assert trailing_mean(of([1, 1e20, 1, 2, 3, 4]), 2).y.tolist()[3:] == [1.5, 2.5, 3.5]


def test_the_average_of_tensorboard_by_hand() -> None:
    w = 0.6
    first, second, third = 0.4 * 1, w * 0.4 * 1 + 0.4 * 3, w * (w * 0.4 * 1 + 0.4 * 3) + 0.4 * 2
    expected = [first / (1 - w), second / (1 - w**2), third / (1 - w**3)]
    np.testing.assert_allclose(tensorboard_ema(of([1, 3, 2]), w).y, expected)


def test_the_average_of_tensorboard_does_not_see_distances() -> None:
    near, far = of([1, 3, 2]), of([1, 3, 2], step=1000)
    assert tensorboard_ema(near, 0.6).y.tolist() == tensorboard_ema(far, 0.6).y.tolist()


def test_the_average_of_w_and_b_by_hand() -> None:
    curve = clean_curve([0, 1, 4], [1.0, 3.0, 2.0])
    w = math.sqrt(0.98)
    first, second = w ** (1 / 4 * 1000), w ** (3 / 4 * 1000)
    expected = [1, (first + 3) / (first + 1), ((first + 3) * second + 2) / ((first + 1) * second + 1)]
    np.testing.assert_allclose(time_weighted_ema(curve, 0.98).y, expected)


def test_the_average_of_w_and_b_never_keeps_more_than_it_does_there() -> None:
    curve = clean_curve([0, 1, 1000], [1.0, 3.0, 2.0])
    assert time_weighted_ema(curve, 0.999999).y[1] == pytest.approx((0.999 + 3) / 1.999)


def test_the_average_of_w_and_b_looks_alike_at_any_density() -> None:
    def rise(points: int) -> Curve:
        x = np.linspace(0, 1, points)
        return clean_curve(x, x**2)

    rare, often = (time_weighted_ema(rise(points), 0.99) for points in (201, 2001))
    np.testing.assert_allclose(often.y[::10][50:], rare.y[50:], atol=0.005)
    index = (tensorboard_ema(rise(points), 0.99) for points in (201, 2001))
    assert np.abs(np.subtract(*(each.y[:: len(each) // 200][100:200] for each in index))).max() > 0.1


def test_runs_of_a_group_are_smoothed_over_the_same_x() -> None:
    long, short = of([0.0, 1.0] * 50), of([0.0, 1.0] * 10)
    both = smoothed([long, short], Smoothing("time-weighted", 0.9))
    np.testing.assert_allclose(both[1].y, both[0].y[:20])


@pytest.mark.parametrize("smoothing", KINDS)
def test_a_constant_stays_exactly_what_it_is(smoothing: Smoothing) -> None:
    (curve,) = smoothed([of([0.1] * 50)], smoothing)
    assert curve.y.tolist() == [0.1] * 50


@pytest.mark.parametrize("smoothing", KINDS)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), cut=st.integers(1, 50))
def test_what_comes_later_changes_nothing(smoothing: Smoothing, values: list[float], cut: int) -> None:
    whole = of(values)
    head = of(values[:cut])
    if smoothing.kind == "time-weighted":
        extent = float(max(len(values) - 1, 1))
        shown, part = (time_weighted_ema(curve, smoothing.amount, extent) for curve in (whole, head))
    else:
        (shown,), (part,) = smoothed([whole], smoothing), smoothed([head], smoothing)
    if smoothing.kind == "tensorboard" and len(set(head.y.tolist())) == 1:
        np.testing.assert_allclose(shown.y[: len(part)], part.y, rtol=1e-9)
    else:
        assert shown.y[: len(part)].tolist() == part.y.tolist()
    assert min(values) - 1e-6 <= shown.y.min() <= shown.y.max() <= max(values) + 1e-6


@pytest.mark.parametrize("smoothing", KINDS)
def test_empty_curves_stay_empty(smoothing: Smoothing) -> None:
    assert len(smoothed([clean_curve([], [])], smoothing)[0]) == 0


def test_runs_are_smoothed_before_they_are_aggregated() -> None:
    curves = [of([0.0, 10.0] * 50), of([10.0, 0.0] * 50), of([5.0] * 100)]
    plain = aggregate_curves({"all": curves}, band="minmax", min_seeds_for_band=2)["all"]
    smooth = aggregate_curves({"all": curves}, band="minmax", min_seeds_for_band=2, smooth=Smoothing("trailing", 2))
    assert (plain.high - plain.low)[50] == 10
    assert (smooth["all"].high - smooth["all"].low)[50] == 0  # the edges of a smoothed band would stay apart


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trailling", 3), "'trailling' is no smoothing; expected one of trailing, time-weighted, tensorboard."),
        (("trailing", 0), "A window of 0 holds nothing"),
        (("trailing", 3, "steps"), "'steps' is no unit of a window; expected points or x."),
        (("tensorboard", 1.0), "The weight of an exponential average is 1.0; expected 0 to below 1."),
    ],
)
def test_a_smoothing_that_does_not_exist_is_told(arguments: tuple[str, float], said: str) -> None:
    with pytest.raises(QueryError) as error:
        Smoothing(*arguments)
    assert said in str(error.value)
