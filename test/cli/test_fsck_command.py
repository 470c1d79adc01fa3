"""`rla fsck` finds what killed runs left behind, and writes it out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from rla.cli.main import _group

KILLED = """
import os, sys
from rla import exp_manager, logger
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=".")
exp_manager.log_files_gen()
for step in range(50):
    logger.record_tabular("x", step)
    logger.dump_tabular()
os.kill(os.getpid(), 9)
"""


def fsck(data_root: Path, *options: str) -> Result:
    return CliRunner().invoke(_group, ["fsck", "--root", str(data_root), *options], prog_name="rla")


def test_a_killed_run_is_found_and_repaired_once(run_python: Callable[..., object], data_root: Path) -> None:
    run_python(KILLED, data_root)
    found = json.loads(fsck(data_root, "--json").output)
    assert (found["errors"], found["warnings"]) == (0, 1)
    (progress,) = data_root.rglob("progress.csv")
    assert "repaired" in fsck(data_root, "--repair").output
    assert len(progress.read_text().splitlines()) == 51
    assert json.loads(fsck(data_root, "--json").output)["findings"] == []


def test_errors_give_exit_code_1(run_python: Callable[..., object], data_root: Path) -> None:
    run_python(KILLED, data_root)
    (card,) = data_root.rglob("experiment.json")
    card.write_text("{")
    done = fsck(data_root)
    assert done.exit_code == 1
    assert "experiment.json cannot be read" in done.output
