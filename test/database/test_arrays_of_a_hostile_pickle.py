"""An array in a pickle that nobody trusts is made of its own bytes, and never looks at memory that is not its own."""

from __future__ import annotations

import datetime
import pickle
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla.database.archive import read_archive

ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
    np.array(["a", "äbc"]),
    np.array([b"x", b"yz"]),
    np.array([True, False]),
    np.array([1 + 2j], np.complex64),
    np.zeros((0, 3), np.float32),
    np.array(["2026-11-21", "NaT"], dtype="datetime64[D]"),
    np.array([3], dtype="timedelta64[25ms]"),
    np.array([{"a": 1}, None, "text"], dtype=object),
    np.array(5),
]


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: str(array.dtype))
def test_arrays_come_back_as_they_were(tmp_path: Path, array: Any, protocol: int) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"inside": [(array, {"deep": deque([array])})]}, protocol))
    ((first, rest),) = read_archive(path)["inside"]
    for found in (first, rest["deep"][0]):
        assert type(found) is np.ndarray
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def test_scalars_and_dtypes_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    content = {"scalar": np.float32(0.5), "dtype": np.dtype("<f8"), "date": datetime.date(2026, 11, 21)}
    path.write_bytes(pickle.dumps(content))
    assert read_archive(path) == content


class _Calls:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self._reduced = function, arguments

    def __reduce__(self) -> Any:
        return self._reduced


@pytest.mark.parametrize(
    "hostile",
    [
        _Calls(np.ndarray, (1,), np.dtype("O"), b"A" * 64),
        _Calls(np.dtype, "V8"),
        np.zeros(2, dtype=[("a", "f4"), ("b", "O")]),
    ],
)
def test_an_array_over_bytes_of_somebodys_choice_is_refused(tmp_path: Path, hostile: Any) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"x": hostile}))
    with pytest.raises(ValueError, match="no pickle that can be read"):
        read_archive(path)


def test_a_dtype_that_lies_about_its_fields_is_not_believed(tmp_path: Path) -> None:
    state = (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0)
    lie = b"cnumpy\ndtype\n(S'f8'\nI00\nI01\ntR" + pickle.dumps(state, 0)[:-1] + b"b."
    path = tmp_path / "a.pkl"
    path.write_bytes(lie)
    assert read_archive(path) == np.dtype("f8")
