"""Pinned and living experiments are not deleted, and it is said why; those of dead and silent processes are."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager, query
from rla.batch import apply, choose, plan_deletion
from rla.database.pins import pin, unpin
from rla.database.trees import ExperimentPlace

Live = Callable[..., "subprocess.Popen[str]"]


def reasons(data_root: Path) -> list[str]:
    return [refusal.reason for refusal in plan_deletion(choose(data_root, "demo", "*")).refused]


def place_of(log_dir: Path) -> ExperimentPlace:
    *above, task, year, month, day, name = log_dir.parts
    return ExperimentPlace(Path(*above).parent, task, f"{year}/{month}/{day}", name)


def test_a_pinned_one_is_refused_with_its_reason(data_root: Path, experiment: Callable[..., Path]) -> None:
    pinned = experiment("13-05-01-000001", lr=0.1)
    other = experiment("13-05-02-000001", lr=0.2)
    pin(place_of(pinned), "Table 2")
    plan = plan_deletion(choose(data_root, "demo", "*"))
    assert [(refusal.name, refusal.reason) for refusal in plan.refused] == [
        (f"demo/2026/11/20/{pinned.name}", "it is pinned: Table 2")
    ]
    assert [item.place.index_name for item in plan.items] == [other.name]
    assert unpin(place_of(pinned))
    assert reasons(data_root) == []


@pytest.mark.parametrize(
    "content", [b"", b"no JSON", b"[]", b'{"reason": 1, "time": "x"}', b'{"time": 1%s}' % (b"0" * 400)]
)
def test_a_pin_that_cannot_be_read_holds(content: bytes, data_root: Path, experiment: Callable[..., Path]) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    pin(place_of(log_dir), "Table 2")
    (note,) = (data_root / ".rla" / "pins").rglob("*.json")
    note.write_bytes(content)
    assert reasons(data_root) == ["it is pinned: its reason cannot be read"]


def test_one_that_is_pinned_after_the_plan_stays(data_root: Path, experiment: Callable[..., Path]) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    plan = plan_deletion(choose(data_root, "demo", "*"))
    pin(place_of(log_dir), "the reviewers ask")
    outcome = apply(plan)
    assert (outcome.done, outcome.operation) == ([], None)
    assert [refusal.reason for refusal in outcome.refused] == ["it is pinned: the reviewers ask"]
    assert log_dir.is_dir()


def test_a_run_of_this_process(data_root: Path, start: Callable[..., None]) -> None:
    start("demo", lr=0.1)
    (reason,) = reasons(data_root)
    assert reason.startswith("it is under way: process ")
    exp_manager.finish()
    assert reasons(data_root) == []


def test_a_run_of_another_process_until_it_is_killed(data_root: Path, live: Live) -> None:
    process = live()
    assert [reason.split(" on ")[0] for reason in reasons(data_root)] == [f"it is under way: process {process.pid}"]
    process.kill()
    process.wait()
    (item,) = plan_deletion(choose(data_root, "demo", "*")).items
    assert item.status == "dead"


def test_one_that_began_to_live_after_the_plan_stays(data_root: Path, live: Live) -> None:
    process = live()
    process.kill()
    process.wait()
    plan = plan_deletion(choose(data_root, "demo", "*"))
    assert len(plan.items) == 1
    (log_dir,) = (data_root / "log" / "demo").glob("*/*/*/*")
    card = json.loads((log_dir / "experiment.json").read_text())
    alive = live()
    (log_dir / "experiment.json").write_text(json.dumps({**card, "pid": alive.pid, "process_start": None}))
    outcome = apply(plan)
    assert [refusal.reason.split(" on ")[0] for refusal in outcome.refused] == [f"it is under way: process {alive.pid}"]
    assert log_dir.is_dir()


def test_a_run_of_another_host_that_was_heard_of(data_root: Path, experiment: Callable[..., Path]) -> None:
    far = {"host": "far-away", "pid": 77, "heartbeat": time.time() - 60}
    experiment("13-05-01-000001", status="running", card=far, lr=0.1)
    assert reasons(data_root) == ["it is under way: process 77 on far-away"]


def test_a_run_of_another_host_that_fell_silent(data_root: Path, experiment: Callable[..., Path]) -> None:
    silent = {"host": "far-away", "pid": 77, "heartbeat": time.time() - 3600}
    log_dir = experiment("13-05-01-000001", status="running", card=silent, lr=0.1)
    os.utime(log_dir / "experiment.json", (1e9, 1e9))
    plan = plan_deletion(choose(data_root, "demo", "*"))
    assert [(item.status, item.note) for item in plan.items] == [
        ("stale", "nobody has heard of it since its host fell silent")
    ]
    assert len(apply(plan).done) == 1


def test_refused_ones_stay_wholly(data_root: Path, live: Live) -> None:
    live(pause=10)
    (log_dir,) = (data_root / "log" / "demo").glob("*/*/*/*")
    folders = {path for path in data_root.rglob(log_dir.name) if path.is_dir()}
    assert len(folders) == 6
    assert apply(plan_deletion(choose(data_root, "demo", "*"))).done == []
    assert all(folder.is_dir() for folder in folders)
    assert len(query.experiments(data_root)) == 1
