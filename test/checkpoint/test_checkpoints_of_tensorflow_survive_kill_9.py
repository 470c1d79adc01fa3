"""`kill -9` while TensorFlow saves, at once and in the background, also twice at one step: what is listed loads."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from rla import files
from rla.checkpoint.folder import load_checkpoint
from rla.checkpoint.listing import list_checkpoints, step_of

PROGRAM = """
import os, random, sys, threading, time
import tensorflow as tf
from rla import exp_manager
folder, seed = sys.argv[1], int(sys.argv[2])
random.seed(seed)
settings = {"DL_FRAMEWORK": "tensorflow", "LOG_USED": ["csv"]}
exp_manager.configure("demo_task", settings, data_root=folder, code_root=folder)
exp_manager.log_files_gen()
exp_manager.new_saver(max_to_keep=2)
module = tf.Module()
module.values = tf.Variable(tf.zeros(300_000))
acknowledged = os.open(folder + "/acknowledged", os.O_WRONLY | os.O_CREAT)

def kill():
    time.sleep(random.uniform(0.01, 0.3))
    os.kill(os.getpid(), 9)

for step in range(1, 10 ** 9):
    exp_manager.set_timestep(step)
    for _ in range(2):
        module.values.assign(tf.fill([300_000], float(step)))
        exp_manager.save_checkpoint({"module": module, "step": step}, background=seed % 2 == 1)
        module.values.assign(tf.zeros(300_000))
    os.pwrite(acknowledged, b"%012d" % (step - 1), 0)
    if step == 3:
        threading.Thread(target=kill).start()
"""


@pytest.mark.fault
@pytest.mark.parametrize("seed", range(10))
def test_a_killed_process_leaves_whole_checkpoints(
    seed: int, data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    tf: Any = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    data_root.mkdir()
    done = run_python(PROGRAM, data_root, seed, timeout=200)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (folder,) = data_root.glob("checkpoint/demo_task/*/*/*/*")
    acknowledged = int((data_root / "acknowledged").read_text())
    listed = list_checkpoints(folder)
    assert step_of(listed[-1]) in range(acknowledged, acknowledged + 4)
    for name in listed:
        step, saved = load_checkpoint(folder, step_of(name))
        module = tf.Module()
        module.values = tf.Variable(tf.zeros(300_000))
        saved["module"].restore(module)
        assert step == saved["step"]
        assert set(module.values.numpy().tolist()) == {float(step)}
    assert all(files.is_written_aside(name) for name in set(os.listdir(folder)) - set(listed))
