"""Data roots as the original RLA left them, the command line, and what a folder looks like to the last bit."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rla.cli.main import _group

REPOSITORY = Path(__file__).resolve().parents[2]
TASKS = ("demo_task", "paper/ablation")

ARCHIVES = """
import collections, datetime, json, pickle, sys, types
for name in ("RLA", "RLA.easy_log", "RLA.easy_log.tester", "RLA.easy_log.time_step"):
    sys.modules[name] = types.ModuleType(name)

class TimeStepHolder:
    pass

class Tester:
    pass

for kind, module in ((Tester, "RLA.easy_log.tester"), (TimeStepHolder, "RLA.easy_log.time_step")):
    kind.__module__ = module
    setattr(sys.modules[module], kind.__name__, kind)

made = {}
for protocol, task, lr in json.loads(sys.argv[1]):
    holder = TimeStepHolder()
    holder.__dict__.update(_TimeStepHolder__time=700, _TimeStepHolder__epoch=3, _TimeStepHolder__tf_log=True)
    tester = Tester()
    tester.__dict__.update(
        _Tester__ipaddr="10.0.0.5", time_step_holder=holder, record_date=datetime.datetime(2022, 3, 1, 21, 10, 11, 1),
        hyper_param={"lr": lr, "agent": {"layers": [64, 64]}}, hyper_param_record=["lr"], task_table_name=task,
        root="/somewhere/else",
        results_dir="/somewhere/else/results/x/", log_dir="/somewhere/else/log/x/", data_root="/somewhere/else",
        custom_data={"returns": [1.0, 2.0]}, private_config={"LOG_USED": ["csv"]},
        metadata_list=collections.OrderedDict(a=1),
    )
    made[f"{task} {lr}"] = pickle.dumps(tester, protocol).hex()
print(json.dumps(made))
"""


@pytest.fixture(params=["today", "with spaces"])
def name_format(request: pytest.FixtureRequest) -> str:
    """How the original wrote index names, before and after 2023."""
    return str(request.param)


@pytest.fixture
def index_name(name_format: str) -> Callable[..., str]:
    """Return an index name: ``index_name(1, lr=0.01)``; numbers are minutes."""

    def make(minute: int, **tracked: object) -> str:
        gap = "_" if name_format == "today" else " "
        pairs = "&".join(f"{key}={value}" for key, value in tracked.items())
        return f"21-{minute:02d}-11-000001{gap}10.0.0.5{gap}&{pairs}"

    return make


@pytest.fixture(scope="session")
def archives() -> dict[str, bytes]:
    """Archives of the original by task and learning rate, written by a process that knows classes of those names."""
    asked = [(protocol, task, lr) for protocol, task in enumerate(TASKS, start=2) for lr in (0.01, 0.03)]
    made = subprocess.run([sys.executable, "-c", ARCHIVES, json.dumps(asked)], capture_output=True, check=True)
    return {name: bytes.fromhex(content) for name, content in json.loads(made.stdout).items()}


@pytest.fixture
def original(data_root: Path, index_name: Callable[..., str], archives: dict[str, bytes]) -> Path:
    """A data root as the original left it.

    In each of two tasks: 21-01 has everything, with an empty parameter.yaml beside the json; 21-02 has a yaml with
    tags of Python alone; 21-03 has an archive and no parameter file; 21-04 has only a log; 21-05 is in the
    hyperparameter tree alone.
    """
    for task in TASKS:

        def folder(tree: str, minute: int, task: str = task, **tracked: object) -> Path:
            made = data_root / tree / task / "2022/03/01" / index_name(minute, **tracked)
            made.mkdir(parents=True, exist_ok=True)
            return made

        for tree in ("log", "code", "hyperparameter"):
            whole = folder(tree, 1, lr=0.01)
            (whole / "parameter.json").write_text('{"lr": 0.01, "agent": {"layers": [64, 64]}, "env_id": "Hopper-v4"}')
            (whole / "parameter.yaml").write_bytes(b"")
            (folder(tree, 2, lr=0.2) / "parameter.yaml").write_text(
                "lr: 0.2\nlayers: !!python/tuple [64, 64]\nname: !!python/unicode 'sac'\nagent: {act: relu}\n"
            )
        for tree in ("checkpoint", "results", "tmp_data"):
            folder(tree, 1, lr=0.01)
        (folder("checkpoint", 1, lr=0.01) / "checkpoint-100.pt").write_bytes(b"weights")
        (folder("code", 1, lr=0.01) / "train.py").write_text("import RLA\n")
        folder("log", 3, lr=0.03)
        folder("log", 4, lr=0.4, env="A_b c")
        folder("hyperparameter", 5, lr=0.5)
        for minute, lr in ((1, 0.01), (3, 0.03)):
            path = folder("archive_tester", minute, lr=lr)
            path.rmdir()
            Path(f"{path}.pkl").write_bytes(archives[f"{task} {lr}"])
        for minute, tracked in ((1, {"lr": 0.01}), (3, {"lr": 0.03}), (4, {"lr": 0.4, "env": "A_b c"})):
            log = folder("log", minute, **tracked)
            # as the csv writer of baselines leaves it after a key came late: earlier lines are filled up with commas
            (log / "progress.csv").write_text(
                f"loss,time-step,timestamp,eval/return\n0.5,10,1.5,\n0.25,20,2.5,{minute}0\n"
            )
            (log / "log.txt").write_text("hello\n")
            (log / "backup.txt").write_text("key: lr, value: 0.1\n")
    return data_root


@pytest.fixture
def rla() -> Callable[..., Result]:
    """Run the command line in this process: ``rla("ls", "--root", root)``."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(_group, list(map(str, arguments)), prog_name="rla")

    return run


@pytest.fixture
def rla_process(tmp_path: Path) -> Callable[..., CompletedProcess[bytes]]:
    """Run the command line in a process of its own, as people do."""

    def run(*arguments: object, timeout: float = 60) -> CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "rla.cli.main", *map(str, arguments)],
            capture_output=True,
            timeout=timeout,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80"},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


@pytest.fixture
def state_of() -> Callable[[Path], dict[str, tuple[Any, ...]]]:
    """Return what a folder looks like: names, kinds, permissions, owners, times of change and contents."""

    def take(root: Path) -> dict[str, tuple[Any, ...]]:
        return dict(_state_of(os.fspath(root)))

    return take


def _state_of(path: str) -> list[tuple[str, tuple[Any, ...]]]:
    status = os.lstat(path)
    content = ""
    if stat.S_ISREG(status.st_mode) and status.st_size < 64 << 20:
        with open(path, "rb") as stream:
            content = hashlib.sha256(stream.read()).hexdigest()
    kept = (status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    found = [(path, (*kept, os.readlink(path) if stat.S_ISLNK(status.st_mode) else content))]
    if stat.S_ISDIR(status.st_mode):
        for name in sorted(os.listdir(path)):
            found += _state_of(f"{path}/{name}")
    return found
