"""Whatever is written as an expression, and however long it is: an answer or a QueryError, never anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rla.errors import ExpressionError, QueryError

PIECES = [
    *(
        "x",
        "y",
        "eval/return",
        "params.x",
        "run.size",
        "status",
        "date",
        "age",
        "tag",
        "name",
        "`a b`",
        "last.",
        "run.",
    ),
    *("and", "or", "not", "in", "AND", "(", ")", "((", "))", ",", "'", '"', "`", "''", "'a'", '"b"', " ", "\n", "\0"),
    *("==", "=", "!=", "<", "<=", ">", ">=", "~", "!~", "!", "&&", "|", "<>", "=~", "is", "?", "%", "--", ";", "*"),
    *("1", "-5", "1e-3", "1e999", "10k", "5min", "500MB", "inf", "nan", "none", "true", "12h", "ago", "now", "today"),
    *(
        "2026",
        "2026-11-20",
        "2026/11/20/13-05",
        "9999-12-31",
        "0001-01-01",
        "99999999999h ago",
        "re:",
        "re:(",
        "[",
        "['",
    ),
    *("sac", "奖励", "\ud800", "\U0010ffff", "ſ", "K", "٣", "1e", "e1", "_", ".", "-", "+", "/", "../x", "[z-a]", "\\"),
]


@pytest.fixture(scope="module")
def asked(new_database: Callable[[], Any]) -> Any:
    database = new_database()
    database.add(x=1, y="a", last={"eval/return": 0.5, "a b": 1}, run={"name": "t/2026/11/20/13_a_&", "start": 1.7e9})
    database.add(x="sac", y=None, tags=["a"], run={"date": 1.7e9, "status": "finished", "size": 5})
    return database


def refusal(database: Any, text: str) -> QueryError | None:
    """Ask, and return why the expression was refused; None when it was answered."""
    try:
        assert set(database.find(text)) <= {0, 1}
    except QueryError as error:
        return error
    return None


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join), st.text(max_size=30)))
@example("x ~ 're:" + "(" * 400 + ")" * 400 + "'")
@example("name ~ '" + "/" * 400 + "'")
@example("date < -99999999999999999999 or age > 1e999 or start > 1e999h ago")
def test_any_text_is_answered_or_refused(asked: Any, text: str) -> None:
    error = refusal(asked, text)
    assert error is None or str(error)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_refusal_points_into_the_text(asked: Any, text: str) -> None:
    error = refusal(asked, text)
    assert error is None or (isinstance(error, ExpressionError) and 0 <= error.begin <= error.end <= len(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 1_000_000, "has 1000000 characters; at most 200000"),
        ("(" * 10_000 + "x" + ")" * 10_000, "More than 50 parentheses are open here"),
        ("(" * 10_000, "More than 50 parentheses are open here"),
        ("not (" * 10_000, "More than 50 parentheses are open here"),
        ("x == 1 or " * 10_000 + "x", "at most 500 comparisons. Many values of one key: key in"),
        (f"x in ({', '.join(map(str, range(20_000)))})", "at most 10000 values"),
        ("date in (" + ", ".join(["2026"] * 101) + ")", "A list has at most 100 dates"),
        (")" * 10_000, "Expected the name of a value"),
        ("'" * 9_999, "This quote is not closed"),
        ("`" * 9_999, "This backtick is not closed"),
        ("'' " * 10_000, "stands on the left side"),
        ("and " * 10_000, "Expected the name of a value"),
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(asked: Any, text: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        asked.find(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 500


def nested(depth: int, front: str = "", back: str = "") -> str:
    return f"{front}(" * depth + "x == 1" + f"{back})" * depth


@pytest.mark.parametrize(
    "text",
    [
        nested(50),
        nested(50, "not "),
        nested(50, "x == 1 and not "),
        nested(50, "x == 1 and y == b or ", " and x == 2"),
        nested(25, "x == 1 and (y == b or ", ") and x == 2"),
        nested(50, "", " and x == 1 or y == b"),
        nested(50, "not ", " and x == 1 or y == b"),
        nested(50, "x in (none, 1) or not ", " and x not in (none, 1)"),
        nested(50, "x == 1 or x == 2 and ", " and date in (2025, 2026, none)"),
        "not " * 10_001 + "x == 1",
        " or ".join(["x == 2"] * 499 + ["x == 1"]),
        " and ".join(["x == 1"] * 500),
        "(" + ") or (".join(["x == 2 and y == b"] * 249 + ["x == 1"]) + ")",
        "(" + ") and (".join(["x == 1 or x != 1"] * 250) + ")",
        "x in (" + ", ".join(str(number) for number in range(9_999, -1, -1)) + ")",
        "x == 1 or date in (" + ", ".join(f"{1000 + number}-01-01" for number in range(100)) + ")",
        " or ".join(["x == 1"] * 499) + " or date in (" + ", ".join(["2026"] * 100) + ")",
    ],
)
def test_what_is_not_too_long_is_answered(asked: Any, text: str) -> None:
    found = asked.find(text)
    condition, parameters = asked.compile(text)
    inside = f"SELECT * FROM (SELECT id FROM (SELECT * FROM experiment WHERE id >= 0 AND ({condition})) WHERE id < 9)"
    assert len(asked.connection.execute(inside, parameters).fetchall()) == len(found)
