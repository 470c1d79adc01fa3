"""An error says what was expected, what came and what to do, and points at the place."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from rla.database.expression import parse
from rla.errors import ExpressionError, QueryError, UnknownKeyError

SYNTAX = [
    # expression, the part that is pointed at, what is said of it
    ("lr <", "", "Expected a value, such as 1e-3, 'Hopper-v4', true or 2026-11-20, came the end"),
    ("lr < and x", "and", "Expected a value"),
    ("lr <= <3", "<", "came '<'"),
    ("a and", "", "Expected the name of a value, such as lr, eval/return or status, came the end"),
    ("a or or b", "or", "Expected the name of a value"),
    ("not", "", "Expected the name of a value"),
    ("a b", "b", "A key with other characters goes in backticks: `total reward` > 5"),
    ("x == a b", "b", "A text with spaces, commas or operators in it needs quotes"),
    ("name ~ *lr=0.1*", "=", "needs quotes"),
    ("x == [64,64]", ",", "needs quotes"),
    ("x ~ [!a]", "!", "needs quotes"),
    ("(a b)", "b", "or ')', came 'b'"),
    ("x == 'it's'", "'", "This quote is not closed"),
    ('a == "x', '"', "This quote is not closed"),
    ("`a == 1", "`", "This backtick is not closed"),
    ("((a)", "(", "This parenthesis is not closed"),
    ("x in (1, 2", "(", "This parenthesis is not closed"),
    ("x in 1", "1", "Expected a list of values in parentheses"),
    ("x in (1 2)", "2", "Expected ',' or ')', came '2'"),
    ("x in ()", ")", "Expected a value"),
    ("a && b", "&&", "Write 'and' instead"),
    ("a<1&&b", "&&", "Write 'and' instead"),
    ("a || b", "||", "Write 'or' instead"),
    ("!a", "!", "Write 'not' instead"),
    ("a <> 3", "<>", "Write '!=' instead"),
    ("a =~ 3", "=~", "Write '~' instead"),
    ("a => 3", "=>", "Write '>=' instead"),
    ("a is none", "is", "Write '==' instead"),
    ("a LIKE b", "LIKE", "Write '~' instead"),
    ("1e-4 < lr < 1e-2", "1e-4", "stands on the left side of a comparison. Write: lr > 1e-4."),
    ("'sac' == algo", "'sac'", "Write: algo == 'sac'."),
    ("0", "0", "A name that looks like a number goes in backticks: `0`"),
    ("a < b < c", "<", "One comparison has two sides. Write them apart: lr > 1e-4 and lr < 1e-2"),
    ("ev*l > 3", "*", "'*' is no part of a name here. Put the name in backticks: `ev*l`"),
    ("x == \ud800", "\ud800", "half of a character"),
]


FRONTS = ["", "time-step >= 10 or not (", "`奖励` == 5 and "]


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize(("expression", "part", "said"), SYNTAX)
def test_what_cannot_be_read_is_pointed_at(front: str, expression: str, part: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(front + expression)
    error = caught.value
    assert said in str(error).splitlines()[0]
    assert error.expression[error.begin : error.end] == part
    assert error.begin >= len(front)


def test_what_is_missing_is_told() -> None:
    for expression in ("", "  ", "\n"):
        with pytest.raises(ExpressionError, match=r"The expression is empty\. Write a condition such as lr < 1e-3"):
            parse(expression)
    with pytest.raises(ExpressionError, match="This parenthesis was never opened") as caught:
        parse("(a or b)) and c")
    assert caught.value.begin == 8


TYPES = [
    ("lr < abc", "abc", "Expected a number, came 'abc'"),
    ("lr < true", "true", "Expected a number"),
    ("lr >= none", "none", "Expected a number"),
    ("lr < 5m", "5m", "Minutes are 'min', millions are 'M'"),
    ("steps == many", "many", "Expected a number"),
    ("size in (1GB, big)", "big", "Expected a size, such as 500MB or 1GiB, or a number of bytes, came 'big'"),
    ("duration > 2026-11-20", "2026-11-20", "Expected a duration"),
    ("dirty == maybe", "maybe", "Expected true or false, came 'maybe'"),
    ("dirty != 2", "2", "Expected true or false"),
    ("dirty < 1", "dirty", "'dirty' is true or false, which has no order"),
    ("status < 3", "status", "'status' is a text, which has no order. Use == != ~ !~ or in"),
    ("parent", "parent", "'parent' is a text, neither true nor false. To ask whether there is any: parent != none"),
    ("lr ~ 're:(a'", "(", "Not a regular expression: missing ), unterminated subpattern"),
    ("lr ~ re:a[b", "[", "Not a regular expression: unterminated character set"),
    ("tag ~ 're:*'", "*", "Not a regular expression: nothing to repeat"),
    ("lr ~ 're:it''s ('", "'re:it''s ('", "Not a regular expression"),
    ("name ~ '../other'", "'../other'", "leaves its task"),
    ("name ~ '/data'", "'/data'", "leaves its task"),
]


@pytest.mark.parametrize(("expression", "part", "said"), TYPES)
def test_what_does_not_fit_its_key_is_pointed_at(database: Any, expression: str, part: str, said: str) -> None:
    database.add(lr=1)
    for front in ("", "not (lr == 1 and lr > 2) or "):
        with pytest.raises(ExpressionError) as caught:
            database.find(front + expression)
        error = caught.value
        assert said in str(error).splitlines()[0]
        assert error.expression[error.begin : error.end] == part
        assert error.begin >= len(front)


def shown(expression: str) -> tuple[str, str]:
    with pytest.raises(QueryError) as caught:
        parse(expression)
    _, line, pointer = str(caught.value).splitlines()
    return line, pointer


def test_a_long_expression_is_shown_around_the_place() -> None:
    line, pointer = shown("a == 1 and " * 20 + "b c" + " or d == 2" * 20)
    assert line.startswith("  …")
    assert line.endswith("…")
    assert len(line) <= 80
    assert line[pointer.index("^")] == "c"
    assert line[pointer.index("^") - 2 :].startswith("b c or d == 2")


def test_wide_characters_move_the_pointer() -> None:
    line, pointer = shown("奖励 > 5 lr")
    assert line.index("lr") + 2 == pointer.index("^")


def test_lines_and_control_characters_stay_on_one_line() -> None:
    line, pointer = shown("a\n== 1\r\n\x1b[31mb")
    assert line == "  a == 1   [31mb"
    assert line[pointer.index("^")] == " "
    with pytest.raises(QueryError) as caught:
        parse("a == 'x' 'y\n\x1b[31m'")
    assert [line.isprintable() for line in str(caught.value).split("\n")] == [True] * 3


@pytest.mark.parametrize("value", [None, 3, b"lr < 1", ["lr < 1"]])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(QueryError, match="An expression is a text such as"):
        parse(value)


def test_errors_are_value_errors_and_travel_between_processes() -> None:
    with pytest.raises(UnknownKeyError) as caught:
        parse("run.nothing == 1")
    assert isinstance(caught.value, ValueError)
    for twin in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert type(twin) is UnknownKeyError
        assert (str(twin), twin.begin, twin.end) == (str(caught.value), 0, 11)
