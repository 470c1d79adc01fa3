"""Files of the user's in `checkpoint_dir` are listed, by time and before ours; they are never removed or judged."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.errors import CheckpointError

USERS = ["model.zip", "checkpoint_best.npz", "checkpoint_1.npz.bak", "checkpoint", "step_9", "ünï.txt"]


def test_they_stand_first_by_time_and_ours_by_step(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=None)
    for step in (100, 20, 3):
        save_at(step)
    for age, name in enumerate(USERS):
        (folder / name).write_text(name)
        os.utime(folder / name, (2e9 - age, 2e9 - age))
    assert all_ckps() == [*reversed(USERS), "checkpoint_3.npz", "checkpoint_20.npz", "checkpoint_100.npz"]


def test_they_are_never_removed_and_loading_does_not_look_at_them(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    for name in USERS:
        (folder / name).write_text(name)
    exp_manager.new_saver(max_to_keep=1)
    for step in range(5):
        save_at(step)
    assert sorted(os.listdir(folder)) == sorted([*USERS, "checkpoint_4.npz"])
    assert all((folder / name).read_text() == name for name in USERS)
    assert exp_manager.load_checkpoint() == (4, {"step": 4})


@pytest.mark.parametrize("name", ["checkpoint_4.json", "checkpoint_900.txt"])
def test_a_file_beside_a_checkpoint_does_not_hide_it(
    name: str, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    (folder / name).write_text("{}")
    save_at(4)
    assert exp_manager.load_checkpoint() == (4, {"step": 4})


def test_a_link_to_a_checkpoint_that_has_gone_hides_nothing(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1)
    save_at(1)
    os.symlink("checkpoint_1.npz", folder / "latest.npz")
    save_at(2)
    assert "checkpoint_2.npz" in all_ckps()
    assert exp_manager.load_checkpoint() == (2, {"step": 2})


def test_a_folder_of_the_users_is_listed_and_stays(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    folder = begin()
    (folder / "shards").mkdir()
    exp_manager.new_saver(max_to_keep=1)
    for step in (1, 2):
        save_at(step)
    assert all_ckps() == ["shards", "checkpoint_2.npz"]


def test_a_named_pipe_of_that_name_is_not_waited_for(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    pipe = begin() / "checkpoint_9.npz"
    save_at(4)
    os.mkfifo(pipe)
    opened: list[int] = []
    rescue = threading.Timer(0.7, lambda: opened.append(os.open(pipe, os.O_RDWR | os.O_NONBLOCK)))
    rescue.start()
    with pytest.raises(CheckpointError):
        exp_manager.load_checkpoint()
    rescue.cancel()
    rescue.join()
    for descriptor in opened:
        os.close(descriptor)
    assert not opened, "it waited until somebody opened the other end"
