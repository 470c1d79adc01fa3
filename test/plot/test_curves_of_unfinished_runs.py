"""Runs that are still under way, and runs that were killed, are drawn to their last row, and marked."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.plot import curves

KILLED = """
import os, signal, sys
from rla import exp_manager, logger, time_step_holder
from rla.output import writer
writer.FLUSH_SECONDS, writer.Writer.wake = 1e6, lambda self: None  # nothing but the journal has the rows
exp_manager.set_hyper_param(algo="sac", seed=1)
exp_manager.add_record_param(["algo", "seed"])
exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
for step in range(0, 60, 10):
    time_step_holder.set_time(step)
    logger.record_tabular("return", step * 2.0)
    logger.dump_tabular()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed(data_root: Path, run_python: Callable) -> None:
    assert run_python(KILLED, data_root).returncode == -signal.SIGKILL


@pytest.mark.usefixtures("killed")
def test_a_killed_run_is_drawn_to_its_last_row_and_marked(record: Callable, data_root: Path) -> None:
    record([(step, step * 2.0) for step in range(0, 100, 10)], algo="sac", seed=0)
    for _ in range(2):  # the second time from what was kept of the first
        found = curves(data_root, "return", "algo", x_range="union")
        (panel,) = found.panels
        lines = {line.status: line for line in panel.run_lines("sac")}
        assert lines["dead"].x.tolist() == [0, 10, 20, 30, 40, 50]
        assert lines["dead"].y.tolist() == [0, 20, 40, 60, 80, 100]
        assert lines["finished"].x[-1] == 90
        assert "1 run is dead, in 'sac'." in found.notes
        assert found["sac"].n.tolist() == [2] * 6 + [1] * 4
    assert set(found.to_pandas(runs=True)["status"]) == {"dead", "finished"}


@pytest.mark.usefixtures("killed")
def test_it_says_which_run_cuts_the_others_short(record: Callable, data_root: Path) -> None:
    record([(step, step * 2.0) for step in range(0, 100, 10)], algo="sac", seed=0)
    found = curves(data_root, "return", "algo")
    assert found["sac"].x.tolist() == [0, 10, 20, 30, 40, 50]
    assert any("Only x from 0 to 50 of 0 to 90 is shown" in note for note in found.notes)


@pytest.mark.usefixtures("killed")
def test_only_runs_that_finished_hold_their_last_value(record: Callable, data_root: Path) -> None:
    record([(step, 1.0) for step in range(0, 30, 10)], algo="sac", seed=0)
    record([(step, 1.0) for step in range(0, 100, 10)], algo="sac", seed=2)
    band = curves(data_root, "return", "algo", x_range="hold")["sac"]
    assert band.x.tolist() == list(range(0, 100, 10))
    assert band.n.tolist() == [3] * 6 + [2] * 4


def test_a_run_under_way_grows_from_look_to_look(record: Callable, data_root: Path) -> None:
    manager = record([(0, 1.0), (10, 2.0)], finish=False, algo="sac", seed=0)
    found = curves(data_root, "return", "algo")
    assert found["sac"].centre.tolist() == [1.0, 2.0]
    assert "1 run is running, in 'sac'." in found.notes
    manager.time_step_holder.set_time(20)
    manager.logger.record_tabular("return", 3.0)
    manager.logger.dump_tabular()
    found = curves(data_root, "return", "algo")
    assert found["sac"].centre.tolist() == [1.0, 2.0, 3.0]
    manager.finish()
    (line,) = curves(data_root, "return", "algo").panels[0].run_lines("sac")
    assert (line.status, line.y.tolist()) == ("finished", [1.0, 2.0, 3.0])


def test_a_run_that_failed_is_marked(record: Callable, data_root: Path) -> None:
    manager = record([(0, 1.0), (10, 2.0)], finish=False, algo="sac", seed=0)
    manager.finish(status="failed")
    assert "1 run is marked as failed, in 'sac'." in curves(data_root, "return", "algo").notes


def test_a_run_that_has_not_recorded_anything_yet_is_told(record: Callable, data_root: Path) -> None:
    record([(0, 1.0), (10, 2.0)], algo="sac", seed=0)
    record([], finish=False, algo="sac", seed=1)
    found = curves(data_root, "return", "algo")
    assert found["sac"].n.tolist() == [1, 1]
    assert {"1 run is running, in 'sac'.", "'sac': 1 of 2 runs have no values."} <= set(found.notes)
