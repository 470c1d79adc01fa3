"""Of two experiments, of which one was made to do harm, one is read as ever, and the other one with what is wrong."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import HYPERPARAMETER, RLAWarning, experiment_data_query
from rla.query import experiments

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def two(good: Callable[[int], str], make_hostile: Callable[..., str], hostile: Any) -> tuple[str, str, str]:
    return good(1), make_hostile(hostile), good(2)


def test_it_is_listed_as_unreadable_with_file_and_reason_and_the_other_one_as_ever(
    two: tuple[str, str, str], data_root: Path, hostile: Any, canary: Path
) -> None:
    every = experiments(data_root)
    assert [each.record_date for each in every] == sorted(two)
    one, other, bad = every
    assert [each.status for each in every] == ["finished", "finished", "unreadable"]
    assert re.search(hostile.problem, bad.problem or "", re.DOTALL), bad.problem
    assert (one.problem, one.parameters, one.last) == (None, {"lr": 0.1}, {"loss": 0.5})
    assert (other.problem, other.parameters, other.last) == (None, {"lr": 0.2}, {"loss": 0.5})
    assert [each.record_date for each in every.where("status == unreadable")] == [two[1]]
    assert bad.tracked == {"lr": "0.5"}
    (again,) = experiments(data_root, where="status == unreadable")
    assert again.problem == bad.problem
    assert not canary.exists()


def test_tables_and_the_older_query_go_on(two: tuple[str, str, str], data_root: Path, canary: Path) -> None:
    every = experiments(data_root)
    assert every.to_pandas()["status"].tolist() == ["finished", "finished", "unreadable"]
    assert every.load("loss")["loss"].dropna().tolist()[:2] == [0.5, 0.5]
    assert len(every.episodes()) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RLAWarning)
        older = experiment_data_query(data_root, "demo", None, HYPERPARAMETER)
    assert sorted(older) == sorted(two)
    assert older[two[0]].hyper_param == {"lr": 0.1}  # type: ignore[union-attr]
    assert not canary.exists()
