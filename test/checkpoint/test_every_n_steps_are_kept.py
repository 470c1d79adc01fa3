"""`new_saver(keep_every=n)`: besides the last few, the first one at or behind each multiple of n stays for ever."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from rla import exp_manager


def files(*steps: int, name: str = "checkpoint") -> list[str]:
    return [f"{name}_{step}.npz" for step in steps]


def save_all(save_at: Callable[..., str], steps: Iterable[int], **options: object) -> None:
    for step in steps:
        save_at(step, **options)


def test_multiples_stay_beside_the_last_few(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=2, keep_every=100)
    save_all(save_at, range(0, 460, 20))
    assert all_ckps() == files(100, 200, 300, 400, 420, 440)


def test_where_no_step_is_a_multiple_the_next_one_stays(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=1, keep_every=100)
    save_all(save_at, (7, 98, 105, 140, 199, 203, 390, 395, 399))
    assert all_ckps() == files(105, 203, 390, 399)


def test_a_new_process_keeps_what_stays_for_ever(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=1, keep_every=100)
    save_all(save_at, (50, 110, 150, 210))
    exp_manager.new_saver(max_to_keep=1, keep_every=100)  # knows no more than a new process
    save_all(save_at, (250, 290, 310))
    assert all_ckps() == files(110, 210, 310)


def test_each_name_is_counted_by_itself(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=1, keep_every=100)
    save_all(save_at, (100, 150, 160), checkpoint_name="a")
    save_all(save_at, (120, 170), checkpoint_name="a_1")
    assert all_ckps() == ["a_100.npz", "a_1_120.npz", "a_160.npz", "a_1_170.npz"]


def test_the_newest_one_stays_when_the_time_step_went_back(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, keep_every=100)
    save_all(save_at, (100, 200, 300, 130))
    assert sorted(os.listdir(folder)) == files(100, 130, 200, 300)
    assert exp_manager.load_checkpoint(130) == (130, {"step": 130})


def test_a_fraction_may_be_the_distance(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=1, keep_every=1e2)
    save_all(save_at, (100, 150, 160))
    assert all_ckps() == files(100, 160)


@pytest.mark.parametrize("distance", [0, -5, "100", True, float("nan"), float("inf")])
def test_what_is_no_distance_is_refused_before_hours_of_training(distance: object, begin: Callable[..., Path]) -> None:
    begin()
    with pytest.raises(ValueError, match="keep_every is a number of time steps above 0"):
        exp_manager.new_saver(keep_every=distance)  # type: ignore[arg-type]
