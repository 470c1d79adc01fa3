"""A comparison is false for an experiment without the key; only `== none` and `not` find such."""

from __future__ import annotations

from typing import Any

import pytest

COMPARISONS = ["x == 1", "x != 1", "x < 1", "x >= 1", "x ~ '*'", "x !~ 'a'", "x in (1, 2)", "x not in (1, 2)", "x"]


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_an_experiment_without_the_key_is_not_found(database: Any, comparison: str) -> None:
    has, other, none = database.add(x=1), database.add(x=0), database.add(x=None)
    lacks = database.add(y=1)
    found = database.find(comparison)
    assert found
    assert set(found) <= {has, other}
    assert set(database.find(f"not ({comparison})")) == {has, other, none, lacks} - set(found)


@pytest.mark.parametrize("fact", ["parent", "end", "size", "dirty", "age", "tag"])
def test_a_fact_that_no_experiment_has_is_no_error(database: Any, fact: str) -> None:
    only = database.add()
    assert database.find(f"{fact} == none") == [only]
    assert database.find(f"{fact} != none") == []


@pytest.mark.parametrize("comparison", ["size > 5", "size <= 5", "size == 5", "size != 5", "branch ~ '*'", "dirty"])
def test_comparisons_of_a_fact_that_no_experiment_has_find_nothing(database: Any, comparison: str) -> None:
    only = database.add()
    assert database.find(comparison) == []
    assert database.find(f"not {comparison}") == [only]


def test_none_is_a_value_that_is_none_and_a_key_that_is_not_there(database: Any) -> None:
    none, lacks, zero = database.add(x=None), database.add(y=1), database.add(x=0)
    text, nan = database.add(x="none"), database.add(x=float("nan"))
    assert database.find("x == none") == database.find("x == None") == [none, lacks]
    assert database.find("x != none") == [zero, text, nan]
    assert database.find("x == 'none'") == [text]
    assert database.find("x in (none, 0)") == [none, lacks, zero]
    assert database.find("x not in (none, 0)") == database.find("x not in (0)") == [text, nan]
    assert database.find("x not in (none)") == [zero, text, nan]
