"""A training that is killed by ``kill -9`` and resumed in a fresh process ends as if it had not been: to the bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress
from test.conftest import REPOSITORY
from test.warm_python import WarmPython

PROGRAM = Path(__file__).with_name("dqn.py")
UPDATES, KILLED_AT = 1_210, 237
"""The last state before is that of 200, so 1,010 updates are compared."""


def begin(root: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), str(root), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def rows_of(root: Path) -> list[dict[str, Any]]:
    (log,) = root.glob("log/dqn/*/*/*/*")
    return [{key: value for key, value in row.items() if key != "timestamp"} for row in read_progress(log).rows]


def test_it_goes_on_to_the_bit(tmp_path: Path, warm_python: WarmPython) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    here = {"PYTHONPATH": str(REPOSITORY)}
    undisturbed = warm_python.begin(PROGRAM, whole, "new", UPDATES, env=here)
    assert warm_python.begin(PROGRAM, killed, "new", UPDATES, KILLED_AT, env=here).wait(100) == -signal.SIGKILL
    resumed, expected = warm_python.begin(PROGRAM, killed, "resume", UPDATES, env=here).done(), undisturbed.done()
    assert resumed.stdout, resumed.stderr
    assert resumed.stdout == expected.stdout
    assert rows_of(killed) == rows_of(whole)


KILLS = """
import glob, os, random, signal, sys, time
sys.path.insert(0, sys.argv[4])
import torch
torch.set_num_threads(1)
import dqn
root, rounds, updates = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(root, exist_ok=True)
chance = random.Random(7)
killed = 0
for number in range(rounds):
    child = os.fork()
    if not child:
        dqn.train(root, number == 0, updates)
        dqn.exp_manager.finish()
        os._exit(0)
    while not glob.glob(root + "/checkpoint/*/*/*/*/*/state_*"):
        time.sleep(0.1)
    time.sleep(chance.uniform(0.05, 0.8))
    os.kill(child, signal.SIGKILL)
    killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
print(killed)
"""


@pytest.mark.fault
@pytest.mark.timeout(600)
def test_fifty_kills_at_random_leave_the_history_of_an_undisturbed_training(tmp_path: Path) -> None:
    updates = 6_000
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    undisturbed = begin(whole, "new", updates)
    command = [sys.executable, "-c", KILLS, str(killed), "50", str(updates), str(PROGRAM.parent)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) >= 25, done.stdout  # it was not through before
    digest, problems = begin(killed, "resume", updates).communicate(timeout=300)
    assert digest, problems
    assert digest == undisturbed.communicate(timeout=300)[0]
    assert rows_of(killed) == rows_of(whole)


KILLED_WHILE_SAVING = """
import os, random, signal, sys, time
import numpy as np
from rla import exp_manager, logger
root, rounds = sys.argv[1], int(sys.argv[2])
os.makedirs(root, exist_ok=True)
exp_manager.configure("t", {"LOG_USED": ["csv"], "DL_FRAMEWORK": "plain"}, data_root=root, code_root=root)
chance = random.Random(3)
steps = []
for number in range(rounds):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        buffer = np.zeros(20_000)
        if number == 0:
            exp_manager.log_files_gen()
            exp_manager.save_state(replay_buffer=buffer, count=0)
        at = exp_manager.resume("") if number else 0
        count = exp_manager.load_state(replay_buffer=buffer)["count"]
        assert set(buffer) == {count} and count == at, (set(buffer), count, at)
        os.write(writing, b"%d\\n" % count)
        while True:
            count += 1
            buffer[:] = count
            exp_manager.set_timestep(count)
            exp_manager.save_state(replay_buffer=buffer, count=count)
    os.close(writing)
    said = os.read(reading, 100)
    os.close(reading)
    if not said:
        sys.exit(f"round {number} could not go on")
    steps.append(int(said))
    time.sleep(chance.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
assert steps == sorted(steps), steps
exp_manager.resume("")
exp_manager.save_state(replay_buffer=np.zeros(5))
print(len(set(steps)))
"""


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_kills_inside_of_saving_leave_a_state_with_its_replay_buffer(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_SAVING, str(tmp_path / "data"), "100"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.splitlines()[-1]) >= 10, "few kills came between two states that were saved"
    (buffers,) = (tmp_path / "data").glob("tmp_data/t/*/*/*/*")
    assert len([path for path in buffers.iterdir() if not path.name.startswith(".")]) == 1
