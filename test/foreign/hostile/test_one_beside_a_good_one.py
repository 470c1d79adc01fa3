"""Of two experiments, of which one was made to do harm, one is read as ever, and the other one with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
