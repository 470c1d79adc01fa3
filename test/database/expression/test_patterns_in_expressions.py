"""`~` is a glob of the whole text, or a regular expression after `re:`; that of a name follows the folders of dates."""

from __future__ import annotations

from typing import Any

import pytest

from rla.database.regular_expressions import SearchTime
from rla.errors import QueryError

NAMES = [
    "demo/2026/11/20/13-05-01-000001_10.0.0.5_&env_id=Hopper-v4&lr=0.001",
    "demo/2026/11/21/13-05-01-000001_10.0.0.5_&env_id=Ant-v4&lr=0.01",
    "atari/pong/2026/11/20/13-05-01-000001_10.0.0.5_&env_id=Pong&lr=0.001",
    "atari/pong/2025/01/11/13-05-01-000001_10.0.0.5_&env_id=Pong&lr=0.001",
]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*lr=0.001", [0, 2, 3]),
        ("*Hopper*", [0]),
        ("demo/*", [0, 1]),
        ("demo", [0, 1]),
        ("d*", [0, 1]),
        ("atari", [2, 3]),
        ("atari/p*g", [2, 3]),
        ("2026/11/20", [0, 2]),
        ("2026/11/20/*Pong*", [2]),
        ("2026/11/20/13*", [0, 2]),
        ("2026/11", [0, 1, 2]),
        ("20*/1*", [0, 1, 2]),
        ("20*/*/11", [3]),
        ("demo/2026/11/20", [0]),
        ("atari/pong/2026", [2]),
        ("*/pong/*/11/2?", [2]),
        ("**Ant-v4**", [1]),
        ("2026/**lr=0.001", [0, 2]),
        (NAMES[1], [1]),
        ("Hopper", []),
        ("demo/pong", []),
        ("11/20", []),
        ("re:^demo/.*Ant", [1]),
        ("re:2026/11/2[01]/.*lr=0.001$", [0, 2]),
        ("re:PONG", []),
        ("re:(?i)PONG", [2, 3]),
    ],
)
def test_a_pattern_of_names(database: Any, pattern: str, found: list[int]) -> None:
    for name in NAMES:
        database.add(run={"name": name})
    database.add()
    assert database.find(f"name ~ '{pattern}'") == found
    assert database.find(f"name !~ '{pattern}'") == [number for number in range(4) if number not in found]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("'Hop*'", [0]),
        ("*-v4", [0, 1]),
        ("hop*", []),
        ("Hopper", []),
        ("'[!H]*'", [1, 2]),
        ("'a/*'", [2]),
        ('"it\'s"', []),
        ("''", []),
        ("re:op", [0]),
        ("'re:^.n'", [1]),
        ("'re:'", [0, 1, 2]),
    ],
)
def test_a_pattern_of_any_text_is_of_the_whole_text(database: Any, pattern: str, found: list[int]) -> None:
    for env_id in ("Hopper-v4", "Ant-v4", "a/b/c"):
        database.add(env_id=env_id)
    assert database.find(f"env_id ~ {pattern}") == found


def test_many_experiments_share_a_value(database: Any) -> None:
    for number in range(300):
        database.add(env_id=f"env-{number % 3}", seed=number % 2)
    assert database.find("env_id ~ '*-1' and seed ~ 1") == [number for number in range(300) if number % 6 == 1]


@pytest.mark.parametrize("value", [1e300, 1e16, 123456789.0, 0.1, 5e-324, float("inf"), -17])
def test_a_number_is_matched_as_python_writes_it(database: Any, value: float) -> None:
    found = database.add(x=value)
    assert database.find(f"x ~ '{value}'") == [found]
    assert database.find("x ~ 'x*'") == []


def test_a_text_that_is_like_a_number_does_not_hide_the_number(database: Any) -> None:
    numbers = [database.add(x=value) for value in (1, "1", 1.0, "1.0", True)]
    assert database.find("x ~ '1'") == [numbers[0], numbers[1], numbers[2]]
    assert database.find("x !~ '1'") == [numbers[3], numbers[4]]


def test_all_regular_expressions_of_a_question_share_one_limit(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rla.database.expression.matching.SearchTime", lambda: SearchTime(0.2))
    for number in range(10):
        database.add(x=f"{'a' * 60}{number}!")
    one = "x ~ 're:(a+)+$'"
    for expression in (one, f"not {one}", f"x !~ 're:(a+)+$' or {one}", f"{one} or " * 20 + one):
        with pytest.raises(QueryError, match=r"'\(a\+\)\+\$' was given up after 0\.2 seconds"):
            database.find(expression)
    assert len(database.find("x ~ 're:^a+9!$'")) == 1


def test_an_error_of_the_database_itself_stays_what_it_is(database: Any) -> None:
    database.add(x="a")
    database.connection.execute("DROP TABLE tag")
    with pytest.raises(Exception, match="no such table: tag"):
        database.find("tag ~ '*'")
