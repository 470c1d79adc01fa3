"""Rows that only a journal has are drawn as well: of a run that goes on, and of one that was killed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from RLA import logger, plot_func, time_step_holder

KILLED = """
import os, signal, sys
from rla import exp_manager, logger, time_step_holder

exp_manager.set_hyper_param(lr=0.1, fate="killed")
exp_manager.add_record_param(["lr", "fate"])
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
for step in range(100):
    time_step_holder.set_time(step)
    logger.record_tabular("return", step)
    logger.dump_tabular()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("use_buf", [False, True])
def test_all_rows_are_drawn(
    use_buf: bool,
    data_root: Path,
    start: Callable[..., None],
    run_python: Callable[..., subprocess.CompletedProcess[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    data_root.mkdir()
    assert run_python(KILLED, data_root).returncode < 0
    start(lr=0.2, fate="alive")
    for step in range(50):
        time_step_holder.set_time(step)
        logger.record_tabular("return", -step)
        logger.dump_tabular()
    drawn, scores = plot_func(data_root, "demo_task", ["20*"], ["fate"], ["return"], use_buf=use_buf)
    assert scores["fate=killed (1)-range"] == (99, 99)
    assert scores["fate=alive (1)-range"] == (-49, -49)
    assert len(drawn["return"]["fate=killed-sr"][1]) == 100
    assert "demo_task: 2 runs (1 dead, 1 running)\n" in capsys.readouterr().out
