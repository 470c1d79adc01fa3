"""What another rank saves stays in its temporary folder; a forked child saves beside its parent, and breaks nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from rla import exp_manager
from rla.checkpoint.folder import CheckpointFolder, load_checkpoint
from rla.checkpoint.plain import PlainSaver

PROGRAM = """
import sys
from rla import exp_manager
settings = {"DL_FRAMEWORK": "plain", "LOG_USED": ["csv"]}
exp_manager.configure("demo_task", settings, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
exp_manager.new_saver(max_to_keep=2)

class Mine:
    pass

for step in (1, 2, 3):
    exp_manager.set_timestep(step)
    exp_manager.save_checkpoint({"step": step}, {"mine": Mine()} if sys.argv[2] == "object" else {"a": 1})
assert exp_manager.load_checkpoint() == (3, {"step": 3})
print("FOLDER", exp_manager.checkpoint_dir)
"""
RANK_1 = {"RANK": "1", "WORLD_SIZE": "2"}


def files_of_rank_1(run_python: Callable[..., CompletedProcess[str]], data_root: Path, kind: str) -> list[Path]:
    temporary = data_root.parent / "tmp"
    temporary.mkdir()
    done = run_python(PROGRAM, data_root, kind, env={**RANK_1, "TMPDIR": str(temporary)})
    assert done.returncode == 0, done.stderr
    assert not data_root.exists()
    return sorted(path for path in temporary.rglob("*") if path.is_file())


def test_the_checkpoints_of_another_rank_stay_in_its_temporary_folder(
    run_python: Callable[..., CompletedProcess[str]], data_root: Path
) -> None:
    left = files_of_rank_1(run_python, data_root, "plain")
    assert [path.name for path in left] == ["checkpoint_2.npz", "checkpoint_3.npz"]
    assert load_checkpoint(left[0].parent) == (3, {"step": 3})


def test_nothing_else_stays_when_objects_were_kept_with_them(
    run_python: Callable[..., CompletedProcess[str]], data_root: Path
) -> None:
    left = files_of_rank_1(run_python, data_root, "object")
    assert [path.name for path in left] == ["checkpoint_2.npz", "checkpoint_3.npz"]


def test_a_forked_child_saves_beside_its_parent(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    save_at(1)
    pid = os.fork()
    if not pid:
        try:
            save_at(2)
            assert exp_manager.load_checkpoint() == (2, {"step": 2})
        except BaseException:
            os._exit(3)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    save_at(3)
    assert sorted(os.listdir(folder)) == [f"checkpoint_{step}.npz" for step in (1, 2, 3)]
    assert exp_manager.load_checkpoint(2) == (2, {"step": 2})


def test_a_forked_child_removes_nothing_of_its_parents(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1)
    save_at(8, {"parent": 1}, related_variable={"counter": "of the parent"})
    pid = os.fork()
    if not pid:
        try:
            save_at(9, {"child": 1}, related_variable={"counter": "of the child"})
        except BaseException:
            os._exit(3)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert sorted(os.listdir(folder)) == ["checkpoint_8.npz", "checkpoint_9.npz"]
    exp_manager.finish()
    assert exp_manager.custom_data == {"counter": "of the parent"}


def test_threads_that_save_do_not_disturb_each_other(begin: Callable[..., Path]) -> None:
    folder = CheckpointFolder(begin(), PlainSaver(), max_to_keep=2)
    failed: list[BaseException] = []

    def save(thread: int) -> None:
        try:
            for step in range(30):
                folder.save({"step": step}, 100 * thread + step)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    assert len(os.listdir(folder.folder)) == 2
