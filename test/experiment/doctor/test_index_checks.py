"""The doctor knows where the index lies, whether it can be used, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.database.index.location import index_path
from rla.experiment.doctor.check import NOTE, OK, WARNING, Check
from rla.experiment.doctor.index import index_checks
from rla.query import experiments

Checks = Callable[..., dict[str, Check]]


def test_none_is_there_before_the_first_question(checks: Checks, experiment: Callable[..., Path]) -> None:
    experiment("13-05-01-000001")
    check = checks(index_checks)["index"]
    assert check.verdict == OK
    assert check.found.startswith("none yet")
    assert not Path(check.facts["path"]).exists()


def test_its_experiments_and_bytes_are_told(checks: Checks, experiment: Callable[..., Path], data_root: Path) -> None:
    experiment("13-05-01-000001")
    experiment("13-05-02-000002")
    experiments(data_root).load("loss")
    check = checks(index_checks)["index"]
    assert (check.verdict, check.facts["experiments"]) == (OK, 2)
    index = Path(check.facts["path"])
    assert check.facts["bytes"] > index.stat().st_size
    assert check.found.startswith("2 experiments, ")


def test_one_that_is_damaged_is_a_note(checks: Checks, data_root: Path) -> None:
    data_root.mkdir()
    path = index_path(data_root)
    assert path is not None
    path.write_bytes(b"no database" * 100)
    check = checks(index_checks)["index"]
    assert check.verdict == NOTE
    assert "builds it again" in check.found


def test_without_a_folder_for_it_there_is_advice(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_CACHE", "/dev/null/cache")
    check = checks(index_checks)["index"]
    assert check.verdict == WARNING
    assert "RLA_CACHE" in check.advice
