"""Dates that cannot be, in names, run cards and on the disk, are no reason not to answer."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from rla.query import Experiment, experiments

FUTURE, PAST = 2e10, 0.0


@pytest.fixture
def run(data_root: Path) -> Callable[..., Path]:
    """Write an experiment: ``run("2026/11/20/13-05-01-000001", end=-1)``; further values go into its run card."""

    def write(date: str, **card: Any) -> Path:
        log = data_root / "log" / "demo" / f"{date}_10.0.0.1_&lr=0.1"
        log.mkdir(parents=True)
        known = dict.fromkeys(("id", "task", "record_date", "node", "index_name"), "x") | {"status": "finished"}
        (log / "experiment.json").write_text(json.dumps(known | card))
        (log / "progress.csv").write_text("loss,time-step,timestamp\n0.5,10,1.0\n")
        return log

    return write


def only(data_root: Path) -> Experiment:
    (found,) = experiments(data_root)
    return found


@pytest.mark.parametrize(
    "date",
    ["9999/12/31/23-59-59-999999", "0001/01/01/00-00-00-000000", "0000/00/00/00-00-00-0", "2026/13/40/25-61-61-1"],
)
def test_a_record_date_far_away_or_impossible_is_listed_and_in_every_table(
    run: Callable[..., Path], data_root: Path, date: str, rla: Callable[..., Result]
) -> None:
    run(date)
    run("2026/11/20/13-05-01-000001", start=1e9, end=1e9 + 5)
    assert [each.record_date for each in experiments(data_root)] == sorted([date, "2026/11/20/13-05-01-000001"])
    table = experiments(data_root).to_pandas().set_index("record_date")
    assert table.loc["2026/11/20/13-05-01-000001", "duration"] == 5
    assert len(experiments(data_root).load("loss")) == 2
    assert rla("ls", "--root", data_root).output.count("finished") == 2
    assert rla("show", date, "--root", data_root).exit_code == 0
    assert len(experiments(data_root, where="date > '2026-01-01' and date < '2027-01-01'")) == 1


@pytest.mark.parametrize(
    "card",
    [
        {"start": 2e9, "end": 1e9},
        {"start": math.nan, "end": math.inf},
        {"start": -1e14, "end": 1e14},
        {"start": 10**400, "heartbeat": -(10**400)},
        {"start": "yesterday", "end": [], "heartbeat": None},
        {"start": 2.6e11, "end": 2.7e11},
        {"start": True, "end": False},
    ],
    ids=repr,
)
def test_a_run_card_with_moments_that_cannot_be_is_read(
    run: Callable[..., Path], data_root: Path, card: dict[str, Any], rla: Callable[..., Result]
) -> None:
    run("2026/11/20/13-05-01-000001", **card)
    found = only(data_root)
    assert (found.status, found.last) == ("finished", {"loss": 0.5})
    assert found.facts.get("duration", 0) >= 0
    assert len(experiments(data_root).to_pandas()) == 1
    assert len(experiments(data_root, where="duration >= 0 or start > '2026-01-01' or lr == 0.1")) == 1
    for command in (["ls"], ["ls", "--json"], ["show", "13-05"], ["show", "13-05", "--json"]):
        assert rla(*command, "--root", data_root).exit_code == 0


@pytest.mark.parametrize("moment", [FUTURE, PAST, -1e9])
def test_times_of_change_in_the_future_or_in_1970_hide_no_later_change(
    run: Callable[..., Path], data_root: Path, moment: float
) -> None:
    log = run("2026/11/20/13-05-01-000001")
    for path in (log / "progress.csv", log / "experiment.json", log, log.parent, log.parent.parent):
        os.utime(path, (moment, moment))
    assert only(data_root).last == {"loss": 0.5}
    run("2026/11/20/13-06-01-000001")
    os.utime(log.parent, (moment, moment + 1))
    assert len(experiments(data_root)) == 2
    with open(log / "progress.csv", "a") as stream:
        stream.write("0.25,20,2.0\n")
    os.utime(log / "progress.csv", (moment, moment))
    assert experiments(data_root, fresh=True)[0].last == {"loss": 0.25}


@pytest.mark.parametrize("wrong", [-6000, -3600, 0, 600, 3600, 1e6])
def test_a_run_of_another_host_is_judged_by_when_its_card_came_whatever_its_clock_says(
    run: Callable[..., Path], data_root: Path, wrong: float
) -> None:
    now = time.time()
    for date, silence in (("2026/11/20/13-05-01-000001", 60), ("2026/11/20/13-06-01-000001", 1000)):
        heartbeat = now - silence + wrong
        log = run(date, status="running", host="other", heartbeat=heartbeat)
        os.utime(log / "experiment.json", (now - silence, now - silence))
    silent = "running" if wrong == 600 else "stale"  # a clock that is minutes ahead delays the verdict by these
    assert [each.status for each in experiments(data_root)] == ["running", silent]
