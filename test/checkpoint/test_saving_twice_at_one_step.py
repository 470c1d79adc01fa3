"""Saving twice at one step replaces the file. (An older tool was left with none.)"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager


@pytest.mark.parametrize("framework", ["torch", "plain"])
@pytest.mark.parametrize("keep", [1, 2, None])
def test_exactly_one_is_left_and_it_is_the_second(
    keep: int | None, framework: str, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    folder = begin(framework)
    exp_manager.new_saver(max_to_keep=keep)
    for value in (1, 2, 3):
        save_at(10, {"value": value})
    assert len(os.listdir(folder)) == 1
    assert exp_manager.load_checkpoint() == (10, {"value": 3})


def test_the_earlier_ones_stay_as_many_as_are_kept(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=2)
    for step in (1, 2, 2, 2, 2):
        save_at(step)
    assert sorted(os.listdir(folder)) == ["checkpoint_1.npz", "checkpoint_2.npz"]
