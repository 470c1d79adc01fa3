"""Each comparison reads the rows of its key once, and no other rows: 100,000 experiments are answered at once."""

from __future__ import annotations

from typing import Any

import pytest

COMPARISONS = [
    *("x == 1", "x != sac", "x < 3", "x in (1, 2, sac)", "x not in (none, 1)", "x ~ 'a*'", "x !~ 're:a'", "x", "y > 1"),
    *(
        "age < 3d",
        "date == 2026-11-20",
        "date in (2026, 2025-01)",
        "name ~ '2026/*'",
        "status == finished",
        "x == none",
    ),
]


@pytest.fixture
def planned(database: Any) -> Any:
    database.add(x=1, last={"y": 1}, run=dict.fromkeys(("start", "date", "name", "status"), "1"), tags=["a"])
    return database


def plan(database: Any, expression: str) -> list[str]:
    condition, parameters = database.compile(expression)
    database.find(expression)
    query = f"EXPLAIN QUERY PLAN SELECT id FROM experiment WHERE {condition}"
    return [detail for *_, detail in database.connection.execute(query, parameters)]


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_a_comparison_looks_up_its_key_once(planned: Any, comparison: str) -> None:
    looks = [step for step in plan(planned, comparison) if "value" in step and "json_each" not in step]
    assert looks == ["SEARCH value USING PRIMARY KEY (key=?)"]


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_no_look_is_repeated_for_each_experiment(planned: Any, comparison: str) -> None:
    assert not [step for step in plan(planned, f"x == 1 and not ({comparison})") if "CORRELATED" in step]


def test_tags_are_found_by_their_name(planned: Any) -> None:
    assert "SEARCH tag USING PRIMARY KEY (tag=?)" in plan(planned, "tag == baseline")


def test_conditions_have_no_words_of_the_asker_in_them(planned: Any) -> None:
    expression = "x == 'a; DROP TABLE value' and `y` > 77 and tag in (bobby) and date < 2026 and name ~ '*bobby*'"
    condition, parameters = planned.compile(expression)
    assert not any(word in condition for word in ("DROP", "77", "bobby", "2026"))
    assert {"a; DROP TABLE value", 77.0, "bobby", "*bobby*"} <= set(parameters)


@pytest.mark.load
def test_a_hundred_thousand_experiments(database: Any) -> None:
    database.add(x=1, run={"name": ""})
    key, name = database.find_key("params", "x"), database.find_key("run", "name")
    many = range(1, 100_000)
    database.connection.executemany("INSERT INTO experiment VALUES (?)", ((number,) for number in many))
    rows = [(key, number, float(number % 10), None) for number in many]
    rows += [(name, number, None, f"t/2026/11/{number % 28 + 1:02}/13-00-00-{number:06}_a_&") for number in many]
    database.connection.executemany("INSERT INTO value VALUES (?, ?, ?, ?)", rows)
    assert len(database.find("x == 1")) == 10_001
    assert len(database.find("x in (1, 2) and not x == 1 and x ~ '2*'")) == 10_000
    assert len(database.find("name ~ '2026/11/01'")) == 3_571
    assert len(database.find("name ~ 're:/0[12]/.*5_a'")) == sum(
        number % 28 < 2 and number % 10 == 5 for number in many
    )
