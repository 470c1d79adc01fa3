"""Values go into `progress.csv` and come back: through pandas, through the csv module, and through our reader."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rla import logger, read_progress
from rla.output.csv_file import CsvOutput
from rla.output.last_row import last_row
from rla.output.records import Row

TEXTS = [
    "plain",
    "a,b",
    'say "hi"',
    '"',
    '""',
    "two\nlines",
    "windows\r\nline",
    "# no comment",
    " spaces ",
    "tab\tbed",
    "日本 ü →",
    "=1+1",
    "a;b|c",
    "'",
    "\\n",
    "trailing\n",
]


def read_back(folder: Path, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Writes rows through the output and reads them with our reader."""
    output = CsvOutput(folder)
    output.write([Row(tuple(row), list(row.values()), 0, 0.0, {}) for row in rows])  # type: ignore[arg-type]
    output.close()
    return read_progress(folder).rows  # type: ignore[return-value]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_survives(text: str, folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(step=1, note=text, loss=0.5)
    dump(step=2, note="other", loss=0.25)
    logger.close()
    assert [row["note"] for row in read_progress(folder).rows] == [text, "other"]
    assert list(pd.read_csv(folder / "progress.csv")["note"]) == [text, "other"]
    with open(folder / "progress.csv", newline="", encoding="utf-8") as stream:
        assert [row["note"] for row in csv.DictReader(stream)] == [text, "other"]
    assert list(pd.read_csv(folder / "progress.csv")["loss"]) == [0.5, 0.25]


def test_a_lone_carriage_return_in_a_text_does_not_split_its_row(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(step=1, note="a\rb", z=0.5)
    logger.close()
    (row,) = read_progress(folder).rows
    assert (row["note"], row["z"]) == ("a\rb", 0.5)
    assert last_row(folder) == row
    assert len(pd.read_csv(folder / "progress.csv")) == 1


def test_nan_and_infinities_survive(folder: Path, dump: Callable) -> None:
    values = [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 0.1]
    logger.configure(folder, ["csv"])
    for value in values:
        dump(value=value)
    logger.close()
    for read in (
        [row["value"] for row in read_progress(folder).rows],
        list(pd.read_csv(folder / "progress.csv")["value"].map(float)),
    ):
        np.testing.assert_array_equal(read, values)
        assert math.copysign(1.0, read[3]) == -1.0


def test_a_recorded_nan_differs_from_a_key_that_was_not_recorded(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(loss=math.nan, a=1)
    dump(a=2)
    logger.close()
    first, second = read_progress(folder).rows
    assert math.isnan(first["loss"])
    assert "loss" not in second


def test_none_is_an_empty_cell(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(loss=None, a=1)
    dump(loss=2, a=2)
    assert "loss" not in read_progress(folder).rows[0]
    logger.close()
    assert "loss" not in read_progress(folder).rows[0]
    assert read_progress(folder).rows[1]["loss"] == 2


def test_types_survive(folder: Path, dump: Callable) -> None:
    values = {"flag": True, "no": False, "whole": 7, "real": 7.0, "text": "seven", "huge": 2**63}
    logger.configure(folder, ["csv"])
    dump(**values)
    for _ in range(2):  # from the journal, then from the file
        (row,) = read_progress(folder).rows
        for key, value in values.items():
            assert (row[key], type(row[key])) == (value, type(value))
        logger.close()


@given(
    values=st.lists(
        st.one_of(st.floats(), st.integers(-(2**63), 2**64 - 1), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_number_survives(values: list[float], tmp_path: Path) -> None:
    (tmp_path / "progress.csv").unlink(missing_ok=True)
    read = [row["value"] for row in read_back(tmp_path, [{"value": value} for value in values])]
    assert list(map(repr, read)) == list(map(repr, values))


# left out: NUL (the csv module of Python 3.10 cannot read it) and lone surrogates (no UTF-8; see the codec)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))


@given(
    rows=st.lists(
        st.dictionaries(
            ANY_TEXT,
            ANY_TEXT.map(lambda text: f"<{text}>"),  # so that no text is empty or reads as a number
            min_size=1,
            max_size=4,
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_key_and_any_text_survive(rows: list[dict[str, object]], tmp_path: Path) -> None:
    (tmp_path / "progress.csv").unlink(missing_ok=True)
    assert read_back(tmp_path, rows) == rows
