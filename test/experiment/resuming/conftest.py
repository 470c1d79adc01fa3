"""Fixtures for the tests of resuming: managers that stand for one process after the other, and what they record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager, read_progress

Process = Callable[..., ExperimentManager]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The folder of the code of all runs."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "train.py").write_text("print('training')\n" * 10)
    return folder


@pytest.fixture
def process(data_root: Path, code: Path) -> Iterator[Process]:
    """Configure a manager as a new process has one: ``process(lr=0.1)``; what the one before recorded is ended."""
    started: list[ExperimentManager] = []

    def begin(
        formats: tuple[str, ...] = ("csv", "log"), framework: str = "plain", root: Path = data_root, **hyper_param: Any
    ) -> ExperimentManager:
        for manager in started:
            manager.finish()
        manager = ExperimentManager()
        started.append(manager)
        manager.set_hyper_param(**hyper_param)
        config = {
            "LOG_USED": list(formats),
            "DL_FRAMEWORK": framework,
            "BACKUP_CONFIG": {"backup_code_dir": ["train.py"]},
        }
        manager.configure("demo_task", config, data_root=root, code_root=code)
        return manager

    yield begin
    for manager in started:
        manager.finish()


@pytest.fixture
def run(process: Process) -> Process:
    """Start a run that has a row each ten steps until ``steps``, and a state each ``save`` steps."""

    def start(steps: int = 50, save: int = 20, tracked: Iterable[str] = (), **options: Any) -> ExperimentManager:
        manager = process(**options)
        manager.add_record_param(list(tracked))
        manager.log_files_gen()
        record(manager, range(10, steps + 1, 10), save)
        return manager

    return start


def record(manager: ExperimentManager, steps: Iterable[int], save: int = 0, loss: float = 1.0) -> None:
    """Record a row for each step, and a state each ``save`` steps."""
    for step in steps:
        manager.set_timestep(step)
        manager.logger.record_tabular("loss", loss)
        manager.logger.dump_tabular()
        if save and step % save == 0:
            manager.save_state(note=f"at {step}")


def history(manager: ExperimentManager) -> list[tuple[Any, Any]]:
    """Return time step and loss of the rows that belong to the history of a run."""
    manager.logger.flush()
    return [(row["time-step"], row["loss"]) for row in read_progress(manager.log_dir).rows]
