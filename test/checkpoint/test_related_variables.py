"""`related_variable` keeps values of any kind: plain ones in the archive, others beside it and only with trust."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import ARCHIVE, exp_manager, experiment_data_query, files
from rla.errors import UntrustedPickleError
from rla.experiment.fsck import check_data_root_files

PLAIN: dict[str, Any] = {
    "tuple": (1, ("a", 2.5)),
    "array": np.arange(6, dtype=np.float32).reshape(2, 3),
    "nested": {"seen": {1, 2}, "by level": {3: [None, True]}, "a/b~c": float("inf")},
    "number": 10**20,
}


class ReplayBuffer:
    """A class of the user's."""

    def __init__(self, size: int) -> None:
        self.size = size


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and (np.array_equal(one, other) if isinstance(other, np.ndarray) else one == other)


def objects_files(data_root: Path) -> list[Path]:
    return list(data_root.glob("archive_tester/**/*.objects"))


def test_plain_values_come_back_with_their_types(begin: Callable[..., Path], archived: Callable[[], Any]) -> None:
    begin()
    exp_manager.save_checkpoint({"a": 1}, related_variable=PLAIN)
    twin = archived()
    for key, value in PLAIN.items():
        assert same(twin.get_custom_data(key), value), key
        assert same(twin.custom_data[key], value), key
    assert twin.get_custom_data("array").dtype == np.float32


def test_they_are_there_at_once_also_when_the_process_is_killed(
    begin: Callable[..., Path], killed: Callable[..., None], data_root: Path
) -> None:
    def program() -> None:
        begin()
        exp_manager.save_checkpoint({"a": 1}, PLAIN)
        os.kill(os.getpid(), signal.SIGKILL)

    killed(program)
    (found,) = experiment_data_query(data_root, "demo_task", "*", ARCHIVE).values()
    assert same(found.exp_manager.get_custom_data("array"), PLAIN["array"])  # type: ignore[union-attr]


def test_only_plain_values_make_no_file_of_objects(begin: Callable[..., Path], data_root: Path) -> None:
    begin()
    exp_manager.save_checkpoint({}, PLAIN)
    assert objects_files(data_root) == []


def test_an_object_goes_beside_the_archive_and_is_loaded_with_trust(
    begin: Callable[..., Path], archived: Callable[[], Any], data_root: Path
) -> None:
    folder = begin()
    exp_manager.save_checkpoint({"a": 1}, {"buffer": ReplayBuffer(7), "deep": {"in": [ReplayBuffer(8)]}, "plain": 1})
    twin = archived()
    (path,) = objects_files(data_root)
    assert path.name == f"{folder.name}.objects"
    assert path.parent == Path(twin.path).parent
    for key in ("buffer", "deep"):
        with pytest.raises(UntrustedPickleError, match="trust=True") as refusal:
            twin.get_custom_data(key)
        assert str(path) in str(refusal.value)
    assert twin.get_custom_data("plain") == 1
    assert twin.get_custom_data("buffer", trust=True).size == 7
    assert twin.get_custom_data("deep", trust=True)["in"][0].size == 8


def test_what_is_kept_apart_is_said_once(begin: Callable[..., Path], warned: Callable[[], str]) -> None:
    folder = begin()
    for _ in range(3):
        exp_manager.save_checkpoint({}, {"buffer": ReplayBuffer(7)})
    assert warned().count("'buffer'") == 1
    assert f"{folder.name}.objects" in warned()
    assert "trust=True" in warned()


def test_what_no_pickle_can_hold_is_said_and_training_goes_on(
    begin: Callable[..., Path], archived: Callable[[], Any], warned: Callable[[], str], data_root: Path
) -> None:
    begin()
    for epoch in range(3):
        exp_manager.save_checkpoint({}, {"batches": (n for n in range(3)), "epoch": epoch})
    assert warned().count("'batches' can be held by no pickle") == 1
    assert objects_files(data_root) == []
    twin = archived()
    assert twin.get_custom_data("epoch") == 2
    assert "generator" in twin.get_custom_data("batches")


def test_an_object_that_has_become_plain_leaves_no_file(begin: Callable[..., Path], data_root: Path) -> None:
    begin()
    exp_manager.save_checkpoint({}, {"buffer": ReplayBuffer(7)})
    exp_manager.save_checkpoint({}, {"buffer": [1, 2]})
    assert objects_files(data_root) == []


def test_queries_count_the_experiment_once(begin: Callable[..., Path], data_root: Path) -> None:
    begin()
    exp_manager.save_checkpoint({}, {"buffer": ReplayBuffer(7)})
    exp_manager.finish()
    assert len(objects_files(data_root)) == 1
    assert len(experiment_data_query(data_root, "demo_task", "*", ARCHIVE)) == 1


def test_code_in_the_file_of_objects_itself_is_not_run(
    begin: Callable[..., Path], archived: Callable[[], Any], data_root: Path, tmp_path: Path
) -> None:
    begin()
    exp_manager.save_checkpoint({}, {"buffer": ReplayBuffer(7), "plain": 1})
    twin = archived()
    (path,) = objects_files(data_root)
    path.write_bytes(b"cos\nmkdir\n(V" + str(tmp_path / "code_was_run").encode() + b"\ntR.")
    with pytest.raises(UntrustedPickleError, match="buffer"):
        twin.get_custom_data("buffer")
    assert not (tmp_path / "code_was_run").exists()


@pytest.mark.parametrize("damage", [b"", b"\x80\x04", b"text"])
def test_a_damaged_file_of_objects_does_not_hide_the_plain_values(
    damage: bytes, begin: Callable[..., Path], archived: Callable[[], Any], data_root: Path
) -> None:
    begin()
    exp_manager.save_checkpoint({}, {"buffer": ReplayBuffer(7), "plain": 1})
    twin = archived()
    (path,) = objects_files(data_root)
    path.write_bytes(damage)
    assert twin.get_custom_data("plain") == 1


def test_an_archive_that_cannot_be_written_does_not_end_the_training(
    begin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    write_atomic = files.write_atomic

    def refuse(path: Any, data: Any) -> None:
        if "archive_tester" in str(path):
            raise OSError(28, "No space left on device")
        write_atomic(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_atomic", refuse)
        exp_manager.save_checkpoint({"a": 1}, PLAIN)
    assert exp_manager.load_checkpoint() == (0, {"a": 1})
    assert same(exp_manager.get_custom_data("array"), PLAIN["array"])


def test_a_half_written_file_of_objects_is_removed_by_the_repair(
    begin: Callable[..., Path], killed: Callable[..., None], data_root: Path
) -> None:
    def program() -> None:
        begin()
        rename = files.rename

        def dying(source: Any, target: Any) -> None:
            if str(target).endswith(".objects"):
                os.kill(os.getpid(), signal.SIGKILL)
            rename(source, target)

        files.rename = dying
        exp_manager.save_checkpoint({}, {"buffer": ReplayBuffer(7)})

    killed(program)
    left = list(data_root.glob("archive_tester/**/.*.tmp"))
    assert len(left) == 1
    check_data_root_files(data_root, repair=True)
    assert not left[0].exists()
