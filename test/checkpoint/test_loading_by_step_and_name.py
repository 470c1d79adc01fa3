"""`load_checkpoint` takes the highest step, or the one that it is given as a number or text."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager


@pytest.fixture
def saved(begin: Callable[..., Path], save_at: Callable[..., str]) -> Path:
    folder = begin()
    for step in (9, 100, 20):
        save_at(step)
        save_at(step, {"other": step}, checkpoint_name="other")
    return folder


def test_the_highest_step_is_taken(saved: Path) -> None:
    assert exp_manager.load_checkpoint() == (100, {"step": 100})


@pytest.mark.parametrize("index", [20, "20", 20.0])
def test_a_step_is_a_number_or_a_text(saved: Path, index: int | str) -> None:
    assert exp_manager.load_checkpoint(index) == (20, {"step": 20})
    assert exp_manager.load_checkpoint(ckp_index=index, checkpoint_name="other") == (20, {"other": 20})


@pytest.mark.parametrize("name", [None, "", "checkpoint"])
def test_no_name_is_the_usual_name(saved: Path, name: str | None) -> None:
    assert exp_manager.load_checkpoint(9, name) == (9, {"step": 9})


def test_of_two_files_of_one_step_the_later_one_is_taken(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    pytest.importorskip("torch")
    folder = begin("plain")
    save_at(5, {"from": "plain"})
    os.utime(folder / "checkpoint_5.npz", (1e9, 1e9))
    from rla.checkpoint.folder import CheckpointFolder
    from rla.checkpoint.torch import TorchSaver

    CheckpointFolder(folder, TorchSaver(), 5).save({"from": "torch"}, 5)
    assert exp_manager.load_checkpoint() == (5, {"from": "torch"})
