"""Fixtures for the tests of adapters: what TensorBoard and a reader of CSV see of a folder."""

from __future__ import annotations

import csv
import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla.adapt import folder_loggers

Runs = dict[str, dict[str, list[tuple[int, float]]]]


@pytest.fixture(autouse=True)
def no_open_folders() -> Iterator[None]:
    """Writers that a test leaves open end with it."""
    yield
    for logger in list(folder_loggers._loggers.values()):
        logger.close()
    folder_loggers._loggers.clear()
    folder_loggers._users.clear()


@pytest.fixture
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the test works in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def accumulators(folder: Path) -> dict[str, Any]:
    """Return TensorBoard's own view of all runs below a folder, by name; nothing is sampled."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    runs = sorted({path.parent for path in folder.rglob("events.out.tfevents.*")})
    keep = {"scalars": 0, "tensors": 0, "images": 0, "histograms": 0, "audio": 0}
    return {run.relative_to(folder).as_posix(): EventAccumulator(str(run), size_guidance=keep).Reload() for run in runs}


@pytest.fixture
def views() -> Callable[[Path], dict[str, Any]]:
    return accumulators


@pytest.fixture
def runs() -> Callable[[Path], Runs]:
    """Read scalars as TensorBoard does: points by tag by run."""

    def read(folder: Path) -> Runs:
        return {
            run: {tag: [(event.step, event.value) for event in view.Scalars(tag)] for tag in view.Tags()["scalars"]}
            for run, view in accumulators(folder).items()
        }

    return read


@pytest.fixture
def rows() -> Callable[[Path], list[dict[str, str]]]:
    """Read `progress.csv`: the cells that are not empty, without the timestamp."""

    def read(folder: Path) -> list[dict[str, str]]:
        with open(folder / "progress.csv", newline="") as stream:
            return [
                {key: cell for key, cell in row.items() if cell and key != "timestamp"}
                for row in csv.DictReader(stream)
            ]

    return read


@pytest.fixture
def in_a_fork() -> Callable[[Callable[[], object]], int]:
    """Run a function in a forked process; return its exit code, negative for a signal."""

    def run(function: Callable[[], object]) -> int:
        pid = os.fork()
        if not pid:
            try:
                function()
            except BaseException:
                traceback.print_exc()
                os._exit(3)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    return run
