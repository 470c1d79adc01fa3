"""What is no name and no condition is answered with what was expected and what came."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rla.errors import ExperimentNotFoundError, InvalidNameError, QueryError
from rla.query import experiments, find_run


@pytest.fixture
def one(data_root: Path) -> Path:
    log = data_root / "log" / "demo" / "2026/11/20/13-05-01-000001_10.0.0.1_&lr=0.1"
    log.mkdir(parents=True)
    (log / "parameter.json").write_text(json.dumps({"lr": 0.1}))
    (log / "progress.csv").write_text("loss,time-step\n0.5,10\n")
    return data_root


@pytest.mark.parametrize("wrong", [5, None, [], [5], {"loss": 1, 3: 4}], ids=repr)
def test_metrics_that_are_no_names(one: Path, wrong: Any) -> None:
    with pytest.raises(QueryError, match="needs the names of recorded keys"):
        experiments(one).load(wrong)


@pytest.mark.parametrize("wrong", [5, None, [None]], ids=repr)
def test_parameters_that_are_no_names(one: Path, wrong: Any) -> None:
    with pytest.raises(QueryError, match=r"parameters are the names .* got"):
        experiments(one).load("loss", parameters=wrong)
    with pytest.raises(QueryError, match=r"parameters are the names .* got"):
        experiments(one).episodes(parameters=wrong)


@pytest.mark.parametrize("wrong", [5, None, ["lr"]], ids=repr)
def test_a_key_to_sort_by_that_is_no_name(one: Path, wrong: Any) -> None:
    with pytest.raises(QueryError, match="needs the name of a value"):
        experiments(one).sorted_by(wrong)


@pytest.mark.parametrize("wrong", [5, None, "\0", "\ud800", "nothing", b"13-05"], ids=repr)
def test_a_run_that_has_no_such_name(one: Path, wrong: Any) -> None:
    with pytest.raises(ExperimentNotFoundError):
        find_run(one, wrong)


@pytest.mark.parametrize("wrong", [5, b"x", ["lr < 1"]], ids=repr)
def test_a_condition_or_a_pattern_that_is_no_text(one: Path, wrong: Any) -> None:
    with pytest.raises(QueryError, match="is a text such as"):
        experiments(one, where=wrong)
    with pytest.raises(QueryError, match="is a text such as"):
        experiments(one, pattern=wrong)


@pytest.mark.parametrize("wrong", [5, "", "..", "/", "\0"], ids=repr)
def test_a_task_that_is_no_name(one: Path, wrong: Any) -> None:
    with pytest.raises(InvalidNameError):
        experiments(one, task=wrong)


def test_an_index_is_never_written_into_the_data_root(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(one.rglob("*"))
    monkeypatch.setenv("RLA_CACHE", str(one / "cache"))
    found = experiments(one)
    assert [each.parameters for each in found] == [{"lr": 0.1}]
    assert found.load("loss")["loss"].tolist() == [0.5]
    monkeypatch.delenv("RLA_CACHE")
    monkeypatch.setenv("HOME", str(one))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("TMPDIR", str(one))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert len(experiments(one)) == 1
    assert sorted(one.rglob("*")) == before
