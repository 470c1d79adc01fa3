"""Numbers come back equal, bit for bit, through Python's csv module and through pandas."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as from_numpy

from rla import logger

Record = Callable[[Path, list[dict[str, Any]]], None]
EXAMPLES = pytest.mark.parametrize("examples", [50, pytest.param(2000, marks=pytest.mark.load)])
NUMPY_TYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]
NUMPY_SCALARS = st.sampled_from(NUMPY_TYPES).flatmap(lambda name: from_numpy.from_dtype(np.dtype(name)))
NUMBERS = st.one_of(st.floats(), st.integers(), st.integers(-(2**3000), 2**3000), st.booleans(), NUMPY_SCALARS)
NOT_THEIRS = ("time-step", "timestamp", "first", "last")
KEYS = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda key: key not in NOT_THEIRS)

pytestmark = pytest.mark.usefixtures("quick_disk")


def read_as(kind: type, cell: str) -> Any:
    """Return the value of a cell, read as a bool, int or float."""
    return {"True": True, "False": False}[cell] if kind is bool else kind(cell)


@EXAMPLES
def test_numbers_through_the_csv_module(examples: int, record: Record, folders: Iterator[Path]) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(rows=st.lists(st.dictionaries(KEYS, NUMBERS, max_size=6), min_size=1, max_size=5))
    def check(rows: list[dict[str, Any]]) -> None:
        folder = next(folders)
        record(folder, rows)
        logger.close()
        with open(folder / "progress.csv", newline="", encoding="utf-8") as stream:
            lines = list(csv.DictReader(stream))[1:]
        for line, row in zip(lines, rows, strict=True):
            for key, value in row.items():
                number = value.item() if isinstance(value, np.generic) else value
                assert repr(read_as(type(number), line[key])) == repr(number)

    check()


@EXAMPLES
@pytest.mark.filterwarnings("ignore:.*float_precision.*")  # later versions read so by themselves
def test_numbers_through_pandas(examples: int, record: Record, folders: Iterator[Path]) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(
        floats=st.lists(st.floats(), min_size=1, max_size=20),
        whole=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
    )
    def check(floats: list[float], whole: list[int]) -> None:
        folder = next(folders)
        rows = [{"real": real, "whole": number} for real, number in zip(itertools.cycle(floats), whole, strict=False)]
        record(folder, rows)
        logger.close()
        table = pd.read_csv(folder / "progress.csv", float_precision="round_trip", dtype={"whole": "Int64"})[1:]
        assert list(map(repr, table["real"].map(float))) == [repr(row["real"]) for row in rows]
        assert list(table["whole"].map(int)) == [row["whole"] for row in rows]

    check()
