"""A run that has finished is not looked at again; when it is gone on with, every index notices all the same."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.clock import TimeStepHolder
from rla.database.index import refresh
from rla.database.index.index import Index
from rla.output.logger import Logger

Known = Callable[[], dict[str, dict[str, Any]]]
NAME = "13-05-01-000001"


@pytest.fixture
def finished(
    experiment: Callable[..., Path], index: Index, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A finished run of the steps 10 to 40, as an index knows that was brought up to date long ago."""
    rows = "".join(f"{step / 10},{step},1.0\n" for step in (10, 20, 30, 40))
    log_dir = experiment(NAME, rows="loss,time-step,timestamp\n" + rows)
    settle()
    index.refresh()
    monkeypatch.setattr(refresh, "_SETTLED_SECONDS", 0.0)  # else a folder that has just changed is looked at anyway
    return log_dir


@pytest.fixture
def resumed(finished: Path) -> Logger:
    """A logger that goes on with it from step 20."""
    logger = Logger(TimeStepHolder(), on_terminal=False)
    logger.open(finished, ["csv"], resume_at=20)
    return logger


def record(logger: Logger, step: int, loss: float) -> None:
    logger.record_tabular("loss", loss)
    logger.dump_tabular(step)


def set_status(log_dir: Path, status: str) -> None:
    card = json.loads((log_dir / "experiment.json").read_text())
    (log_dir / "experiment.json").write_text(json.dumps({**card, "status": status, "pid": os.getpid()}))


def test_its_new_rows_are_those_of_its_history(resumed: Logger, index: Index, known: Known) -> None:
    record(resumed, 30, 0.5)
    index.refresh()
    assert known()[NAME]["last"]["loss"] == 0.5
    assert known()[NAME]["steps"] == 30
    resumed.close()
    index.refresh()
    assert known()[NAME]["last"]["loss"] == 0.5


def test_a_card_that_says_so_later_is_seen(resumed: Logger, finished: Path, index: Index, known: Known) -> None:
    index.refresh()
    assert known()[NAME]["status"] == "finished", "its card says so still"
    set_status(finished, "running")
    index.refresh()
    assert known()[NAME]["status"] == "running"
    record(resumed, 30, 0.25)
    resumed.close()
    set_status(finished, "finished")
    index.refresh()
    assert known()[NAME]["status"] == "finished"
    assert known()[NAME]["last"]["loss"] == 0.25


def test_once_it_has_finished_again_it_is_left_alone(
    resumed: Logger, finished: Path, index: Index, known: Known, settle: Callable[[], None]
) -> None:
    record(resumed, 30, 0.25)
    index.refresh()
    resumed.close()
    settle()
    index.refresh()
    set_status(finished, "failed")
    settle()
    index.refresh()
    assert known()[NAME]["status"] == "finished"
