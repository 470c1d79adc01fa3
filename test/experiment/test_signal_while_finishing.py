"""A signal that comes while an experiment is being finished waits until it is."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

PROGRAM = """
import os, signal, sys, threading, time
from rla import exp_manager, logger
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=".")
exp_manager.log_files_gen()
for step in range(20_000):
    logger.record_tabular("step", step)
    logger.dump_tabular(step)
threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGTERM)).start()
exp_manager.finish()
time.sleep(5)
"""


def test_the_run_is_complete_and_the_process_ends_by_the_signal(run_python: Callable, data_root: Path) -> None:
    done = run_python(PROGRAM, data_root)
    assert done.returncode == -signal.SIGTERM
    (card,) = data_root.rglob("experiment.json")
    assert json.loads(card.read_text())["status"] in ("finished", "interrupted")  # by whichever came first
    (progress,) = data_root.rglob("progress.csv")
    assert len(progress.read_text().splitlines()) == 20_001
