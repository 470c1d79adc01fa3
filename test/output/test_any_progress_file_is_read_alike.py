"""Whatever stands in a `progress.csv`, the newest values and single columns are those of `read_progress`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rla import read_progress
from rla.output import columns, csv_blocks, newest_cells
from rla.output.columns import read_columns
from rla.output.last_values import read_last_values

NUMBERS = ["1", "-2", "0.1", "1e300", "-5e-324", "1.7976931348623157e+308", "9007199254740993", "018446744073709551616"]
ODD_CELLS = ["", "nan", "-inf", "True", "False", "01", "1_0", " 1", "-0", "text", '"', '""', '"1.5"', "'", "٣", "ü"]
TEXTS = ['"a,b"', '"two\nlines"', '"say ""hi"""', '"x"y', 'x"y,z"', '"\0"', '"a\r\nb"', '"\\n"']
LINE_ENDS = ["\n", "\r\n", "\n", "\n", "\n\n", "\r\r\n", ",\n"]

CELLS = st.one_of(st.sampled_from(NUMBERS + ODD_CELLS + TEXTS), st.floats().map(repr), st.integers().map(str))
LINES = st.lists(CELLS, min_size=1, max_size=4).flatmap(
    lambda cells: st.sampled_from(LINE_ENDS).map(lambda end: ",".join(cells) + end)
)
ANY_CONTENT = st.tuples(
    st.lists(st.sampled_from(["a", "b", "time-step", "timestamp", '"c,d"']), min_size=1, max_size=4, unique=True),
    st.lists(LINES, max_size=12),
    st.sampled_from([b"", b"1,2", b'1,"tor\nn', b"\0\0\0", b"\0\n1,2,3\n", b"\xff,1\n"]),
).map(lambda parts: (",".join(parts[0]) + "\n" + "".join(parts[1])).encode() + parts[2])

TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from(["", "1", "2.5", '"a"', '"b,\nc"', "nan"]), min_size=width, max_size=width),
        min_size=1,
        max_size=40,
    ).map(lambda rows: ",".join("abcd"[:width]) + "\n" + "".join(",".join(row) + "\n" for row in rows))
)

PLAIN_TABLES = st.lists(st.sampled_from(["1,2\n", "0.5,\n", "nan,-3\n", "12345678,1e-05\n"]), max_size=40)
ALMOST_PLAIN_TABLES = st.tuples(PLAIN_TABLES, st.sampled_from(["", '"x",1\n', "1e+300,1\n", "1\n"]), PLAIN_TABLES).map(
    lambda parts: "a,b\n" + "".join(parts[0]) + parts[1] + "".join(parts[2])
)

QUICKLY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def shown(value: object) -> str:
    """Numbers as floats: those of more than 64 bits are whole or not, depending on what stands beside them."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < 2**1023 else math.inf
    return repr(value)


def merged(folder: Path) -> dict[str, str]:
    values: dict[str, Any] = {}
    for row in read_progress(folder).rows:
        values.update(row)
    return {key: shown(value) for key, value in values.items()}


def rows_with(folder: Path, keys: list[str]) -> list[list[str]]:
    deciding = [key for key in keys if key not in ("time-step", "timestamp")] or keys
    rows = read_progress(folder).rows
    return [[shown(row.get(key)) for key in keys] for row in rows if any(key in row for key in deciding)]


def columns_of(folder: Path, keys: list[str]) -> list[list[str]]:
    """The rows of `read_columns`, where NaN in a column of floats stands for what is missing, too."""
    values = read_columns(folder, keys).values
    number = max(map(len, values.values()), default=0)
    lists = [values[key].tolist() if key in values else [None] * number for key in keys]
    return [[shown(value) for value in row] for row in zip(*lists, strict=True)]


def without_nan(rows: list[list[str]]) -> list[list[str]]:
    return [["None" if cell == "nan" else cell for cell in row] for row in rows]


@given(content=ANY_CONTENT)
@QUICKLY
def test_the_newest_values(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "progress.csv").write_bytes(content)
    found = {key: shown(value) for key, value in read_last_values(tmp_path).values.items()}
    assert found == merged(tmp_path)


@given(content=ANY_CONTENT, keys=st.sampled_from([["a"], ["a", "time-step"], ["time-step"], ["b", "c,d", "no"]]))
@QUICKLY
def test_columns(content: bytes, keys: list[str], tmp_path: Path) -> None:
    (tmp_path / "progress.csv").write_bytes(content)
    assert without_nan(columns_of(tmp_path, keys)) == without_nan(rows_with(tmp_path, keys))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"HEAD_BYTES": 9, "BLOCK_BYTES": 16, "TAIL_BYTES": 8, "LARGEST_TAIL": 64}.items():
        monkeypatch.setattr(csv_blocks, name, size)
    for name, size in {"HEAD_BYTES": 9, "TAIL_BYTES": 8, "_PARSED_BYTES": 20}.items():
        monkeypatch.setattr(newest_cells, name, size)
    monkeypatch.setattr(columns, "_AT_ONCE_BYTES", 32)
    monkeypatch.setattr(columns, "_kept", columns._Kept())


@pytest.mark.usefixtures("small_blocks")
@given(content=st.one_of(TABLES, ALMOST_PLAIN_TABLES), torn=st.integers(0, 9))
@QUICKLY
def test_files_of_many_blocks(content: str, torn: int, tmp_path: Path) -> None:
    header, _, body = content.partition("\n")
    (tmp_path / "progress.csv").write_text(f"{header}\n{body[: len(body) - torn]}")
    found = {key: shown(value) for key, value in read_last_values(tmp_path).values.items()}
    assert found == merged(tmp_path)
    assert without_nan(columns_of(tmp_path, ["a", "b"])) == without_nan(rows_with(tmp_path, ["a", "b"]))


@given(values=st.lists(st.floats(), min_size=1, max_size=50))
@QUICKLY
def test_floats_are_those_of_python(values: list[float], tmp_path: Path) -> None:
    (tmp_path / "progress.csv").write_text("x,y\n" + "".join(f"{value!r},0\n" for value in values))
    read = read_columns(tmp_path, ["x"]).values["x"]
    assert read.dtype == float
    assert list(map(repr, read.tolist())) == list(map(repr, values))
