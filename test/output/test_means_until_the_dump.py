"""`record_mean` averages a key over all calls until the next dump."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rla import logger, read_progress


@given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_it_is_the_mean_of_numpy(values: list[float]) -> None:
    for value in values:
        logger.record_mean("m", value)
    assert logger.dump_tabular()["m"] == pytest.approx(float(np.mean(values)), rel=1e-9, abs=1e-5)


def test_each_row_begins_anew() -> None:
    for values, mean in (([1, 2, 3], 2.0), ([10], 10.0), ([4, 6], 5.0)):
        for value in values:
            logger.record_mean("m", value)
        assert logger.dump_tabular()["m"] == mean


def test_none_is_left_out_and_a_value_may_be_given_by_keyword() -> None:
    logger.record_mean("m", None)
    assert logger.dump_tabular() == {}
    logger.record_mean("m", 1)
    logger.record_mean("m", None)
    logger.record_mean("m", value=3)
    assert logger.dump_tabular()["m"] == 2.0


def test_zero_counts() -> None:
    logger.record_mean("m", 0)
    logger.record_mean("m", 4)
    assert logger.dump_tabular()["m"] == 2.0


def test_it_may_be_excluded_from_formats(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    for value in (1, 2):
        logger.record_mean("m", value, exclude="csv")
    logger.record_mean("n", 1)
    logger.dump_tabular()
    (row,) = read_progress(folder).rows
    assert "m" not in row
    assert row["n"] == 1.0
