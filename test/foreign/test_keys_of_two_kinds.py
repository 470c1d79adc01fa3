"""A key that is a number in one run and a text, a list or nothing in another is compared, sorted and loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from rla.query import experiments

VALUES: list[Any] = [0.01, "0.02", "auto", None, [1, 2], {"a": 1}, True, "", 10**30, float("nan"), "1e-3"]


@pytest.fixture
def mixed(data_root: Path) -> Path:
    for number, value in enumerate(VALUES):
        log = data_root / "log" / "demo" / f"2026/11/20/13-{number:02d}-01-000001_10.0.0.1_&"
        log.mkdir(parents=True)
        (log / "parameter.json").write_text(json.dumps({"lr": value}))
        cell = json.dumps(value).replace('"', '""') if isinstance(value, (str, list, dict)) else None
        text = "" if value is None else f'"{cell}"' if cell else str(value)
        (log / "progress.csv").write_text(f"mixed,time-step\n{text},10\n")
    return data_root


def minutes(found: Any) -> list[int]:
    return [int(each.record_date[14:16]) for each in found]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("lr < 0.015", [0, 10]),
        ("lr == 0.02", [1]),
        ("lr == auto", [2]),
        ("lr > 1e29", [8]),
        ("lr == true", [6]),
        ("lr.a == 1", [5]),
        ("lr in (auto, 0.01)", [0, 2]),
    ],
)
def test_numbers_are_compared_with_numbers_and_texts_with_texts(mixed: Path, where: str, expected: list[int]) -> None:
    assert minutes(experiments(mixed, where=where)) == expected


def test_sorting_has_numbers_first_then_texts_then_the_others(mixed: Path) -> None:
    order = minutes(experiments(mixed).sorted_by("lr"))
    assert order[:5] == [10, 0, 1, 6, 8]
    assert sorted(order) == list(range(len(VALUES)))


def test_tables_have_a_line_for_each(mixed: Path) -> None:
    table = experiments(mixed).to_pandas()
    assert len(table) == len(VALUES)
    assert table["lr"].tolist()[:3] == [0.01, "0.02", "auto"]


def test_rows_of_all_kinds_stand_in_one_column(mixed: Path) -> None:
    table = experiments(mixed).load("mixed", parameters="lr")
    found = dict(zip(table["experiment"].str[-12:-10], table["mixed"], strict=True))
    assert found["00"] == 0.01
    assert found["02"] == '"auto"'
    assert found["06"] is True or found["06"] == 1
    assert found["08"] == 1e30


def test_the_command_line_shows_them(mixed: Path, rla: Callable[..., Result]) -> None:
    shown = rla("ls", "--root", mixed)
    assert shown.exit_code == 0
    assert "auto" in shown.output
    assert len(json.loads(rla("ls", "--root", mixed, "--json").output)) == len(VALUES)
    assert rla("query", "lr < 0.015", "--sort", "-mixed", "--root", mixed).exit_code == 0
