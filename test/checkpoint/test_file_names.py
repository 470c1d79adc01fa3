"""A checkpoint is the file `<name>_<time step>.pt` of torch, `.npz` of numpy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla import exp_manager
from rla.errors import RLAError


def test_torch_saves_pt_files(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    pytest.importorskip("torch")
    folder = begin("torch")
    assert save_at(12, checkpoint_name="policy") == str(folder / "policy_12.pt")
    assert os.listdir(folder) == ["policy_12.pt"]


def test_plain_saves_npz_files_that_numpy_opens(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin("plain")
    assert save_at(12, {"weights": np.arange(3)}) == str(folder / "checkpoint_12.npz")
    with np.load(folder / "checkpoint_12.npz") as opened:
        assert opened["array_0"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("step", [0, 7, 2.9, np.int64(7), np.float32(7.0), 10**15])
def test_the_time_step_is_a_whole_number(
    step: float, begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    begin()
    save_at(step, {"a": 1})
    assert all_ckps() == [f"checkpoint_{int(step)}.npz"]
    assert exp_manager.load_checkpoint() == (int(step), {"a": 1})


def test_a_negative_time_step_is_refused_or_found_again(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin()
    try:
        save_at(-3, {"a": 1})
    except RLAError:
        return
    assert exp_manager.load_checkpoint() == (-3, {"a": 1})


@pytest.mark.parametrize("step", [float("nan"), float("inf")])
def test_a_time_step_that_is_no_number_is_said_in_our_words(
    step: float, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin()
    with pytest.raises(RLAError, match="time step"):
        save_at(step, {"a": 1})


def test_names_of_other_scripts_are_file_names_as_well(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin()
    for name in ("策略", "with space", "a+b(c)[d]*", "dots.in.name", "é" * 110):
        save_at(5, {"name": name}, checkpoint_name=name)
    for name in ("策略", "with space", "a+b(c)[d]*", "dots.in.name", "é" * 110):
        assert exp_manager.load_checkpoint(checkpoint_name=name) == (5, {"name": name})
