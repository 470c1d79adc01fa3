"""`save_checkpoint(background=True)`: what is saved is what was there at the call, and whoever asks for it waits."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager, files
from rla.checkpoint import background


def test_later_training_does_not_change_what_is_saved(
    begin: Callable[..., Path], save_at: Callable[..., str], gate: Any
) -> None:
    begin()
    weights, content = np.zeros(1000), {"layers": [np.ones(3)]}
    save_at(5, {"weights": weights, "nested": content}, background=True)
    weights += 7
    content["layers"][0][:] = 7
    content["layers"].append(np.ones(1))
    gate.open()
    step, loaded = exp_manager.load_checkpoint()
    assert step == 5
    assert loaded["weights"].sum() == 0
    assert [layer.sum() for layer in loaded["nested"]["layers"]] == [3]


def test_later_training_of_torch_does_not_either(
    begin: Callable[..., Path], save_at: Callable[..., str], gate: Any
) -> None:
    torch = pytest.importorskip("torch")
    begin("torch")
    policy = torch.nn.Linear(3, 2)
    tied = torch.nn.Linear(3, 2)
    tied.weight = policy.weight
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.1)

    def train() -> None:
        optimizer.zero_grad()
        (policy(torch.ones(4, 3)) ** 2).sum().backward()
        optimizer.step()

    train()
    content = {"policy": policy.state_dict(), "tied": tied.state_dict(), "optimizer": optimizer.state_dict()}
    before = torch.load(save_at(1, content), weights_only=True)
    save_at(2, content, background=True)
    train()
    gate.open()
    step, loaded = exp_manager.load_checkpoint()
    assert step == 2
    for key in ("weight", "bias"):
        assert torch.equal(loaded["policy"][key], before["policy"][key])
        assert torch.equal(loaded["optimizer"]["state"][0]["exp_avg"], before["optimizer"]["state"][0]["exp_avg"])
    assert loaded["tied"]["weight"].data_ptr() == loaded["policy"]["weight"].data_ptr(), "what was shared is shared"
    assert (Path(exp_manager.checkpoint_dir) / "checkpoint_2.pt").stat().st_size < 1.5 * Path(
        exp_manager.checkpoint_dir, "checkpoint_1.pt"
    ).stat().st_size


def test_it_returns_before_the_file_has_its_name(
    begin: Callable[..., Path], save_at: Callable[..., str], gate: Any
) -> None:
    folder = begin()
    path = save_at(5, background=True)
    gate.reached.wait(60)
    assert path == str(folder / "checkpoint_5.npz")
    assert not os.path.exists(path)
    gate.open()
    background.wait()
    assert os.listdir(folder) == ["checkpoint_5.npz"]


def test_loading_waits_for_it(begin: Callable[..., Path], save_at: Callable[..., str], gate: Any) -> None:
    begin()
    save_at(5, background=True)
    assert gate.waited_for(exp_manager.load_checkpoint) == (5, {"step": 5})


def test_a_query_of_this_process_waits_for_it(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]], gate: Any
) -> None:
    begin()
    save_at(5, background=True)
    assert gate.waited_for(all_ckps) == ["checkpoint_5.npz"]


@pytest.mark.parametrize("in_background", [False, True])
def test_the_next_save_waits_for_it(
    in_background: bool, begin: Callable[..., Path], save_at: Callable[..., str], gate: Any
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=1)
    save_at(5, background=True)
    gate.waited_for(lambda: save_at(6, background=in_background))
    assert exp_manager.load_checkpoint() == (6, {"step": 6})


def test_the_end_of_the_experiment_waits_for_it(
    begin: Callable[..., Path], save_at: Callable[..., str], gate: Any
) -> None:
    folder = begin()
    save_at(5, background=True)
    gate.waited_for(exp_manager.finish)
    assert os.listdir(folder) == ["checkpoint_5.npz"]


def test_the_end_of_the_experiment_does_not_wait_for_ever(
    begin: Callable[..., Path],
    save_at: Callable[..., str],
    gate: Any,
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
) -> None:
    begin()
    save_at(5, background=True)
    monkeypatch.setattr(background, "LONGEST_WAIT", 0.05)
    exp_manager.finish()
    assert [text for text in said if "still being written" in text]


def test_behind_one_that_hangs_the_next_is_written_by_the_caller(
    begin: Callable[..., Path], save_at: Callable[..., str], gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begin()
    save_at(5, background=True)
    with monkeypatch.context() as short:
        short.setattr(background, "LONGEST_WAIT", 0.05)
        for step, in_background in ((6, True), (7, False)):
            save_at(step, background=in_background)
            assert f"checkpoint_{step}.npz" in os.listdir(folder)


def test_the_rules_of_what_is_kept_hold(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, keep_every=100, best="max")
    for step, value in ((50, 9), (100, 1), (150, 2), (160, 3)):
        save_at(step, metric=value, background=True)
    background.wait()
    kept = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    assert kept == ["checkpoint_100.npz", "checkpoint_160.npz", "checkpoint_50.npz"]
    assert exp_manager.load_checkpoint("best")[0] == 50


def test_one_is_written_at_a_time(
    begin: Callable[..., Path], save_at: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=None)
    at_work: list[int] = []
    original = files.fsync

    def fsync(fd: int) -> None:
        at_work.append(sum(thread.name == "rla-checkpoint" for thread in threading.enumerate()))
        original(fd)

    monkeypatch.setattr(files, "fsync", fsync)
    for step in range(20):
        save_at(step, background=True)
    background.wait()
    assert set(at_work) == {1}
    assert len(at_work) == 20
    assert exp_manager.load_checkpoint() == (19, {"step": 19})


def test_content_that_cannot_be_saved_is_told_at_once(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    with pytest.raises(Exception, match="'x' is <function"):
        save_at(1, {"x": begin}, background=True)
    assert os.listdir(folder) == []


def test_a_second_experiment_begins_when_it_is_written(
    begin: Callable[..., Path], save_at: Callable[..., str], gate: Any
) -> None:
    first = begin()
    save_at(5, background=True)
    gate.waited_for(exp_manager.log_files_gen)
    assert os.listdir(first) == ["checkpoint_5.npz"]
    assert os.listdir(exp_manager.checkpoint_dir) == []
