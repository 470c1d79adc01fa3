"""Any experiment can be forked: killed, under way, resumed, read-only, of another data root or of an older tool."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager, read_progress
from rla.database.query import find_one
from rla.database.run_card import load_run_card

Train = Callable[..., ExperimentManager]
Name = Callable[[ExperimentManager], str]

KILLED = """
import os, signal, sys
from rla import exp_manager, logger
exp_manager.configure("demo", {"LOG_USED": ["csv", "tensorboard", "log"], "DL_FRAMEWORK": "plain"},
                      data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
for step in range(0, 1000, 10):
    exp_manager.set_timestep(step)
    logger.record_tabular("loss", step)
    logger.dump_tabular()
    if step == 500:
        exp_manager.save_checkpoint({"weights": step})
os.kill(os.getpid(), signal.SIGKILL)
"""


def steps_of(manager: ExperimentManager) -> list[Any]:
    return [row["time-step"] for row in read_progress(manager.log_dir).rows]


def test_a_killed_one_with_all_that_only_its_journal_holds(
    run_python: Callable[..., Any], data_root: Path, train: Train, record: Callable[..., None]
) -> None:
    assert run_python(KILLED, data_root).returncode == -9
    (source,) = data_root.glob("log/demo/*/*/*/*")
    assert (source / ".journal").exists()
    fork = train(log_used=("csv", "tensorboard", "log"))
    assert fork.fork(find_one(data_root, "demo", source.relative_to(data_root / "log/demo").as_posix())) == 500
    record(fork, (505,))
    fork.logger.flush()
    assert steps_of(fork) == [*range(0, 501, 10), 505]
    everything = read_progress(fork.log_dir, with_abandoned=True)
    assert [row["time-step"] for row in everything.rows] == [*range(0, 1000, 10), 505]
    assert (source / ".journal").exists()  # the killed one is as it was


def test_one_that_is_under_way_gives_a_moment_of_it(train: Train, name_of: Name, record: Callable[..., None]) -> None:
    source = train(steps=(0, 10), saved=(10,))
    fork = train()
    assert fork.fork(name_of(source)) == 10
    record(source, (20, 30), saved=(30,))
    record(fork, (15,))
    assert steps_of(fork) == [0, 10, 15]
    assert steps_of(source) == [0, 10, 20, 30]


def test_one_that_was_resumed_with_its_history_alone(train: Train, name_of: Name, record: Callable[..., None]) -> None:
    source = train(steps=(0, 10, 20), saved=(10, 20))
    date = name_of(source)
    source.finish()
    source.resume(date, at=10)
    record(source, (12,))
    source.finish()
    fork = train()
    assert fork.fork(date) == 10  # that of step 20 was left behind
    record(fork, (11,))
    assert steps_of(fork) == [0, 10, 11]


def test_a_fork_can_be_resumed_and_forked_again(train: Train, name_of: Name, record: Callable[..., None]) -> None:
    source = train(steps=(0, 10), saved=(10,))
    fork = train()
    fork.fork(name_of(source))
    record(fork, (20, 30), saved=(20,))
    date = name_of(fork)
    fork.finish()
    fork.resume(date)
    record(fork, (21,))
    second = train()
    assert second.fork(date) == 20
    record(second, (22,))
    assert steps_of(fork) == [0, 10, 20, 21]
    assert steps_of(second) == [0, 10, 20, 22]
    assert load_run_card(second.log_dir).parent == load_run_card(fork.log_dir).id


def test_one_of_another_task_and_data_root(train: Train, name_of: Name, tmp_path: Path) -> None:
    source = train(steps=(0, 10), task="pretrain", root=tmp_path / "elsewhere")
    date = name_of(source)
    source.finish()
    (tmp_path / "elsewhere").rename(tmp_path / "moved")
    fork = train(task="finetune")
    assert fork.fork(date, task="pretrain", data_root=tmp_path / "moved") == 10
    assert steps_of(fork) == [0, 10]


def test_one_whose_files_nobody_may_write_to(train: Train, name_of: Name, record: Callable[..., None]) -> None:
    source = train(steps=(0,), saved=(0,))
    date, folders = name_of(source), [Path(source.log_dir), Path(source.checkpoint_dir)]
    source.finish()
    for folder in folders:
        for path in (*folder.rglob("*"), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
    fork = train()
    fork.fork(date)
    record(fork, (1,))
    copies = [path for folder in (fork.log_dir, fork.checkpoint_dir) for path in Path(folder).rglob("*")]
    assert [path for path in copies if not path.stat().st_mode & stat.S_IWUSR] == []
    assert steps_of(fork) == [0, 1]


def test_one_of_an_older_tool_that_has_rows_alone(
    experiment: Callable[..., Path], train: Train, record: Callable[..., None]
) -> None:
    experiment("13-05-01-000001", task="old", status=None)
    fork = train()
    assert fork.fork("2026/11/20/13-05-01-000001", task="old") == 10
    record(fork, (20,))
    assert steps_of(fork) == [10, 20]
    assert load_run_card(fork.log_dir).parent == "2026/11/20/13-05-01-000001_10.0.0.1"


def test_one_that_has_checkpoints_alone(train: Train, data_root: Path) -> None:
    folder = data_root / "checkpoint/published/2026/11/20/13-05-01-000001_10.0.0.1_&lr=0.1"
    folder.mkdir(parents=True)
    (folder / "checkpoint_300.pt").write_bytes(b"weights")
    fork = train()
    assert fork.fork(find_one(data_root, "published", "2026/11/20/13-05-01-000001", "checkpoint")) == 300
    assert Path(fork.checkpoint_dir, "checkpoint_300.pt").read_bytes() == b"weights"


def test_one_without_rows_and_checkpoints_begins_at_zero(train: Train, name_of: Name) -> None:
    source = train()
    Path(source.tmp_data_dir, "data.bin").write_bytes(b"data")
    fork = train()
    assert fork.fork(name_of(source)) == 0
    assert os.listdir(fork.tmp_data_dir) == ["data.bin"]


@pytest.mark.parametrize("format_name", ["json", "tensorboard"])
def test_one_with_other_formats(format_name: str, train: Train, name_of: Name, record: Callable[..., None]) -> None:
    source = train(steps=(0, 10), log_used=("csv", format_name))
    fork = train(log_used=("csv",))
    fork.fork(name_of(source))
    record(fork, (20,))
    assert steps_of(fork) == [0, 10, 20]
