"""docs/query.md shows what its commands and programs answer in the lab that this folder makes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[3] / "docs" / "query.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_shows_what_comes_out(number: int, same: Callable[[int], bool]) -> None:
    assert same(number)


def test_it_has_more_than_twenty_questions_in_order() -> None:
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+)\. ", TEXT, flags=re.M)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 20


def test_each_question_is_answered() -> None:
    for question in re.split(r"^\*\*\d+\. ", TEXT, flags=re.M)[1:]:
        assert "\n```text\n" in question, question


def test_tables_fit_80_columns(page: Any) -> None:
    lines = [line for _, _, shown in page.blocks for line in (shown or "").splitlines() if line.startswith(" ")]
    assert [line for line in lines if len(line) > 80] == []
