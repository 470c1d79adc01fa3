"""Runs that died, failed or still run are marked where their curve ends, and the legend says what the marks mean."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager
from rla.plot import curves

from .conftest import lines

KILLED = """
import os, signal, sys
from rla import exp_manager, logger, time_step_holder
exp_manager.set_hyper_param(algo="sac", seed=9)
exp_manager.add_record_param(["algo", "seed"])
exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
for step in (0, 100, 200):
    time_step_holder.set_time(step)
    logger.record_tabular("eval/return", step + 5.0)
    logger.dump_tabular()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed(run_python: Callable[..., Any], data_root: Path) -> None:
    assert run_python(KILLED, data_root).returncode == -signal.SIGKILL


@pytest.fixture
def running(data_root: Path) -> Iterator[None]:
    """A run of this process that has come to step 100."""
    manager = ExperimentManager()
    manager.set_hyper_param(algo="td3", seed=9)
    manager.add_record_param(["algo", "seed"])
    manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
    manager.log_files_gen()
    for step in (0, 100):
        manager.time_step_holder.set_time(step)
        manager.logger.record_tabular("eval/return", 7.0)
        manager.logger.dump_tabular()
    yield
    manager.finish()


def test_a_killed_run_has_a_cross_at_its_end_and_a_running_one_a_circle(
    runs: Callable[..., None], killed: None, running: None, data_root: Path
) -> None:
    for algo in ("sac", "td3"):
        runs(algo, [[1.0, 2.0, 3.0, 4.0]] * 5)
    found = curves(data_root, "eval/return", "algo")
    figure = found.draw()
    cross, circle = lines(figure.axes[0], "_mark")
    assert (cross.get_marker(), cross.get_xdata()[0], cross.get_ydata()[0]) == ("x", 200.0, 205.0)
    assert (circle.get_marker(), circle.get_xdata()[0], circle.get_ydata()[0]) == ("o", 100.0, 7.0)
    assert len(lines(figure.axes[0], "_run")) == 2  # the marks hang on the lines of these two
    assert [text.get_text() for text in figure.legends[0].get_texts()][2:] == ["dead", "running"]
    assert "1 run is dead" in found.caption
    assert "1 run is running" in found.caption


def test_finished_runs_have_no_marks(runs: Callable[..., None], data_root: Path) -> None:
    runs("sac", [[1.0, 2.0]] * 5)
    figure = curves(data_root, "eval/return", "algo").draw()
    assert lines(figure.axes[0], "_mark") == []
    assert len(figure.legends[0].get_texts()) == 1


def test_without_runs_there_are_marks_alone(
    runs: Callable[..., None], killed: None, running: None, data_root: Path
) -> None:
    runs("sac", [[1.0, 2.0, 3.0, 4.0]] * 5)
    (axes,) = curves(data_root, "eval/return", "algo", show_runs=False).draw().axes
    assert (len(lines(axes, "_run")), len(lines(axes, "_mark"))) == (0, 2)


@pytest.mark.parametrize("status", ["failed", "interrupted"])
def test_failed_and_interrupted_runs_have_a_cross(
    experiment: Callable[..., Path], data_root: Path, status: str
) -> None:
    experiment("13-05-01-000001", status=status, rows="loss,time-step\n1,0\n2,10\n", algo="sac", pid=os.getpid())
    figure = curves(data_root, "loss").draw()
    assert [mark.get_marker() for mark in lines(figure.axes[0], "_mark")] == ["x"]
    assert figure.legends[0].get_texts()[-1].get_text() == status
