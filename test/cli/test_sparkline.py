"""A curve as a line of block characters has its shape, its gaps, and never more characters than allowed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rla.cli.sparkline import by_interest, figures_of, sparkline

NAN = math.nan


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([7.0, 0.0], "█▁"),
        ([1e308, -1e308, 0.0], "█▁▅"),
        ([5, 5, 5], "▄▄▄"),
        ([0.0, 0.0], "▄▄"),
        ([True, False], "█▁"),
        ([0.0, NAN, NAN, 1.0, NAN], "▁  █ "),
        ([NAN, NAN], "  "),
        ([math.inf, 0.0, 1.0, -math.inf], "█▁█▁"),
        ([math.inf, 3.0, NAN], "█▄ "),
        ([1], "▄"),
        ([], ""),
    ],
)
def test_each_value_has_its_height(values: list[float], line: str) -> None:
    assert sparkline(np.array(values)) == line


def test_where_there_are_more_values_a_character_is_the_mean_of_its_share() -> None:
    assert sparkline(np.arange(8000) % 2 + np.arange(8000) // 1000, width=8) == "▁▂▃▄▅▆▇█"
    assert sparkline(np.arange(1_000_003)) == sparkline(np.arange(40))


def test_nan_beside_numbers_is_left_out_of_the_mean_and_alone_it_is_a_gap() -> None:
    values = np.repeat([0.0, 1.0, 2.0, 3.0], 10)
    values[::3] = NAN
    values[20:30] = NAN
    assert sparkline(values, width=4) == "▁▃ █"


def test_the_figures_are_those_of_all_values() -> None:
    assert figures_of(np.array([3, 1, 9, 2])) == {"first": 3, "last": 2, "min": 1, "max": 9, "n": 4}
    figures = figures_of(np.array([1.5, NAN]))
    assert math.isnan(figures.pop("last"))
    assert figures == {"first": 1.5, "min": 1.5, "max": 1.5, "n": 2}
    assert all(math.isnan(value) for key, value in figures_of(np.array([NAN])).items() if key != "n")


def test_a_true_counts_as_one() -> None:
    figures = figures_of(np.array([False, True]))
    assert figures == {"first": 0, "last": 1, "min": 0, "max": 1, "n": 2}
    assert not any(isinstance(value, bool) for value in figures.values())


def test_what_people_look_at_first_comes_first() -> None:
    keys = ["time_used/step", "system/cpu", "train/loss", "rollout/ep_rew_std", "rollout/ep_rew_mean", "AverageEpRet"]
    keys += ["fps", "eval/success_rate", "train/rewarded", "eval/return_min", "eval/mean_reward"]
    assert by_interest(keys) == [
        *("eval/success_rate", "eval/mean_reward", "rollout/ep_rew_mean", "AverageEpRet"),
        *("train/loss", "fps", "train/rewarded"),
        *("rollout/ep_rew_std", "eval/return_min"),
        *("time_used/step", "system/cpu"),
    ]
