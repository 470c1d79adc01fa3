"""`logger.text` and `logger.table` stand in TensorBoard's TEXT tab; a table is also saved as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rla import logger

STEP = 1000


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["tensorboard"])
    logger.set_time(STEP)
    return folder


@pytest.fixture
def shown(recording: Path, events: Callable[[Path], list[Any]]) -> Callable[[str], list[tuple[int, str]]]:
    """Read the texts of a tag: their steps and themselves."""

    def read(tag: str) -> list[tuple[int, str]]:
        logger.close()
        return [
            (event.step, value.tensor.string_val[0].decode())
            for event in events(recording)
            for value in event.summary.value
            if value.tag == tag and value.metadata.plugin_data.plugin_name == "text"
        ]

    return read


def test_a_text_is_shown_at_its_time_step(shown: Callable[..., Any]) -> None:
    logger.text("notes/reward", "**clipped** at 10")
    logger.set_time(STEP + 1)
    logger.text("notes/reward", "über\nzwei Zeilen \udc80")
    assert shown("notes/reward") == [(STEP, "**clipped** at 10"), (STEP + 1, "über\nzwei Zeilen \\udc80")]


def rows_of(path: str | None) -> list[list[str]]:
    with open(str(path), newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


ROWS = [{"name": "a", "return": 1.5}, {"name": 'b,"c"\n', "return": 2, "solved": True}, {"return": float("nan")}]
READ = [["name", "return", "solved"], ["a", "1.5", ""], ['b,"c"\n', "2", "True"], ["", "nan", ""]]


@pytest.mark.parametrize(
    "table",
    [
        ROWS,
        tuple(ROWS),
        (row for row in ROWS),
        {"name": ["a", 'b,"c"\n', None], "return": (1.5, 2, float("nan")), "solved": [None, True, None]},
    ],
    ids=["rows", "tuple", "generator", "columns"],
)
def test_a_table_is_saved_with_its_rows_and_columns(recording: Path, table: Any) -> None:
    path = logger.table("eval/episodes", table)
    assert path == str(recording / "results" / "eval" / "episodes-1000.csv")
    assert rows_of(path) == READ


def test_what_a_frame_lacks_is_empty_and_nan_where_there_are_floats(recording: Path) -> None:
    frame = pd.DataFrame(
        {
            "name": ["a", None],
            "return": [1.5, float("nan")],
            "solved": [None, True],
            "count": pd.array([1, None], dtype="Int64"),
            "mean": pd.array([0.5, None], dtype="Float64"),
            "day": pd.to_datetime(["2026-11-21", None]),
        }
    )
    assert rows_of(logger.table("a", frame))[1:] == [
        ["a", "1.5", "", "1", "0.5", "2026-11-21T00:00:00"],
        ["", "nan", "True", "", "", ""],
    ]


def test_numbers_come_back_from_pandas_as_they_were(recording: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2**60, -3], "b": [0.1, 1e300, -0.0], "c": ["1.5", "", "x"]})
    read = pd.read_csv(str(logger.table("a", frame)), keep_default_na=False)
    pd.testing.assert_frame_equal(read, frame.astype({"c": read["c"].dtype}))


def test_people_see_it_as_markdown(shown: Callable[..., Any]) -> None:
    logger.table("eval", [{"name": "a|b", "return": 1 / 3}, {"name": "two\nlines"}])
    assert shown("eval") == [
        (STEP, "| name | return |\n| --- | --- |\n| a\\|b | 0.333333 |\n| two lines |  |"),
    ]


def test_people_see_the_first_rows_of_a_long_one_and_the_file_has_all(shown: Callable[..., Any]) -> None:
    path = logger.table("long", {"number": range(10_000)})
    ((_, text),) = shown("long")
    assert text.endswith("| 499 |\n\n… and 9500 more rows")
    assert len(rows_of(path)) == 10_001


def test_columns_of_arrays_and_tensors_are_numbers(recording: Path) -> None:
    torch = pytest.importorskip("torch")
    columns = {
        "a": np.arange(2, dtype=np.int8),
        "b": torch.tensor([0.5, 1.0], requires_grad=True),
        "c": pd.Series([3, 4]),
    }
    assert rows_of(logger.table("a", columns)) == [["a", "b", "c"], ["0", "0.5", "3"], ["1", "1.0", "4"]]


@pytest.mark.parametrize(
    ("frame", "header"),
    [
        (pd.DataFrame({"a": [1, 2]}, index=["x", "y"]), ["index", "a"]),
        (pd.DataFrame({"a": [1, 2]}, index=pd.Index([5, 6], name="seed")), ["seed", "a"]),
        (
            pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(0, 1), (0, 2)], names=["x", "y"])),
            ["x", "y", "a"],
        ),
        (pd.DataFrame({("a", "mean"): [1, 2]}), ["a/mean"]),
        (pd.DataFrame({"a": [1, 2]}), ["a"]),
    ],
    ids=["texts", "named", "two levels", "columns of two levels", "numbering"],
)
def test_an_index_that_says_something_becomes_columns(recording: Path, frame: pd.DataFrame, header: list[str]) -> None:
    read = rows_of(logger.table("a", frame))
    assert read[0] == header
    assert len(read) == 3
    assert [row[-1] for row in read[1:]] == ["1", "2"]


def test_a_column_of_nothing_has_rows_all_the_same(recording: Path) -> None:
    assert len(pd.read_csv(str(logger.table("a", [{"a": None}, {"a": 1}])))) == 2


def test_a_table_without_rows_has_its_columns(recording: Path) -> None:
    assert rows_of(logger.table("a", {"a": [], "b": []})) == [["a", "b"]]


def test_with_save_false_there_is_no_file(recording: Path, shown: Callable[..., Any]) -> None:
    assert logger.table("a", ROWS, save=False) is None
    assert not (recording / "results").exists()
    assert len(shown("a")) == 1
