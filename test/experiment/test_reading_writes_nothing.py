"""Queries, rows and checks leave a data root as it was, for finished, dead and live runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess, Popen

from rla import TREES, experiment_data_query, read_progress, single_experiment_query
from rla.database.query import find_experiments
from rla.experiment.fsck import check_data_root_files

RECORD = "logger.record_tabular('a', 1)\nlogger.dump_tabular()\n"


def fingerprint(root: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "", path.stat().st_mtime_ns)
        for path in root.rglob("*")
    }


def read_everything(data_root: Path) -> int:
    for tree in TREES:
        for date, result in experiment_data_query(data_root, "demo_task", "**", tree).items():
            single_experiment_query(data_root, "demo_task", date, tree)
            if tree == "archive_tester":
                _ = result.exp_manager.custom_data, result.exp_manager.hyper_param  # type: ignore[union-attr]
    rows = 0
    for record in find_experiments(data_root, "demo_task"):
        _ = record.status(), record.parameters(), record.run_card()
        rows += len(read_progress(record.log_dir).rows)
    check_data_root_files(data_root)
    return rows


def test_the_tree_is_the_same_before_and_after(
    run_experiment: Callable[..., CompletedProcess[str]],
    start_experiment: Callable[..., Popen[str]],
    data_root: Path,
) -> None:
    run_experiment(RECORD)
    run_experiment(RECORD + "os._exit(1)\n")
    process = start_experiment(
        "sys.stdin.read()\n", ready=RECORD + "logger.flush()\ntime.sleep(0.1)\nprint('ready', flush=True)\n"
    )
    import os
    import signal

    os.kill(process.pid, signal.SIGSTOP)  # it lives, and writes nothing of its own meanwhile
    try:
        before = fingerprint(data_root)
        assert read_everything(data_root) == 3
        assert fingerprint(data_root) == before
    finally:
        os.kill(process.pid, signal.SIGCONT)


def test_a_data_root_that_may_only_be_read_can_be_read(
    run_experiment: Callable[..., CompletedProcess[str]], data_root: Path
) -> None:
    run_experiment(RECORD + "os._exit(1)\n")
    for path in (data_root, *data_root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert read_everything(data_root) == 1
    finally:
        for path in (data_root, *data_root.rglob("*")):
            path.chmod(0o755)
