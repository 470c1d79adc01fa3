"""A comparison of tags holds when it holds for any of them; its opposite, when it holds for none."""

from __future__ import annotations

from typing import Any

import pytest

from rla.errors import QueryError


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("tag == baseline", [0, 1]),
        ("tag == 'a tag'", [1]),
        ("tag == base", []),
        ("tag in (baseline, new)", [0, 1, 2]),
        ("tag ~ 'base*'", [0, 1]),
        ("tag ~ 're:^(new|a)'", [1, 2]),
        ("tag == 2026", [2]),
        ("tag == none", [3]),
        ("tag in (none, new)", [2, 3]),
        ("tag != none", [0, 1, 2]),
        ("tag != baseline", [2, 3]),
        ("tag not in (baseline, new)", [3]),
        ("tag !~ 'base*'", [2, 3]),
        ("run.tag == new", [2]),
        ("tag == baseline and not tag == 'a tag'", [0]),
    ],
)
def test_a_comparison_looks_at_all_tags(database: Any, expression: str, found: list[int]) -> None:
    database.add(tags=["baseline"])
    database.add(tags=["baseline", "a tag"])
    database.add(tags=["new", "2026"])
    database.add()
    assert database.find(expression) == found


@pytest.mark.parametrize("expression", ["tag", "tag < 3"])
def test_tags_are_neither_true_nor_in_an_order(database: Any, expression: str) -> None:
    with pytest.raises(QueryError, match="'tag' is a list of texts"):
        database.find(expression)


def test_a_hyper_parameter_may_be_called_like_a_fact(database: Any) -> None:
    named = database.add(tag="mine", status="on")
    database.add(tags=["mine"], run={"status": "on"})
    assert database.find("params.tag == mine") == database.find("params.status == on") == [named]
