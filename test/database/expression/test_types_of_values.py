"""A value is compared by what it is, and a text that reads as a number is that number too: old data has only texts."""

from __future__ import annotations

from typing import Any

import pytest

VALUES: dict[str, object] = {
    "number": 3,
    "fraction": 0.001,
    "text": "sac",
    "text of a number": "3",
    "other text of it": "1e-3",
    "true": True,
    "false": False,
    "text of true": "True",
    "nan": float("nan"),
    "text of nan": "NaN",
    "list": [64, 64],
    "none": None,
}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("x == 3", "number, text of a number"),
        ("x == '3'", "number, text of a number"),
        ('x = "3.0"', "number, text of a number"),
        ("x == 0.001", "fraction, other text of it"),
        ("x == '1e-3'", "fraction, other text of it"),
        ("x == sac", "text"),
        ("x == SAC", ""),
        ("x == true", "true, text of true"),
        ("x == TRUE", "true, text of true"),
        ("x == 'True'", "true, text of true"),
        ("x == 1", "true"),
        ("x == false", "false"),
        ("x", "number, fraction, text of a number, other text of it, true, text of true"),
        ("x == nan", "nan, text of nan"),
        ("x == '[64,64]'", "list"),
        ("x < 3", "fraction, other text of it, true, false"),
        ("x <= 3", "number, fraction, text of a number, other text of it, true, false"),
        ("x > -inf", "number, fraction, text of a number, other text of it, true, false"),
        ("x < nan", ""),
        ("x in (3, sac, nan)", "number, text, text of a number, nan, text of nan"),
        ("x ~ '*a*'", "text, false, nan, text of nan"),
        ("x ~ 3", "number, text of a number"),
        ("x ~ 3.0", "number"),
        ("x ~ '0.00?'", "fraction"),
        ("x ~ '[[]64*'", "list"),
        ("x ~ 're:^[Tt]rue$'", "true, text of true"),
    ],
)
def test_a_comparison_finds_the_values_that_it_says(database: Any, expression: str, found: str) -> None:
    for value in VALUES.values():
        database.add(x=value)
    names = list(VALUES)
    expected = found.split(", ") if found else []
    assert [names[number] for number in database.find(expression)] == expected


@pytest.mark.parametrize("right", ["3", "sac", "true", "nan", "'[64,64]'"])
def test_unequal_is_the_opposite_among_those_that_have_a_value(database: Any, right: str) -> None:
    for value in VALUES.values():
        database.add(x=value)
    equal, unequal = database.find(f"x == {right}"), database.find(f"x != {right}")
    assert sorted(equal + unequal) == [number for number, value in enumerate(VALUES.values()) if value is not None]
    assert database.find(f"x not in ({right})") == unequal


def test_a_key_that_is_a_number_in_one_run_and_text_in_another_is_both(database: Any) -> None:
    number, text, word = database.add(layers=2), database.add(layers="2"), database.add(layers="two")
    assert database.find("layers < 3") == [number, text]
    assert database.find("layers == two") == [word]
    assert database.find("layers != 2") == [word]


def test_facts_of_text_are_texts_whatever_they_look_like(database: Any) -> None:
    first = database.add(run={"commit": "12e4567", "python": "3.10", "task": "true", "node": "10.0.0.5"})
    database.add(run={"commit": "12e4568", "python": "3.1", "task": "1", "node": "10.0.0.6"})
    for expression in ("commit == 12e4567", "python == 3.10", "task == true", "node in (10.0.0.5)", "python ~ 3.1?"):
        assert database.find(expression) == [first], expression


def test_a_fact_is_true_or_false(database: Any) -> None:
    yes, no = database.add(run={"dirty": True}), database.add(run={"dirty": False})
    database.add()
    assert database.find("dirty") == database.find("dirty == true") == database.find("dirty != false") == [yes]
    assert database.find("dirty == False") == database.find("dirty == 0") == [no]
