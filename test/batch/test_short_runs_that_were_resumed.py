"""Whether a run is short is told by all that it recorded: what it left behind when it was resumed was work, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rla.batch import apply, plan_archive
from rla.batch.short_runs import largest_step
from rla.clock import TimeStepHolder
from rla.database.trees import ExperimentPlace
from rla.names import ARCHIVED, LOG
from rla.output.logger import Logger
from rla.output.reader import read_progress
from rla.query import experiments


def go_on(log_dir: Path, resume_at: float, step: float) -> None:
    logger = Logger(TimeStepHolder(), on_terminal=False)
    logger.open(log_dir, ["csv"], resume_at=resume_at)
    logger.record_tabular("loss", 0.5)
    logger.dump_tabular(step)
    logger.close()


def test_the_largest_step_is_that_of_all_rows(recorded_run: Callable[..., ExperimentPlace]) -> None:
    log_dir = recorded_run(steps=(0, 10, 5000)).path(LOG)
    go_on(log_dir, resume_at=10, step=20)
    assert read_progress(log_dir).rows[-1]["time-step"] == 20
    assert largest_step(log_dir) == (5000, None)


def test_an_archived_copy_has_the_same_history(recorded_run: Callable[..., ExperimentPlace], data_root: Path) -> None:
    place = recorded_run(steps=(0, 10, 5000))
    go_on(place.path(LOG), resume_at=10, step=20)
    apply(plan_archive(experiments(data_root)))
    (copy,) = (data_root / ARCHIVED / LOG).glob("demo/*/*/*/*")
    assert read_progress(copy).rows == read_progress(place.path(LOG)).rows
    assert len(read_progress(copy, with_abandoned=True).rows) == 4
