"""A run that goes on has the hyper-parameters that it had; what the caller sets before goes before, and is noted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager
from rla.errors import QueryError
from test.experiment.resuming.conftest import Process


def resumes_of(manager: ExperimentManager) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(manager.log_dir, "experiment.json").read_text())["resumes"]
    return found


def test_they_come_back_with_their_types(run: Process, process: Process) -> None:
    run(20, lr=0.1, layers=(32, 32))
    manager = process()
    manager.resume("")
    assert manager.hyper_param == {"lr": 0.1, "layers": (32, 32)}
    assert resumes_of(manager)[0]["changed"] == {}


def test_those_that_were_set_before_win_and_are_noted(run: Process, process: Process) -> None:
    run(20, lr=0.1, seed=1)
    manager = process(lr=0.01, seed=1, clip=0.2)
    manager.resume("")
    assert manager.hyper_param == {"lr": 0.01, "seed": 1, "clip": 0.2}
    assert resumes_of(manager)[0]["changed"] == {"lr": [0.1, 0.01], "clip": [None, 0.2]}
    manager.logger.flush()
    assert "changed: lr, clip" in Path(manager.log_dir, "backup.txt").read_text()


def test_a_further_resume_goes_on_with_what_was_changed(run: Process, process: Process) -> None:
    run(20, lr=0.1)
    process(lr=0.01).resume("")
    manager = process()
    manager.resume("")
    assert manager.hyper_param == {"lr": 0.01}
    assert [each["changed"] for each in resumes_of(manager)] == [{"lr": [0.1, 0.01]}, {}]


def test_secrets_are_in_no_file_and_must_be_set_again(run: Process, process: Process, said: list[str]) -> None:
    run(20, api_key="swordfish")
    manager = process()
    manager.resume("")
    assert manager.hyper_param == {}
    manager.logger.flush()
    assert "No file has the values of api_key" in Path(manager.log_dir, "warn.txt").read_text()
    again = process(api_key="swordfish")
    again.resume("")
    assert again.hyper_param == {"api_key": "swordfish"}
    assert resumes_of(again)[-1]["changed"] == {}
    assert "swordfish" not in Path(again.log_dir, "experiment.json").read_text()


def test_a_resume_that_is_refused_leaves_them_alone(run: Process, process: Process) -> None:
    run(20, lr=0.1)
    manager = process(lr=0.5)
    with pytest.raises(QueryError, match="cannot go on at step 999"):
        manager.resume("", at=999)
    assert manager.hyper_param == {"lr": 0.5}
