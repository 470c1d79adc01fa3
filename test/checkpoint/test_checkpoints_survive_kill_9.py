"""`kill -9` while checkpoints are saved: the newest one listed is whole, and there is one as soon as one was saved."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

from rla import files
from rla.checkpoint.folder import CheckpointFolder, load_checkpoint
from rla.checkpoint.listing import list_checkpoints, step_of
from rla.checkpoint.plain import PlainSaver
from rla.errors import CheckpointError
from rla.experiment.fsck import check_data_root_files

PROGRAM = """
import contextlib, os, random, sys, threading, time
import numpy as np
from rla import exp_manager, files
folder, seed, mutant, background = sys.argv[1], int(sys.argv[2]), "mutant" in sys.argv[3], "background" in sys.argv[3]
random.seed(seed)

@contextlib.contextmanager
def straight_to_the_final_name(path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        yield files.AsideFile(fd)
        files.fsync(fd)
    finally:
        os.close(fd)

exp_manager.configure("demo_task", {"DL_FRAMEWORK": "plain", "LOG_USED": ["csv"]}, data_root=folder, code_root=folder)
exp_manager.log_files_gen()
exp_manager.new_saver(max_to_keep=2)
acknowledged = os.open(folder + "/acknowledged", os.O_WRONLY | os.O_CREAT)
if mutant:
    files.replacing = straight_to_the_final_name

def kill():
    time.sleep(random.uniform(0.01, 0.15))
    os.kill(os.getpid(), 9)

for step in range(1, 10 ** 9):
    exp_manager.set_timestep(step)
    content = {f"layer {n}": np.arange(10_000) * step + n for n in range(20)}
    exp_manager.save_checkpoint(content, background=background)
    for layer in content.values():
        layer[:] = -1  # the training goes on
    os.pwrite(acknowledged, b"%012d" % (step - background), 0)  # the one before was waited for
    if step == 2:
        threading.Thread(target=kill).start()
"""


def content_of(step: int, size: int = 10_000, layers: int = 20) -> dict[str, Any]:
    return {f"layer {n}": np.arange(size) * step + n for n in range(layers)}


def check_whole(
    folder: Path, acknowledged: int, content: Callable[[int], dict[str, Any]] = content_of, ahead: int = 1
) -> None:
    """Look at the checkpoints that a dead run left, as a reader does; it was at most so many ahead."""
    listed = list_checkpoints(folder)
    assert listed or not acknowledged, "there is none, although one had been saved"
    assert len(listed) <= 3, "two, and the one that was to be removed"
    for name in listed:
        step = step_of(name)
        assert step is not None, f"'{name}' is no checkpoint of ours"
        found, loaded = load_checkpoint(folder, step)
        expected = content(step)
        assert found == step
        assert loaded.keys() == expected.keys()
        assert all(np.array_equal(loaded[key], expected[key]) for key in expected)
    if acknowledged:
        assert step_of(listed[-1]) in range(acknowledged, acknowledged + ahead + 1)
    left = set(os.listdir(folder)) - set(listed)
    assert len(left) <= 1
    assert all(files.is_written_aside(name) for name in left)


def kill_while_saving(run_python: Callable[..., CompletedProcess[str]], root: Path, seed: int, kind: str) -> None:
    root.mkdir()
    done = run_python(PROGRAM, root, seed, kind)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (folder,) = root.glob("checkpoint/demo_task/*/*/*/*")
    check_whole(folder, int((root / "acknowledged").read_text()), ahead=2 if "background" in kind else 1)


@pytest.mark.parametrize(("seed", "kind"), [(1, "at once"), (2, "at once"), (3, "in the background")])
def test_a_killed_process_leaves_whole_checkpoints(
    seed: int, kind: str, data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    kill_while_saving(run_python, data_root, seed, kind)


@pytest.mark.fault
@pytest.mark.parametrize("kind", ["at once", "in the background"])
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_hundred_killed_processes_leave_whole_checkpoints(
    seed: int, kind: str, data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    kill_while_saving(run_python, data_root, seed, kind)


@pytest.mark.fault
@pytest.mark.parametrize("kind", ["at once", "in the background"])
def test_the_check_turns_red_where_files_are_written_in_place(
    kind: str, tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    red = 0
    for seed in range(30):
        try:
            kill_while_saving(run_python, tmp_path / str(seed), seed, f"mutant {kind}")
        except (AssertionError, CheckpointError):
            red += 1
    assert red >= 3


def small(step: int) -> dict[str, Any]:
    return content_of(step, 10, 2)


def die_at(nth: int) -> None:
    """Kill this process at the n-th operation on the disk from now on; of a write, half is written."""
    left = [nth]

    def dying(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                if name == "append":
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments)

        return operation

    for name in ("append", "fsync", "rename", "remove", "fsync_directory"):
        setattr(files, name, dying(name, getattr(files, name)))


@pytest.mark.parametrize("nth", range(1, 60, 3))
def test_a_kill_at_any_operation_on_the_disk_leaves_whole_checkpoints(
    nth: int, tmp_path: Path, killed: Callable[..., None]
) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()

    def program() -> None:
        saving = CheckpointFolder(folder, PlainSaver(), 2)
        for step in (1, 2):
            saving.save(small(step), step)
        die_at(nth)
        for step in range(3, 100):
            (tmp_path / "acknowledged").write_text(str(step - 1))
            saving.save(small(step), step)

    killed(program)
    check_whole(folder, int((tmp_path / "acknowledged").read_text()), small)


def test_the_next_process_goes_on_in_the_folder(tmp_path: Path, killed: Callable[..., None]) -> None:
    def program() -> None:
        saving = CheckpointFolder(tmp_path, PlainSaver(), 2)
        saving.save(small(1), 1)
        die_at(4)
        saving.save(small(2), 2)

    killed(program)
    saving = CheckpointFolder(tmp_path, PlainSaver(), 2)
    for step in (2, 3):
        saving.save(small(step), step)
    check_whole(tmp_path, 3, small)
    assert list_checkpoints(tmp_path) == ["checkpoint_2.npz", "checkpoint_3.npz"]


def test_the_repair_of_the_data_root_removes_what_was_half_written(
    data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    data_root.mkdir()
    program = PROGRAM.replace("time.sleep(random.uniform(0.01, 0.15))", "")
    program = program.replace("if step == 2:", "if step == 2:\n        files.rename = lambda *_: kill()\n    if False:")
    done = run_python(program, data_root, 0, "at once")
    assert done.returncode == -signal.SIGKILL, done.stderr
    (folder,) = data_root.glob("checkpoint/demo_task/*/*/*/*")
    assert len(list(folder.glob(".*.tmp"))) == 1
    check_data_root_files(data_root, repair=True)
    assert list(folder.glob(".*.tmp")) == []
