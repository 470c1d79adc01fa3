"""Numbers are written as people write them: 1e-3, 10k, 12h, 500MB."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rla.database.expression import number_in
from rla.errors import QueryError


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("5", 5),
        ("-5", -5),
        ("+5", 5),
        ("0.1", 0.1),
        (".5", 0.5),
        ("5.", 5),
        ("1e-3", 1e-3),
        ("-1.5E+3", -1500),
        ("1_000_000", 1e6),
        ("inf", float("inf")),
        ("-inf", float("-inf")),
        ("1e999", float("inf")),
        ("10k", 1e4),
        ("10K", 1e4),
        ("2.5M", 2.5e6),
        ("1G", 1e9),
        ("1T", 1e12),
        ("500MB", 5e8),
        ("500mb", 5e8),
        ("1GB", 1e9),
        ("1GiB", 2**30),
        ("2KiB", 2048),
        ("90s", 90),
        ("5min", 300),
        ("12h", 43_200),
        ("3d", 259_200),
        ("2w", 1_209_600),
        ("1e3h", 3.6e6),
    ],
)
def test_a_number_means_what_it_says(database: Any, written: str, number: float) -> None:
    number = float(number)
    below, above = math.nextafter(number, -math.inf), math.nextafter(number, math.inf)
    values = sorted({below, number, above})
    for value in values:
        database.add(x=value)
    at = values.index(number)
    assert database.find(f"x == {written}") == [at]
    assert database.find(f"x<{written}") == list(range(at))
    assert database.find(f"x >{written}") == list(range(at + 1, len(values)))
    assert database.find(f"x <= {written}") == list(range(at + 1))
    assert database.find(f"x>= {written}") == list(range(at, len(values)))


@pytest.mark.parametrize("written", ["5m", "1B", "1__0", "_1", "1e", "e5", "0x10", "--5", "1.2.3", "٣", "5 k"])
def test_what_is_no_number_has_no_order(database: Any, written: str) -> None:
    database.add(x=1)
    with pytest.raises(QueryError):
        database.find(f"x < {written}")


@pytest.mark.parametrize("written", ["5m", "1B", "1.2.3", "3d-conv", "10.0.0.5"])
def test_what_is_no_number_is_a_text(database: Any, written: str) -> None:
    found = database.add(x=written)
    database.add(x=5)
    assert database.find(f"x == {written}") == [found]


def test_a_text_that_looks_like_a_number_with_a_suffix_is_found_as_both(database: Any) -> None:
    as_text, as_number = database.add(x="10k"), database.add(x=10_000)
    assert database.find("x == 10k") == [as_text, as_number]
    assert database.find("x == '10k'") == [as_text]
    assert database.find("x >= 10k") == [as_number]


def test_minutes_and_millions_are_told_apart(database: Any) -> None:
    database.add(x=1)
    with pytest.raises(QueryError, match="Minutes are 'min', millions are 'M'"):
        database.find("x < 5m")


def test_numbers_are_compared_to_the_last_digit(database: Any) -> None:
    values = [0.1, 0.1 + 0.2, 0.30000000000000004, 1e-320, 2**53 - 1, 1.7976931348623157e308]
    for value in values:
        database.add(x=value)
    for number, value in enumerate(values):
        assert number in database.find(f"x == {value!r}")
        assert number in database.find(f"x in ({value!r}, 17)")
        assert number not in database.find(f"x != {value!r}")


@pytest.mark.parametrize("text", ["0", "-5", "1e-3", ".5", "5.", "+7", "inf", "-Infinity", "1e999"])
def test_a_stored_text_that_python_writes_for_a_number_reads_as_one(text: str) -> None:
    assert number_in(text) == float(text)


@pytest.mark.parametrize(
    "text", ["", " 1", "1_2", "10k", "5min", "0x1", "1e", "12e", "True", "none", "٣", "1,5", "1\n"]
)
def test_a_stored_text_with_anything_else_in_it_is_a_text(text: str) -> None:
    assert number_in(text) is None


def test_a_stored_nan_is_one() -> None:
    assert all(math.isnan(number_in(text) or 0) for text in ("nan", "NaN", "-nan"))
