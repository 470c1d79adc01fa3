"""The doctor notes clocks that are wrong, by what they wrote: dates, heartbeats and times of files in the future."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

from rla.experiment.doctor.check import NOTE, OK, Check
from rla.experiment.doctor.clock import check_clock
from rla.experiment.doctor.subject import Subject

Checks = Callable[..., dict[str, Check]]
RECORD = "logger.record_tabular('a', 1)\nlogger.dump_tabular()\n"


def test_where_nothing_is_of_the_future_all_is_well(run_of: Callable[..., Path], checks: Checks) -> None:
    run_of(days_ago=0)
    run_of(days_ago=-1)  # tomorrow has begun in other time zones
    run_of(status="running", host="other", heartbeat=time.time() + 2)
    found = checks(check_clock)["clock"]
    assert (found.verdict, found.found) == (OK, "nothing in the data root is of the future")


def test_date_folders_of_the_future_are_noted(run_of: Callable[..., Path], checks: Checks, subject: Subject) -> None:
    run_of(days_ago=-3)
    run_of(days_ago=-400)
    found = checks(check_clock)["clock"]
    assert found.verdict == NOTE
    assert found.found.startswith(f"2 date folders of the future, the last one {subject.day_before(-400)}")


def test_a_heartbeat_of_the_future_is_noted_with_its_host(run_of: Callable[..., Path], checks: Checks) -> None:
    run_of(status="running", host="other", heartbeat=time.time() + 600)
    run_of(status="running", host="third", heartbeat=time.time() - 60)
    found = checks(check_clock)["clock"]
    assert found.verdict == NOTE
    assert found.facts["host"] == "other"
    assert "10 min in the future" in found.found


def test_a_file_system_that_is_ahead_is_noted(run_of: Callable[..., Path], checks: Checks) -> None:
    folder = run_of()
    os.utime(folder / "experiment.json", (time.time() + 60, time.time() + 60))
    found = checks(check_clock)["clock"]
    assert found.verdict == NOTE
    assert "the file system's clock is ahead" in found.found


def test_a_file_system_that_is_behind_is_seen_by_the_cards_of_living_runs(
    start_experiment: Callable[..., Popen[str]], data_root: Path, checks: Checks
) -> None:
    start_experiment("sys.stdin.read()\n", ready=RECORD + "print('ready', flush=True)\n")
    assert checks(check_clock)["clock"].verdict == OK
    (card,) = data_root.rglob("log/**/experiment.json")
    os.utime(card, (time.time() - 300, time.time() - 300))
    (found,) = check_clock(Subject(data_root))
    assert found.verdict == NOTE
    assert "5 min behind" in found.found


def test_a_clock_that_is_set_to_no_date_stops_nothing(run_of: Callable[..., Path], data_root: Path) -> None:
    run_of(status="running", host="other", heartbeat=1e300)
    assert list(check_clock(Subject(data_root)))
    assert list(check_clock(Subject(data_root, now=1e18)))
