"""Any key and any value that is logged is read back equal, with its type, while the run lives and from its file.

What is not is listed in `EXCLUDED`, with the reason and with examples; a test says when an exclusion is needed no more.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as from_numpy

from rla import logger, read_progress
from rla.output import writer

OURS = ("time-step", "timestamp", "first", "last")
Record = Callable[[Path, list[dict[str, Any]]], None]
EXAMPLES = pytest.mark.parametrize("examples", [50, pytest.param(2000, marks=pytest.mark.load)])

pytestmark = pytest.mark.usefixtures("quick_disk")


def plain(value: Any) -> Any:
    """Return the equal value that Python has itself: None, bool, int, float or text."""
    if isinstance(value, (np.ndarray, np.generic, torch.Tensor)):
        value = value.item()
    return float(value) if isinstance(value, (Decimal, np.longdouble)) else value


def loses_digits(value: Any) -> bool:
    """Say whether a float cannot hold the number."""
    if isinstance(value, Decimal):
        return value.is_snan() or (value.is_finite() and Decimal(float(value)) != value)
    if isinstance(value, (np.ndarray, np.longdouble)):
        number = value.item()
        return (
            isinstance(number, np.longdouble) and bool(np.isfinite(number)) and np.longdouble(float(number)) != number
        )
    return False


def is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


@dataclass(frozen=True)
class Exclusion:
    """Values that do not come back equal.

    Attributes:
        reason: why.
        holds: says whether a value is one of them.
        examples: some of them.
    """

    reason: str
    holds: Callable[[Any], bool]
    examples: tuple[Any, ...]


EXCLUDED = {
    "None": Exclusion(
        "it is a value that is missing, in the file and for those who read",
        lambda value: value is None,
        (None,),
    ),
    "integer of more than 10,000 bits": Exclusion(
        "it becomes a hex text: Python refuses to write such in decimal",
        lambda value: isinstance(value, int) and value.bit_length() > 10_000,
        (2**10_000, -(3**10_000)),
    ),
    "digits beyond a float": Exclusion(
        "Decimal and longdouble become the nearest float",
        loses_digits,
        (Decimal("0.1"), Decimal("1e400"), Decimal("sNaN"), np.longdouble(1) / 3),
    ),
    "lone surrogate": Exclusion(
        "UTF-8 has no lone surrogates: they are written as \\udc80",
        lambda value: isinstance(value, str) and any(map(is_surrogate, value)),
        ("\udc80", "a\ud800b"),
    ),
}


def is_excluded(value: Any) -> bool:
    return any(each.holds(value) for each in EXCLUDED.values())


ANY_CHARACTER = st.characters(exclude_categories=[])
ODD_CHARACTER = st.sampled_from(',"\n\r#\0\ufeff =1.e\u2028')
ANY_TEXT = st.text(ANY_CHARACTER | ODD_CHARACTER)
TEXT_LIKE_A_VALUE = st.one_of(
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(["", "True", "False", "None", "nan", "Infinity", " 7 ", "007", "1e5", "1_000", "٣", "1" * 5000]),
)
NUMPY_TYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g"]
TORCH_TYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int8, torch.bool]
NUMPY_SCALARS = st.sampled_from(NUMPY_TYPES).flatmap(lambda name: from_numpy.from_dtype(np.dtype(name)))
NUMBERS = st.one_of(st.floats(), st.integers(), st.integers(-(2**63), 2**64 - 1), st.booleans())
ANY_VALUE = st.one_of(
    st.none(),
    NUMBERS,
    st.integers(-(2**3000), 2**3000),
    ANY_TEXT,
    TEXT_LIKE_A_VALUE,
    st.decimals(),
    NUMPY_SCALARS,
    NUMPY_SCALARS.map(np.array),
    st.builds(lambda number, kind: torch.tensor(number).to(kind), st.floats(-100, 100), st.sampled_from(TORCH_TYPES)),
)


def is_key(text: str) -> bool:
    return text not in OURS and not any(map(is_surrogate, text))


def rows_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.dictionaries(ANY_TEXT.filter(is_key), values, max_size=6), min_size=1, max_size=5)


ROWS = rows_of(ANY_VALUE)


def read(folder: Path) -> list[dict[str, Any]]:
    """Read the rows behind the first, without what the logger adds."""
    rows = read_progress(folder).rows[1:]
    return [{key: value for key, value in row.items() if key not in OURS} for row in rows]


def shown(row: dict[str, Any]) -> str:
    """Return a text that is equal for equal rows: NaN, signs and types count."""
    return repr(sorted(row.items()))


def expected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: plain(value) for key, value in row.items() if not is_excluded(value)} for row in rows]


def without_excluded(found: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in row.items() if key not in given or not is_excluded(given[key])}
        for row, given in zip(found, rows, strict=True)
    ]


@EXAMPLES
def test_from_the_journal(
    examples: int, record: Record, folders: Iterator[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 1e6)

    @settings(max_examples=examples, deadline=None)
    @given(rows=ROWS)
    def check(rows: list[dict[str, Any]]) -> None:
        folder, copy = next(folders), tmp_path / "copy"
        record(folder, rows)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder / ".journal", copy / ".journal")  # as a run that was killed
        found = without_excluded(read(copy), rows)
        assert list(map(shown, found)) == list(map(shown, expected(rows)))

    check()


@EXAMPLES
def test_from_the_file(examples: int, record: Record, folders: Iterator[Path]) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(rows=ROWS)
    def check(rows: list[dict[str, Any]]) -> None:
        folder = next(folders)
        record(folder, rows)
        for _ in range(2):  # while the run lives, and after its end
            found = without_excluded(read(folder), rows)
            assert list(map(shown, found)) == list(map(shown, expected(rows)))
            logger.close()

    check()


ODD_KEYS = ["", "\0", "\n", '"', ",", "#", "\ufeff", " ", "\r", "x" * 10_000, "\udc80", "a\ud800"]


def test_a_key_of_any_text(record: Record, folders: Iterator[Path]) -> None:
    """A key with a lone surrogate is escaped, as such a text is."""
    for key in ODD_KEYS:
        record(next(folders), [{key: 1, "other": 2}, {"other": 3}, {key: 4}])
        known = key.encode("utf-8", "backslashreplace").decode()
        folder = Path(str(logger.get_dir()))
        for _ in range(2):
            assert read(folder) == [{known: 1, "other": 2}, {"other": 3}, {known: 4}]
            logger.close()


def test_keys_and_texts_of_10000_characters(record: Record, folders: Iterator[Path]) -> None:
    for character in ("x", '"', "\n", ",", "\0", "é", "語"):
        rows = [{character * 10_000: 1, "text": character * 10_000, "other": 2}, {"text": character * 9_999}]
        record(next(folders), rows)
        folder = Path(str(logger.get_dir()))
        for _ in range(2):
            assert read(folder) == rows
            logger.close()


def test_a_value_that_is_missing_and_one_that_is_nan_are_told_apart(record: Record, folders: Iterator[Path]) -> None:
    folder = next(folders)
    record(folder, [{"loss": math.nan}, {}, {"loss": 0.5}])
    for _ in range(2):
        first, second, third = read(folder)
        assert math.isnan(first["loss"])
        assert (second, third) == ({}, {"loss": 0.5})
        logger.close()


EXCLUDED_EXAMPLES = [example for exclusion in EXCLUDED.values() for example in exclusion.examples]
MISSING = object()


def test_what_is_excluded_does_not_come_back_equal(record: Record, folders: Iterator[Path]) -> None:
    """Whatever comes back equal must leave the list."""
    equal = []
    for example in EXCLUDED_EXAMPLES:
        assert is_excluded(example)
        folder = next(folders)
        record(folder, [{"key": example}])
        logger.close()
        found = read(folder)[0].get("key", MISSING)
        kinds = (bool, int, str)
        if [isinstance(found, kind) for kind in kinds] == [isinstance(example, kind) for kind in kinds]:
            equal += [example] if found == example else []
    assert equal == []


def test_what_is_excluded_loses_neither_its_row_nor_its_neighbours(record: Record, folders: Iterator[Path]) -> None:
    for example in EXCLUDED_EXAMPLES:
        folder = next(folders)
        record(folder, [{"a": 1, "key": example, "z": "text"}, {"key": "other"}])
        for _ in range(2):
            first, second = read(folder)
            assert (first["a"], first["z"], second) == (1, "text", {"key": "other"})
            logger.close()
