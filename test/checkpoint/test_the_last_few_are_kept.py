"""The last few checkpoints of each name are kept: five unless `new_saver` says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager


def names(*steps: int, name: str = "checkpoint") -> list[str]:
    return [f"{name}_{step}.npz" for step in steps]


def test_five_are_kept_without_a_saver(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    for step in range(8, 16):
        save_at(step)
    assert all_ckps() == names(11, 12, 13, 14, 15)


def test_five_are_kept_by_a_saver_that_is_told_nothing(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver()
    for step in range(8, 16):
        save_at(step)
    assert all_ckps() == names(11, 12, 13, 14, 15)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_as_many_are_kept_as_the_saver_is_told(
    keep: int, begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=keep)
    for step in range(8, 13):
        save_at(step)
    assert all_ckps() == names(8, 9, 10, 11, 12)[-keep:]
    for step in range(13 - keep, 13):
        assert exp_manager.load_checkpoint(step) == (step, {"step": step})


@pytest.mark.parametrize("keep", [None, 0])
def test_all_are_kept_when_the_saver_is_told_none(
    keep: int | None, begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=keep)
    for step in range(12):
        save_at(step)
    assert all_ckps() == names(*range(12))


@pytest.mark.parametrize("keep", [-1, -5])
def test_a_negative_number_is_refused_or_keeps_all(
    keep: int, begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    try:
        exp_manager.new_saver(max_to_keep=keep)
    except ValueError:
        return
    save_at(1)
    save_at(2)
    assert all_ckps() == names(1, 2)


@pytest.mark.parametrize("keep", ["3", 2.5])
def test_what_is_no_whole_number_is_refused_before_hours_of_training(keep: object, begin: Callable[..., Path]) -> None:
    begin()
    with pytest.raises((TypeError, ValueError)):
        exp_manager.new_saver(max_to_keep=keep)  # type: ignore[arg-type]


def test_each_name_is_counted_by_itself(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=2)
    save_at(1, checkpoint_name="best")
    for step in range(2, 7):
        save_at(step, checkpoint_name="last")
    assert all_ckps() == [*names(1, name="best"), *names(5, 6, name="last")]


def test_a_second_saver_counts_the_files_of_the_first(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    for step in range(8, 12):
        save_at(step)
    exp_manager.new_saver(max_to_keep=2)
    save_at(12)
    assert all_ckps() == names(11, 12)


def test_a_folder_of_the_users_with_such_a_name_does_not_end_the_counting(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    (folder / "checkpoint_1.npz").mkdir()
    exp_manager.new_saver(max_to_keep=2)
    for step in range(2, 9):
        save_at(step)
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == names(7, 8)
