"""A run whose folders are there, and whose run card is not yet, is left alone for some seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rla.batch import Plan, apply, choose, plan_deletion
from rla.database.creation import create_experiment

Write = Callable[..., Path]


def deletion(data_root: Path) -> Plan:
    return plan_deletion(choose(data_root, "demo", "*"))


def test_a_run_that_has_folders_and_no_card_yet_is_refused(data_root: Path) -> None:
    _, place = create_experiment(data_root, "demo", "10.0.0.1", {"lr": 0.1}, datetime.now())
    plan = deletion(data_root)
    assert plan.items == []
    assert [refusal.reason for refusal in plan.refused] == ["it has just been made, and nothing tells yet who runs it"]
    assert place.path("log").exists()


@pytest.mark.parametrize("seconds", [-3600, -90, 3600])
def test_one_of_another_time_is_not(seconds: float, data_root: Path) -> None:
    moment = datetime.now() + timedelta(seconds=seconds)
    _, place = create_experiment(data_root, "demo", "10.0.0.1", {"lr": 0.1}, moment)
    assert len(apply(deletion(data_root)).done) == 1
    assert not place.path("log").exists()


def test_one_that_has_ended_by_its_card_is_not(experiment: Write, data_root: Path) -> None:
    now = datetime.now()
    log_dir = experiment(f"{now:%H-%M-%S-%f}", day=f"{now:%Y/%m/%d}", status="finished", lr=0.1)
    assert len(apply(deletion(data_root)).done) == 1
    assert not log_dir.exists()


def test_a_day_that_no_month_has_is_no_moment(experiment: Write, data_root: Path) -> None:
    log_dir = experiment("13-05-01-000001", day="2026/02/31", status=None, lr=0.1)
    assert len(apply(deletion(data_root)).done) == 1
    assert not log_dir.exists()
