"""A state is saved whole or not at all, and what does not fit what it is given to says what and where."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rla.errors import CheckpointError, CheckpointNotFoundError
from test.experiment.resuming.conftest import Process

FRAMEWORKS = pytest.mark.parametrize("framework", ["plain", "torch"])


class Counter:
    """What most users' classes are."""

    def __init__(self) -> None:
        self.count, self.seen, self.values = 0, deque([1.5], maxlen=3), np.zeros(3)
        self.table: dict[tuple[int, int], float] = {}


@FRAMEWORKS
def test_plain_values_come_back_with_their_types(run: Process, framework: str) -> None:
    manager = run(steps=0, framework=framework)
    values = {
        "number": 1,
        "array": np.arange(3),
        "window": deque([1, 2], maxlen=5),
        "by_pair": {(0, 1): 2.0},
        "by_number": {3: [None, (1, "a")]},
        "seen": {1, 2},
    }
    manager.save_state(**values)
    loaded = manager.load_state()
    assert loaded.pop("array").tolist() == [0, 1, 2]
    assert loaded["window"].maxlen == 5
    del values["array"]
    assert loaded == values


@FRAMEWORKS
def test_objects_get_theirs_in_place_as_often_as_one_likes(run: Process, framework: str) -> None:
    manager = run(steps=0, framework=framework)
    counter = Counter()
    counter.count, counter.table[2, 3] = 7, 0.5
    manager.save_state(counter=counter)
    counter.count, counter.table[9, 9] = 8, 1.0
    counter.values += 1
    values = counter.values
    for _ in range(2):
        manager.load_state(counter=counter)
        assert (counter.count, counter.table, counter.seen.maxlen) == (7, {(2, 3): 0.5}, 3)
        assert values is counter.values
        assert values.tolist() == [0, 0, 0]
        counter.count = 99


def test_the_time_step_and_the_generators_go_on(run: Process) -> None:
    manager = run(steps=10)
    manager.time_step_holder.epoch = 3
    manager.save_state()
    expected = np.random.rand()
    manager.set_timestep(99)
    manager.time_step_holder.epoch = 0
    manager.load_state()
    assert (manager.get_timestep(), manager.time_step_holder.epoch, np.random.rand()) == (10, 3, expected)


def test_names_that_the_state_does_not_know(run: Process) -> None:
    manager = run(steps=0)
    manager.save_state(counter=Counter(), epsilon=0.1)
    with pytest.raises(CheckpointError, match=r"no 'countre'. Did you mean 'counter'"):
        manager.load_state(countre=Counter())
    with pytest.raises(CheckpointError, match=r"has 'epsilon' as a plain value: it is in what load_state\(\) returns"):
        manager.load_state(epsilon=0.5)


def test_another_architecture(run: Process) -> None:
    manager = run(steps=10, framework="torch")
    manager.save_state(policy=torch.nn.Linear(3, 2))
    with pytest.raises(CheckpointError) as caught:
        manager.load_state(policy=torch.nn.Linear(4, 2))
    assert "size mismatch for weight" in str(caught.value)
    assert f"step 10 in '{manager.checkpoint_dir.rstrip('/')}'" in str(caught.value)


def test_the_replay_buffer_is_kept_once(run: Process) -> None:
    manager = run(steps=0)
    buffer = deque([(np.ones(2), 1)], maxlen=9)
    for step in (10, 20):
        manager.set_timestep(step)
        manager.save_state(replay_buffer=buffer)
    assert len(list(Path(manager.tmp_data_dir).iterdir())) == 1
    fresh: deque[Any] = deque(maxlen=9)
    manager.load_state(replay_buffer=fresh)
    assert fresh[0][0].tolist() == [1, 1]
    with pytest.raises(CheckpointNotFoundError, match="which is gone: only the newest state keeps its replay buffer"):
        manager.load_state(10, replay_buffer=fresh)
    manager.load_state(10)
    with pytest.raises(CheckpointError, match="cannot be given to the deque in place"):
        manager.load_state(replay_buffer=deque(maxlen=3))


def test_a_state_without_a_replay_buffer_says_so(run: Process) -> None:
    manager = run(steps=0)
    manager.save_state()
    with pytest.raises(CheckpointNotFoundError, match="was saved without a replay buffer"):
        manager.load_state(replay_buffer=deque())


def test_functions_and_classes_are_no_state(run: Process) -> None:
    manager = run(steps=0)
    with pytest.raises(CheckpointError, match="of 'activation', a function is no state"):
        manager.save_state(activation=lambda x: x)
    assert not list(Path(manager.checkpoint_dir).glob("*"))


def test_what_is_left_out_is_told_once(run: Process) -> None:
    manager = run(steps=0)
    counter = Counter()
    counter.window = memoryview(b"")  # type: ignore[attr-defined]
    manager.save_state(counter=counter, replay_buffer=counter)
    manager.save_state(counter=counter, replay_buffer=counter)
    manager.finish()
    (told,) = Path(manager.data_root).rglob("warn.txt")
    assert told.read_text().count("counter: window (memoryview)") == 1


def test_a_full_disk_leaves_the_state_before_and_its_replay_buffer(
    process: Process, tmp_path: Path, said: list[str]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], capture_output=True)
    if done.returncode:
        pytest.skip("only who may mount file systems has a small disk")
    try:
        manager = process(root=disk)
        manager.log_files_gen()
        manager.save_state(replay_buffer=np.zeros(100_000), note="before")
        large = np.ones(100_000)
        with pytest.raises(CheckpointError, match="No space left on device"):
            manager.save_state(replay_buffer=np.ones(300_000))
        with pytest.raises(CheckpointError, match="No space left on device"):
            manager.save_state(replay_buffer=large, parameters=np.ones(300_000))
        assert manager.load_state(replay_buffer=large) == {"note": "before"}
        assert large.sum() == 0
        assert len(list(Path(manager.tmp_data_dir).iterdir())) == 1
        manager.finish()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_torch_is_not_needed(run_python: Callable[..., subprocess.CompletedProcess[str]], data_root: Path) -> None:
    program = """
import sys
sys.modules["torch"] = None
import numpy as np
from rla import exp_manager
config = {"LOG_USED": ["csv"], "DL_FRAMEWORK": "plain"}
exp_manager.configure("t", config, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
rng, weights = np.random.default_rng(0), np.zeros(3)
exp_manager.save_state(rng=rng, weights=weights, replay_buffer=np.arange(5))
expected = rng.random()
values = exp_manager.load_state(rng=rng, replay_buffer=np.zeros(5, int))
assert rng.random() == expected and values["weights"].tolist() == [0, 0, 0]
"""
    done = run_python(program, data_root)
    assert done.returncode == 0, done.stderr
