"""The doctor counts killed runs with rows in their journals, silent runs, and cards that cannot be read."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess, Popen

import pytest

from rla.experiment.doctor import subject as subject_file
from rla.experiment.doctor.check import NOTE, OK, WARNING, Check
from rla.experiment.doctor.runs import check_runs
from rla.experiment.doctor.subject import Subject
from rla.experiment.fsck import check_data_root_files

Checks = Callable[..., dict[str, Check]]

RECORD = "logger.record_tabular('a', 1)\nlogger.dump_tabular()\n"


def test_a_killed_run_is_counted_until_it_is_repaired(
    run_experiment: Callable[..., CompletedProcess[str]], data_root: Path, checks: Checks
) -> None:
    run_experiment(RECORD)
    run_experiment(RECORD + "os.kill(os.getpid(), signal.SIGKILL)\n")
    found = checks(check_runs)
    assert found["experiments"].facts["statuses"] == {"dead": 1, "finished": 1}
    assert (found["killed runs"].verdict, found["killed runs"].advice) == (WARNING, "rla fsck --repair")
    check_data_root_files(data_root, repair=True)
    found = {check.name: check for check in check_runs(Subject(data_root))}
    assert found["killed runs"].verdict == NOTE
    assert found["killed runs"].facts == {"dead": 1, "with_journal": 0}


def test_a_run_that_lives_needs_no_care(
    start_experiment: Callable[..., Popen[str]], data_root: Path, checks: Checks
) -> None:
    start_experiment("sys.stdin.read()\n", ready=RECORD + "print('ready', flush=True)\n")
    found = checks(check_runs)
    assert found["experiments"].facts["statuses"] == {"running": 1}
    assert len(found) == 1


def test_runs_of_other_hosts_that_are_not_heard_of_are_told_with_their_hosts(
    run_of: Callable[..., Path], checks: Checks
) -> None:
    for _ in range(2):
        folder = run_of(status="running", host="gpu\x1b7", heartbeat=time.time() - 3600)
        os.utime(folder / "experiment.json", (1e9, 1e9))  # when it was last heard of
    run_of(status="running", host="gpu8", heartbeat=time.time())
    found = checks(check_runs)["silent runs"]
    assert found.verdict == WARNING
    assert found.found.startswith("2 runs of other hosts")
    assert r"gpu\x1b7 (2)" in found.found
    assert "gpu8" not in found.found


def test_cards_that_cannot_be_read_are_counted(run_of: Callable[..., Path], checks: Checks) -> None:
    run_of()
    (run_of() / "experiment.json").write_text("{")
    (run_of() / "experiment.json").unlink()  # of an older tool
    found = checks(check_runs)
    assert found["run cards"].found == "1 run card cannot be read"
    assert found["experiments"].facts["statuses"] == {"finished": 1, "unknown": 2}


def test_older_runs_are_not_looked_at(run_of: Callable[..., Path], checks: Checks) -> None:
    run_of(days_ago=40, status="running")
    found = checks(check_runs)
    assert found["experiments"].verdict == OK
    assert found["experiments"].found == "none in the last 30 days"
    assert len(found) == 1


@pytest.mark.parametrize("bound", ["number", "time"])
def test_of_very_many_runs_the_newest_are_looked_at(
    run_of: Callable[..., Path], checks: Checks, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (3, 0, 2, 1):
        run_of(days_ago=days, status=("finished", "failed", "interrupted", "finished")[days])
    if bound == "number":
        monkeypatch.setattr(subject_file, "MOST_RUNS", 1)
    else:
        monkeypatch.setattr(subject_file.Deadline, "is_over", lambda _: True)
    found = checks(check_runs)["experiments"]
    assert found.found == "of the newest 1, there are more: 1 finished"
    assert found.facts["is_all"] is False
