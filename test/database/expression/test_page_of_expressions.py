"""docs/expressions.md: each expression finds some of the experiments here, each error looks as the page shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rla.database.expression import FACTS
from rla.errors import QueryError

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "expressions.md").read_text(encoding="utf-8")

TABLES = re.findall(r"^\| expression \| finds \|\n\|.*\n((?:\|.*\n)+)", PAGE, flags=re.M)
EXAMPLES = [line.split(" | ")[0].removeprefix("| ") for table in TABLES for line in table.splitlines()]
BLOCKS = re.findall(r"^```text\n(.*?)\n```$", PAGE, flags=re.M | re.S)
ERRORS = [block for block in BLOCKS if "^" in block]


def unquoted(code: str) -> str:
    """Return what stands in the backticks of Markdown."""
    return code.removeprefix("`` ").removesuffix(" ``") if code.startswith("``") else code.strip("`")


@pytest.fixture(scope="module")
def asked(new_database: Callable[[], Any], now: float) -> Any:
    """Three experiments; each expression of the page finds one or two of them."""
    database = new_database()
    today = datetime(2026, 11, 21, 9).timestamp()
    day = datetime(2026, 11, 20, 13, 5, 30).timestamp()
    database.add(
        run={
            "name": "demo_task/2026/11/20/13-05-30-000001_a_&lr=0.001&seed=1",
            "status": "failed",
            "parent": None,
            "date": day,
            "start": day,
            "end": now - 3600,
            "steps": 3e6,
            "size": 6e8,
            "size.checkpoint": 2**31,
            "duration": 50_000.0,
            "python": "3.10",
        },
        last={"eval/return": 950.0, "total reward": 11, "lr": 1e-5, "loss": float("nan"), "timestamp": now - 60},
        tags=["baseline"],
        lr=1e-4,
        env_id="Hopper-v4",
        exp_name="a (new) try",
        seed=1,
        double_q=True,
        name="big",
        **{"agent.lr": 3e-4, "layers": [64, 64]},
    )
    database.add(
        run={
            "name": "other/2026/12/21/09-00-00-000001_a_&lr=1&seed=5",
            "status": "running",
            "parent": "x",
            "date": today + 86400 * 30,
            "start": today,
            "steps": 5,
            "size": 1,
            "size.checkpoint": 0,
            "duration": 1,
        },
        last={"eval/return": float("-inf"), "total reward": 1, "lr": 1, "loss": 0.5, "timestamp": now - 7200},
        tags=["new"],
        lr=1,
        env_id="Walker2d-v5",
        exp_name="it's",
        seed=11,
        double_q=False,
        name="small",
    )
    database.add(run={"status": "finished", "date": datetime(2026, 11, 22).timestamp()}, lr=None)
    return database


@pytest.mark.parametrize("code", EXAMPLES)
def test_each_expression_of_the_page_finds_some_and_not_all(asked: Any, code: str) -> None:
    assert len(asked.find(unquoted(code))) in (1, 2)


def test_the_first_expression_of_the_page_finds_what_it_says(asked: Any) -> None:
    assert asked.find(BLOCKS[0]) == [0]


@pytest.mark.parametrize("block", ERRORS)
def test_each_error_of_the_page_looks_as_shown(asked: Any, block: str) -> None:
    with pytest.raises(QueryError) as caught:
        asked.find(block.splitlines()[1].strip())
    assert str(caught.value) == block


def test_the_page_was_read() -> None:
    assert len(EXAMPLES) > 40
    assert len(ERRORS) == len(BLOCKS) - 1 >= 8


def test_the_page_has_every_fact_with_its_type() -> None:
    (table,) = re.findall(r"^\| fact \| type \| .*\n\|.*\n((?:\|.*\n)+)", PAGE, flags=re.M)
    assert table.splitlines() == [f"| `{name}` | {fact.type} | {fact.description} |" for name, fact in FACTS.items()]


@pytest.mark.parametrize(
    ("said", "expression", "found"),
    [
        ("`python == 3.10` is not `3.1`", "python == 3.1", []),
        ("`layers == '[64,64]'`", "layers == '[64,64]'", [0]),
        ("`layers ~ '[[]64,*'`", "layers ~ '[[]64,*'", [0]),
        ("`date == 2026-11` of that month", "date == 2026-11", [0, 2]),
        ("`2026-11-20T08:00`", "start >= 2026-11-20T08:00", [0, 1]),
    ],
)
def test_what_the_page_says_beside_its_tables_holds(asked: Any, said: str, expression: str, found: list[int]) -> None:
    assert said in PAGE
    assert asked.find(expression) == found
