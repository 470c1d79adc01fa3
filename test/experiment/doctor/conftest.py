"""Fixtures for the tests of the doctor: runs as they lie on disk, and what an examiner says of a data root."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rla.experiment.doctor.check import Check
from rla.experiment.doctor.subject import Subject
from rla.machine import host_name


@pytest.fixture
def subject(data_root: Path) -> Subject:
    """The data root of this test, which need not be there yet."""
    return Subject(data_root)


@pytest.fixture
def checks(subject: Subject) -> Callable[..., dict[str, Check]]:
    """Return what an examiner says, by the names of its checks: ``checks(check_space)["free space"]``."""

    def look(examiner: Callable[[Subject], Iterable[Check]]) -> dict[str, Check]:
        return {check.name: check for check in examiner(subject)}

    return look


@pytest.fixture
def run_of(data_root: Path) -> Callable[..., Path]:
    """Make the folder of a run with its card: ``run_of(days_ago=2, status="running", host="other")``."""
    count = iter(range(1_000_000))

    def make(days_ago: float = 0, task: str = "demo_task", **card: Any) -> Path:
        # never across midnight, whenever the test runs
        moment = datetime.now().replace(hour=0, minute=0, second=0, microsecond=next(count)) - timedelta(days=days_ago)
        day, name = f"{moment:%Y/%m/%d}", f"{moment:%H-%M-%S-%f}_10.0.0.5_&lr=0.1"
        folder = data_root / "log" / task / day / name
        folder.mkdir(parents=True)
        known = {"id": name, "task": task, "record_date": f"{moment:%Y/%m/%d/%H-%M-%S-%f}", "node": "10.0.0.5"}
        content = {
            **known,
            "index_name": name,
            "status": "finished",
            "host": host_name(),
            "pid": 999_999_999,
            "heartbeat": time.time(),
            "process_start": 1.0,
            **card,
        }
        (folder / "experiment.json").write_text(json.dumps(content))
        return folder

    return make
