"""What goes wrong with a checkpoint in the background is one warning and a number; the training goes on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, files, logger, read_progress
from rla.checkpoint import background


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Let the disk be full, or not, for whatever is written aside."""
    original, full = files.fsync, [False]

    def fsync(fd: int) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(fd)

    monkeypatch.setattr(files, "fsync", fsync)
    return lambda now: full.__setitem__(0, now)


def test_it_is_told_once_and_the_number_at_the_end(
    begin: Callable[..., Path],
    save_at: Callable[..., str],
    warned: Callable[[], str],
    full_disk: Callable[[bool], None],
    said: list[str],
) -> None:
    folder = begin()
    save_at(1, background=True)
    background.wait()
    full_disk(True)
    for step in (2, 3, 4):
        save_at(step, background=True)
        logger.record_tabular("a", step)
        logger.dump_tabular()
    background.wait()
    assert warned().count("No space left on device") == 1
    assert "stays: checkpoint_1.npz" in warned()
    assert os.listdir(folder) == ["checkpoint_1.npz"]
    assert exp_manager.load_checkpoint() == (1, {"step": 1})
    full_disk(False)
    save_at(5, background=True)
    log_dir = Path(exp_manager.log_dir)
    exp_manager.finish()
    assert exp_manager.custom_data == {}
    assert sorted(os.listdir(folder)) == ["checkpoint_1.npz", "checkpoint_5.npz"]
    assert "3 checkpoints could not be saved in the background" in (log_dir / "warn.txt").read_text()
    assert [row["a"] for row in read_progress(log_dir).rows] == [2, 3, 4]
    assert len([text for text in said if "No space left" in text]) == 1


def test_the_next_experiment_counts_anew(
    begin: Callable[..., Path],
    save_at: Callable[..., str],
    warned: Callable[[], str],
    full_disk: Callable[[bool], None],
    said: list[str],
) -> None:
    begin()
    full_disk(True)
    save_at(2, background=True)
    background.wait()
    full_disk(False)
    exp_manager.log_files_gen()
    full_disk(True)
    save_at(3, background=True)
    background.wait()
    full_disk(False)
    assert warned().count("No space left on device") == 1
    assert said


def test_where_no_thread_can_be_started_it_is_written_at_once(
    begin: Callable[..., Path], save_at: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begin()

    class NoMoreThreads:
        def __init__(self, **_: Any) -> None:
            raise RuntimeError("can't start new thread")

    with monkeypatch.context() as poor:
        poor.setattr("threading.Thread", NoMoreThreads)
        save_at(2, background=True)
    assert os.listdir(folder) == ["checkpoint_2.npz"]
    assert background.wait(0)
