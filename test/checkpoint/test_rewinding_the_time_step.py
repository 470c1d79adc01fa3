"""When the time step goes back, the file that was just saved is never the one that goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager


@pytest.mark.parametrize("keep", [1, 2])
@pytest.mark.parametrize("new_saver_each_time", [False, True])
def test_what_was_just_saved_is_there(
    new_saver_each_time: bool, keep: int, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=keep)
    for step in (100, 200, 300, 50, 60, 70):
        if new_saver_each_time:
            exp_manager.new_saver(max_to_keep=keep)
        path = save_at(step)
        assert Path(path).is_file()
        assert exp_manager.load_checkpoint(step) == (step, {"step": step})


def test_those_saved_first_go_first(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=2)
    for step in (100, 200, 50, 60):
        save_at(step)
    assert all_ckps() == ["checkpoint_50.npz", "checkpoint_60.npz"]
    assert exp_manager.load_checkpoint()[0] == 60
