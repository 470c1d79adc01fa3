"""Names of which one begins like another never take each other's files. (In an older tool they did.)"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager


@pytest.mark.parametrize(("one", "other"), [("a", "a_1"), ("a_1", "a"), ("a", "ab"), ("a.b", "axb"), ("a", "b_a")])
def test_they_keep_and_load_their_own(
    one: str, other: str, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    for step in (1, 2, 3):
        exp_manager.new_saver(max_to_keep=1)
        for name in (one, other):
            save_at(step, {"name": name, "step": step}, checkpoint_name=name)
        assert sorted(os.listdir(folder)) == sorted([f"{one}_{step}.npz", f"{other}_{step}.npz"])
        for name in (one, other):
            assert exp_manager.load_checkpoint(checkpoint_name=name) == (step, {"name": name, "step": step})
