"""`progress.json` has one JSON object for each row."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

from rla import logger


def rows_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "progress.json").read_text(encoding="utf-8").splitlines()]


def test_each_row_is_one_line_with_its_own_keys_only(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["json"])
    first = dump(step=1, loss=0.5, note='line\nbreak "quoted"')
    second = dump(step=2, bonus=None, flag=True)
    logger.close()
    assert rows_of(folder) == [first, second]


def test_nan_and_infinities_are_read_back_by_pythons_json_module(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["json"])
    dump(nan=math.nan, up=math.inf, down=-math.inf)
    logger.close()
    (row,) = rows_of(folder)
    assert math.isnan(row["nan"])
    assert (row["up"], row["down"]) == (math.inf, -math.inf)


def test_excluded_values_are_left_out(folder: Path) -> None:
    logger.configure(folder, ["json"])
    logger.record_tabular("a", 1, exclude="json")
    logger.record_tabular("b", 2, exclude="csv")
    logger.dump_tabular()
    logger.close()
    (row,) = rows_of(folder)
    assert "a" not in row
    assert row["b"] == 2


def test_integers_are_exact(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["json"])
    dump(count=2**53 + 1)
    logger.close()
    assert rows_of(folder)[0]["count"] == 2**53 + 1
