"""An archive is plain data in a pickle, written whole and read back equal."""

from __future__ import annotations

import argparse
import collections
import datetime
import decimal
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla.database.archive import read_archive, write_archive

PLAIN: dict[str, Any] = {
    "numbers": [1, 2.5, float("inf"), 1j, True, None, 10**30],
    "containers": {"tuple": (1, (2,)), "set": {1, 2}, "frozen": frozenset({3}), "bytes": b"\0\xff"},
    "collections": [collections.OrderedDict(a=1), collections.deque([1, 2], 5), collections.defaultdict(list, a=[1])],
    "dates": [datetime.datetime(2022, 3, 1, tzinfo=datetime.timezone.utc), datetime.timedelta(1), datetime.date.max],
    "decimal": decimal.Decimal("1.10"),
    "path": Path("/a/b"),
    "range": range(3),
    "namespace": argparse.Namespace(lr=0.1),
}


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_of_every_protocol_are_read(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(PLAIN, protocol))
    assert read_archive(path) == PLAIN


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_scalars_of_numpy_are_read(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "a.pkl"
    arrays = {"array": np.arange(6.0).reshape(2, 3), "scalar": np.float32(0.5), "text": np.array(["a", "bc"])}
    path.write_bytes(pickle.dumps(arrays, protocol))
    back = read_archive(path)
    assert back["scalar"] == np.float32(0.5)
    assert np.array_equal(back["array"], arrays["array"])
    assert np.array_equal(back["text"], arrays["text"])


def test_an_array_that_numpy_1_wrote_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(np.arange(3), 2).replace(b"numpy._core.", b"numpy.core."))
    assert b"numpy.core.multiarray" in path.read_bytes()
    assert list(read_archive(path)) == [0, 1, 2]


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.pkl", {"hyper_param": {"lr": 0.1}})
    assert read_archive(tmp_path / "a.pkl") == {"hyper_param": {"lr": 0.1}}


def test_an_archive_that_cannot_be_written_leaves_the_earlier_one(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.pkl", {"a": 1})
    with pytest.raises((pickle.PicklingError, AttributeError)):
        write_archive(tmp_path / "a.pkl", {"a": lambda: 1})
    assert read_archive(tmp_path / "a.pkl") == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.pkl"]


@pytest.mark.parametrize("cut", [0, 1, 2, 10, 50, -1])
def test_an_archive_cut_short_is_a_value_error_that_names_the_file(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(PLAIN)[:cut])
    with pytest.raises(ValueError, match=r"a\.pkl"):
        read_archive(path)


def test_a_missing_archive_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_archive(tmp_path / "a.pkl")
