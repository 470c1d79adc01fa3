"""Fixtures for the tests of forking: experiments to fork from, and a new one that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager
from rla.output.logger import Logger

Train = Callable[..., ExperimentManager]


@pytest.fixture
def train(data_root: Path) -> Iterator[Train]:
    """Begin an experiment and record rows: ``train(steps=(0, 10), saved=(10,), lr=0.1)``; it goes on.

    A row of step n has ``loss`` = n, and so has a checkpoint ``weights``.
    """
    managers: list[ExperimentManager] = []

    def begin(
        steps: tuple[int, ...] = (),
        saved: tuple[int, ...] = (),
        task: str = "demo",
        log_used: tuple[str, ...] = ("csv", "log"),
        root: Path | None = None,
        **hyper_param: Any,
    ) -> ExperimentManager:
        manager = ExperimentManager(Logger(on_terminal=False))
        managers.append(manager)
        manager.set_hyper_param(**hyper_param)
        place = root or data_root
        config = {"LOG_USED": list(log_used), "DL_FRAMEWORK": "plain"}
        manager.configure(task, config, data_root=place, code_root=place)
        manager.log_files_gen()
        record(manager, steps, saved)
        return manager

    yield begin
    for manager in managers:
        manager.finish()


def record(manager: ExperimentManager, steps: tuple[int, ...], saved: tuple[int, ...] = ()) -> None:
    """Record a row for each step, and a checkpoint of some."""
    for step in steps:
        manager.set_timestep(step)
        manager.logger.record_tabular("loss", step)
        manager.logger.dump_tabular()
        if step in saved:
            manager.save_checkpoint({"weights": step})


@pytest.fixture(name="record")
def record_fixture() -> Callable[..., None]:
    """Record rows and checkpoints into an experiment: ``record(manager, (20, 30), saved=(30,))``."""
    return record


@pytest.fixture
def name_of() -> Callable[[ExperimentManager], str]:
    """Return the record date of an experiment, by which others find it."""
    return lambda manager: manager.record_date_to_str(manager.record_date)
