"""A day means the whole day, a minute the whole minute; relative moments count from now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from rla.errors import QueryError

DATES = [
    "2025/12/31/23-59-59-999999",
    "2026/11/19/23-59-59-999999",
    "2026/11/20/00-00-00-000000",
    "2026/11/20/08-00-00-000000",
    "2026/11/20/08-00-30-500000",
    "2026/11/20/08-01-00-000000",
    "2026/11/20/23-59-59-999999",
    "2026/11/21/00-00-00-000000",
    "2026/11/21/12-00-00-000000",
    "2026/12/01/00-00-00-000000",
]
"""What the experiments of a test began at; it is asked in the afternoon of the 21st of November 2026."""


@pytest.fixture
def dated(database: Any) -> Any:
    for text in DATES:
        moment = datetime.strptime(text, "%Y/%m/%d/%H-%M-%S-%f").timestamp()
        database.add(run={"date": moment, "start": moment}, last={"timestamp": moment})
    database.add()
    return database


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("date == 2026-11-20", [2, 3, 4, 5, 6]),
        ("date = 2026/11/20", [2, 3, 4, 5, 6]),
        ("date == 2026/11/20/", [2, 3, 4, 5, 6]),
        ("date != 2026-11-20", [0, 1, 7, 8, 9]),
        ("date > 2026-11-20", [7, 8, 9]),
        ("date >= 2026-11-20", [2, 3, 4, 5, 6, 7, 8, 9]),
        ("date < 2026-11-20", [0, 1]),
        ("date <= 2026-11-20", [0, 1, 2, 3, 4, 5, 6]),
        ("date in (2026-11-19, 2026-11-21)", [1, 7, 8]),
        ("date not in (2026-11-19, 2026-11-21)", [0, 2, 3, 4, 5, 6, 9]),
        ("date == 2026-11", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("date == 2025", [0]),
        ("date == 2025-12", [0]),
        ("date > 2026", []),
        ("date == '2026-11-20 08'", [3, 4, 5]),
        ("date == '2026-11-20 08:00'", [3, 4]),
        ("date == 2026-11-20T08:00", [3, 4]),
        ("date > '2026-11-20 08:00'", [5, 6, 7, 8, 9]),
        ("date == 2026/11/20/08-00", [3, 4]),
        ("date == '2026-11-20 08:00:30'", [4]),
        ("date == 2026/11/20/08-00-30-5", [4]),
        ("date == 2026/11/20/08-00-30-4", []),
        ("date == 2026/11/20/08-00-30-500000", [4]),
        ("date == 2026/11/20/23-59-59-999999", [6]),
        ("date > 2026/11/20/23-59-59-999999", [7, 8, 9]),
        ("date == today", [7, 8]),
        ("date == 'Today'", [7, 8]),
        ("date == yesterday", [2, 3, 4, 5, 6]),
        ("date >= yesterday and date <= today", [2, 3, 4, 5, 6, 7, 8]),
        ("start > now", [9]),
        ("start >= 12h ago", [8, 9]),
        ("start > 12h ago and start < '3h ago'", [8]),
        ("start < 1w ago", [0]),
        ("start == none", [10]),
        ("date != none and date < 2026", [0]),
        ("age < 0", [9]),
        ("age < 3h", [9]),
        ("age < 12h", [8, 9]),
        ("age >= 12h", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("age > 90min and age <= 12600", [8]),
        ("age == 3.5h", [8]),
        ("age != 12600", [0, 1, 2, 3, 4, 5, 6, 7, 9]),
        ("age in (3.5h, 12h)", [8]),
        ("age == none", [10]),
        ("timestamp > today", [9]),
        ("last.timestamp < 2026-11", [0]),
        ("timestamp >= 12h ago", [8, 9]),
    ],
)
def test_a_date_finds_the_experiments_that_it_says(dated: Any, expression: str, found: list[int]) -> None:
    assert dated.find(expression) == found


def test_seconds_since_1970_are_a_moment(dated: Any, now: float) -> None:
    assert dated.find(f"date > {now!r}") == [9]
    assert dated.find(f"date == {datetime(2026, 11, 21, 12).timestamp()!r}") == [8]


@pytest.mark.parametrize("right", ["2026-13-01", "2026-02-30", "20261120", "hello", "nan", "inf", "12h", "0000-01-01"])
def test_what_is_no_date_is_told(dated: Any, right: str) -> None:
    for operator in ("==", "<"):
        with pytest.raises(QueryError, match="Expected a date, such as 2026-11-20, '2026-11-20 08:00', today"):
            dated.find(f"date {operator} {right}")


@pytest.mark.parametrize("moment", ["now", "today", "12h ago", "2026-11-20"])
def test_a_date_is_no_duration(dated: Any, moment: str) -> None:
    with pytest.raises(QueryError, match="Expected a duration, such as 90s, 5min, 12h"):
        dated.find(f"age < {moment}")


def test_a_moment_has_no_pattern_and_is_not_true(dated: Any) -> None:
    with pytest.raises(QueryError, match="'date' is a moment, which has no pattern"):
        dated.find("date ~ '2026*'")
    with pytest.raises(QueryError, match="To ask whether there is any: end != none"):
        dated.find("end")


def test_a_date_is_a_text_where_texts_are(database: Any) -> None:
    found = database.add(dataset="2026-11-20")
    database.add(dataset="2026-11-21")
    assert database.find("dataset == 2026-11-20") == database.find("dataset ~ '2026-11-20'") == [found]
