"""`checkpoint-<n>.pt` and `checkpoint.pt` of older tools are listed by step, loaded, and never removed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager

torch = pytest.importorskip("torch")


def test_they_are_loaded_by_step(begin: Callable[..., Path]) -> None:
    folder = begin("torch")
    for step in (9, 100, 20):
        torch.save({"w": torch.ones(1) * step}, folder / f"checkpoint-{step}.pt")
    assert exp_manager.load_checkpoint()[0] == 100
    step, content = exp_manager.load_checkpoint("20")
    assert step == 20
    assert torch.equal(content["w"], torch.tensor([20.0]))


def test_one_without_a_step_is_step_0(begin: Callable[..., Path]) -> None:
    folder = begin("torch")
    torch.save({"w": 1}, folder / "checkpoint.pt")
    assert exp_manager.load_checkpoint() == (0, {"w": 1})
    assert exp_manager.load_checkpoint(0) == (0, {"w": 1})


def test_all_kinds_stand_in_one_order_and_only_new_ones_are_removed(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    folder = begin("torch")
    torch.save({}, folder / "checkpoint.pt")
    torch.save({}, folder / "checkpoint-7.pt")
    exp_manager.new_saver(max_to_keep=1)
    for step in (5, 6, 10):
        save_at(step)
    assert all_ckps() == ["checkpoint.pt", "checkpoint-7.pt", "checkpoint_10.pt"]
    assert len(os.listdir(folder)) == 3


def test_another_name_does_not_take_them(begin: Callable[..., Path]) -> None:
    folder = begin("torch")
    torch.save({}, folder / "checkpoint-7.pt")
    with pytest.raises(FileNotFoundError):
        exp_manager.load_checkpoint(checkpoint_name="policy")
