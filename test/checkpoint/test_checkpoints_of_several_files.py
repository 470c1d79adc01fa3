"""Checkpoints of several files, as those of TensorFlow: whole or not listed, replaced at once, removed at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, files
from rla.checkpoint.base import FolderSaver
from rla.checkpoint.folder import CheckpointFolder, load_checkpoint
from rla.checkpoint.listing import list_checkpoints
from rla.errors import CheckpointError
from rla.experiment.fsck import check_data_root_files


@pytest.fixture
def folder(tmp_path: Path, two_files: FolderSaver, monkeypatch: pytest.MonkeyPatch) -> CheckpointFolder:
    """A folder of checkpoints, of which two are kept."""
    monkeypatch.setattr("rla.checkpoint.folder.saver_for", lambda framework: two_files)
    return CheckpointFolder(tmp_path / "checkpoint", two_files, max_to_keep=2)


def test_the_last_ones_are_kept_and_loaded(folder: CheckpointFolder) -> None:
    for step in (9, 10, 11):
        folder.save({"step": step}, step)
    assert sorted(os.listdir(folder.folder)) == ["checkpoint_10.tf", "checkpoint_11.tf"]
    assert list_checkpoints(folder.folder) == ["checkpoint_10.tf", "checkpoint_11.tf"]
    assert load_checkpoint(folder.folder) == (11, {"step": 11})
    assert load_checkpoint(folder.folder, 10) == (10, {"step": 10})


def test_its_files_are_named_by_a_file_that_tensorflow_reads(folder: CheckpointFolder) -> None:
    path = folder.save({"a": 1}, 1)
    assert sorted(os.listdir(path)) == ["checkpoint", "weights-1.keys", "weights-1.values"]
    assert (path / "checkpoint").read_text().startswith('model_checkpoint_path: "weights-1"\n')


def test_saving_twice_at_one_step_replaces_them(folder: CheckpointFolder) -> None:
    for value in (1, 2, 3):
        path = folder.save({"value": value}, 5)
    assert sorted(os.listdir(path)) == ["checkpoint", "weights-3.keys", "weights-3.values"]
    assert os.listdir(folder.folder) == ["checkpoint_5.tf"]
    assert load_checkpoint(folder.folder) == (5, {"value": 3})


def dying_at(nth: int) -> None:
    """Let this process die at the n-th operation on the disk."""
    left = [nth]

    def dying(original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments)

        return operation

    for name in ("append", "fsync", "fsync_directory", "rename", "remove", "remove_tree", "remove_directory"):
        setattr(files, name, dying(getattr(files, name)))


@pytest.mark.parametrize("nth", range(1, 44, 3))
def test_a_kill_at_any_operation_leaves_whole_ones(
    nth: int, folder: CheckpointFolder, killed: Callable[..., None]
) -> None:
    def program() -> None:
        folder.save({"value": 1}, 1)
        folder.save({"value": 2}, 2)
        dying_at(nth)
        folder.save({"value": 20}, 2)
        folder.save({"value": 3}, 3)
        folder.save({"value": 4}, 4)
        os.kill(os.getpid(), signal.SIGKILL)

    killed(program)
    listed = list_checkpoints(folder.folder)
    expected = {1: (1,), 2: (2, 20), 3: (3,), 4: (4,)}
    for name in listed:
        step = int(name.removeprefix("checkpoint_").removesuffix(".tf"))
        assert load_checkpoint(folder.folder, step)[1]["value"] in expected[step]
    assert {"checkpoint_2.tf", "checkpoint_3.tf"} & set(listed)
    assert all(files.is_written_aside(name) for name in set(os.listdir(folder.folder)) - set(listed))
    folder.save({"value": 5}, 2)  # the next process goes on
    assert load_checkpoint(folder.folder, 2) == (2, {"value": 5})
    assert len(os.listdir(folder.folder / "checkpoint_2.tf")) == 3


def test_a_failed_save_leaves_the_one_before(folder: CheckpointFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.save({"value": 1}, 1)
    for name in ("append", "fsync", "rename"):
        with monkeypatch.context() as broken:
            broken.setattr(files, name, lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            for step in (1, 2):
                with pytest.raises(CheckpointError, match="No space left on device"):
                    folder.save({"value": 2}, step)
        assert os.listdir(folder.folder) == ["checkpoint_1.tf"]
        assert load_checkpoint(folder.folder) == (1, {"value": 1})


def test_a_folder_of_the_users_of_that_name_is_left_alone(folder: CheckpointFolder) -> None:
    users = folder.folder / "checkpoint_1.tf"
    users.mkdir(parents=True)
    (users / "notes.txt").write_text("mine")
    with pytest.raises(CheckpointError, match="something else of that name"):
        folder.save({"value": 1}, 1)
    for step in (2, 3, 4, 5):
        folder.save({"value": step}, step)
    assert (users / "notes.txt").read_text() == "mine"
    assert load_checkpoint(folder.folder) == (5, {"value": 5})


@pytest.mark.parametrize(
    "state", ["", 'model_checkpoint_path: "../../weights-1"', 'model_checkpoint_path: "/etc/passwd"']
)
def test_a_state_file_of_a_foreign_hand_leads_nowhere(state: str, folder: CheckpointFolder) -> None:
    path = folder.save({"value": 1}, 1)
    (path / "checkpoint").write_text(state)
    with pytest.raises(CheckpointError):
        load_checkpoint(folder.folder)


def test_the_repair_of_the_data_root_removes_what_was_half_written(
    data_root: Path, begin: Callable[..., Path], two_files: FolderSaver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rla.checkpoint.registry.saver_for", lambda framework: two_files)
    place = begin("tensorflow")
    exp_manager.save_checkpoint({"value": 1})
    half = place / ".checkpoint_1.tf.123-4.tmp"
    half.mkdir()
    (half / "weights-1.keys").write_text("half")
    exp_manager.finish()
    assert "half-written" in check_data_root_files(data_root).findings[0].problem
    check_data_root_files(data_root, repair=True)
    assert os.listdir(place) == ["checkpoint_0.tf"]
