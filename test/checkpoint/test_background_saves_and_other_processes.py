"""A fork, the end of the process and `kill -9` while a checkpoint is written in the background."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from rla import exp_manager
from rla.checkpoint import background
from rla.checkpoint.folder import load_checkpoint
from rla.checkpoint.listing import list_checkpoints

PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
from rla import exp_manager, files
exp_manager.configure("demo", {"DL_FRAMEWORK": "plain", "LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=".")
exp_manager.log_files_gen()
exp_manager.save_checkpoint({"weights": np.ones(10)})
exp_manager.set_timestep(7)
fsync = files.fsync
def slow(fd):
    if threading.current_thread() is not threading.main_thread():
        time.sleep(0.15)
    fsync(fd)
files.fsync = slow
"""


def saved(data_root: Path) -> tuple[int, Any]:
    (folder,) = data_root.glob("checkpoint/demo/*/*/*/*")
    assert all(not name.endswith(".tmp") for name in os.listdir(folder))
    return load_checkpoint(folder)


@pytest.mark.parametrize(("end", "code"), [("", 0), ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM)])
def test_the_end_of_the_process_waits_for_it(
    end: str, code: int, data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    program = f"{PROGRAM}exp_manager.save_checkpoint({{'weights': np.zeros(10)}}, background=True)\n{end}"
    done = run_python(program, data_root)
    assert done.returncode == code, done.stderr
    step, content = saved(data_root)
    assert step == 7
    assert content["weights"].sum() == 0


def test_a_kill_meanwhile_leaves_the_one_before(
    data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    program = (
        f"{PROGRAM}exp_manager.save_checkpoint({{'weights': np.zeros(10)}}, background=True)\nos.kill(os.getpid(), 9)"
    )
    done = run_python(program, data_root)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (folder,) = data_root.glob("checkpoint/demo/*/*/*/*")
    assert list_checkpoints(folder) == ["checkpoint_0.npz"]
    assert load_checkpoint(folder)[1]["weights"].sum() == 10


def in_a_child(program: Callable[[], object]) -> int:
    """Run a function in a forked process, and return how it ended."""
    pid = os.fork()
    if not pid:
        signal.alarm(20)  # one that hangs ends
        try:
            program()
        except BaseException:
            os._exit(3)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def test_a_forked_child_does_not_wait_for_its_parents(
    begin: Callable[..., Path], save_at: Callable[..., str], gate: Any
) -> None:
    folder = begin()
    save_at(1)
    save_at(2, background=True)
    gate.reached.wait(60)

    def child() -> None:
        assert background.wait(0)
        assert exp_manager.load_checkpoint() == (1, {"step": 1})
        save_at(3, background=True)
        assert "checkpoint_3.npz" in os.listdir(folder), "it was written at once"
        exp_manager.finish()

    assert in_a_child(child) == 0
    gate.open()
    exp_manager.finish()
    assert list_checkpoints(folder) == [f"checkpoint_{step}.npz" for step in (1, 2, 3)]


def test_a_signal_that_comes_while_the_next_save_waits_ends_the_process(
    data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    program = f"""{PROGRAM}
for step in (7, 8):
    exp_manager.set_timestep(step)
    if step == 8:
        threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    exp_manager.save_checkpoint({{'weights': np.zeros(10)}}, background=True)
"""
    done = run_python(program, data_root)
    assert done.returncode == -signal.SIGTERM, done.stderr
    assert saved(data_root)[0] in (7, 8)
