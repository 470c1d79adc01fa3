"""The second experiment of a process begins with a fresh saver, and never touches the first one's files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.errors import CheckpointNotFoundError


def test_it_keeps_five_again_in_a_folder_of_its_own(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    first = begin()
    exp_manager.new_saver(max_to_keep=1)
    for step in range(3):
        save_at(step)
    second = begin()
    with pytest.raises(CheckpointNotFoundError):
        exp_manager.load_checkpoint()
    for step in range(3):
        save_at(step)
    assert os.listdir(first) == ["checkpoint_2.npz"]
    assert sorted(os.listdir(second)) == [f"checkpoint_{step}.npz" for step in range(3)]


def test_it_has_the_framework_of_its_own_configuration(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    pytest.importorskip("torch")
    begin("plain")
    exp_manager.new_saver()
    save_at(1)
    second = begin("torch")
    save_at(1)
    assert os.listdir(second) == ["checkpoint_1.pt"]
