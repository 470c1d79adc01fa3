"""`and` binds closer than `or`, `not` closer than both; words of the language may be in capitals."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rla.errors import QueryError


@pytest.fixture
def cases(database: Any) -> Any:
    for a, b, c in itertools.product((0, 1), repeat=3):
        database.add(a=a, b=b, c=c)
    return database


@pytest.mark.parametrize(
    ("expression", "python"),
    [
        ("a or b and c", "a or (b and c)"),
        ("a and b or c", "(a and b) or c"),
        ("(a or b) and c", "(a or b) and c"),
        ("not a and b", "(not a) and b"),
        ("not a or b", "(not a) or b"),
        ("not (a or b)", "not (a or b)"),
        ("not (a and b) and not (b and c)", "not (a and b) and not (b and c)"),
        ("not not a", "a"),
        ("not not not a", "not a"),
        ("not (not (a or b) and c)", "a or b or not c"),
        ("a OR b AND NOT c", "a or (b and not c)"),
        ("a Or b aNd c", "a or (b and c)"),
        ("((((a))))", "a"),
        ("(a)and(b)or(not(c))", "a and b or not c"),
        ("a == 1 and b == 0 or c == 1 and a != 1", "a and not b or c and not a"),
        ("a\n  and\tb", "a and b"),
        ("  a  ", "a"),
        ("a in (1)", "a"),
        ("a in (1, 2, ) and b In (0)", "a and not b"),
        ("a NOT IN (1, 2)", "not a"),
        ("not a in (1)", "not a"),
        ("not a not in (1)", "a"),
        ("a=1and b==0", None),
    ],
)
def test_an_expression_means_what_python_would_read(cases: Any, expression: str, python: str | None) -> None:
    if python is None:
        with pytest.raises(QueryError, match="Expected"):
            cases.find(expression)
        return
    each = enumerate(itertools.product((0, 1), repeat=3))
    expected = [number for number, (a, b, c) in each if eval(python, {"a": a, "b": b, "c": c})]
    assert cases.find(expression) == expected


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Hopper-v4", "Hopper-v4"),
        ("'a b'", "a b"),
        ('"a b"', "a b"),
        ("'it''s'", "it's"),
        ('"say ""hi"""', 'say "hi"'),
        ('"it\'s"', "it's"),
        (r"'C:\new\'", "C:\\new\\"),
        ("''", ""),
        ("'and'", "and"),
        ("'a\nb'", "a\nb"),
        ("a/b*[c]{d}?$^%#@;:.", "a/b*[c]{d}?$^%#@;:."),
        ("'(1, 2)'", "(1, 2)"),
        ("猫", "猫"),
        ("'`'", "`"),
        ("'\0'", "\0"),
        ("'; DROP TABLE value; --'", "; DROP TABLE value; --"),
        ("'%s ? :x'", "%s ? :x"),
    ],
)
def test_a_text_is_compared_as_it_stands(database: Any, written: str, text: str) -> None:
    found = database.add(x=text)
    database.add(x="other")
    assert database.find(f"x == {written}") == database.find(f"x in ({written})") == [found]
    assert database.find(f"x={written}") == database.find(f"x !~ 'other' and not x != {written}") == [found]


def test_keys_and_numbers_need_no_spaces(database: Any) -> None:
    found = database.add(**{"time-step": -5, "lr": 1e-3})
    assert database.find("time-step<-4 and lr<=1e-3") == database.find("(time-step==-5)and(lr=.001)") == [found]
