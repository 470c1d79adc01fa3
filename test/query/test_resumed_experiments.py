"""Queries and their tables know the history of a run that was resumed, and notice each resume."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.clock import TimeStepHolder
from rla.output.logger import Logger
from rla.query import experiments


@pytest.fixture
def finished(experiment: Callable[..., Path], settle: Callable[[], None], data_root: Path) -> Path:
    """A run that has finished long ago, and that queries know."""
    rows = "".join(f"{step / 10},{step},1.0\n" for step in (10, 20, 30, 40))
    log_dir = experiment("13-05-01-000001", rows="loss,time-step,timestamp\n" + rows)
    settle()
    experiments(data_root).load("loss")
    return log_dir


def go_on(log_dir: Path, resume_at: float, step: float, loss: float) -> Logger:
    logger = Logger(TimeStepHolder(), on_terminal=False)
    logger.open(log_dir, ["csv"], resume_at=resume_at)
    logger.record_tabular("loss", loss)
    logger.dump_tabular(step)
    return logger


def test_it_is_found_by_what_it_records_now(finished: Path, data_root: Path) -> None:
    logger = go_on(finished, resume_at=20, step=30, loss=0.25)
    (found,) = experiments(data_root).where("loss < 0.5")
    assert found.step == 30
    logger.close()
    (found,) = experiments(data_root).where("loss < 0.5")
    assert found.step == 30


def test_tables_are_those_of_the_history(finished: Path, data_root: Path) -> None:
    logger = go_on(finished, resume_at=20, step=30, loss=0.25)
    assert list(experiments(data_root).load("loss")["loss"]) == [1, 2, 0.25]
    logger.close()
    table = experiments(data_root).load("loss")
    assert list(table["time-step"]) == [10, 20, 30]
    assert table.attrs["problems"] == {}


def test_columns_that_are_kept_count_no_more_after_a_resume(finished: Path, data_root: Path) -> None:
    go_on(finished, resume_at=20, step=30, loss=0.25).close()
    assert list(experiments(data_root).load("loss")["loss"]) == [1, 2, 0.25]
    go_on(finished, resume_at=10, step=15, loss=0.5).close()
    assert list(experiments(data_root).load("loss")["loss"]) == [1, 0.5]
    (finished / "segments.json").unlink()
    assert list(experiments(data_root).load("loss")["loss"]) == [1, 2, 3, 4, 0.25, 0.5]
