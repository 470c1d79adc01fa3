"""Single columns of a run come as arrays: which rows they have, of which type they are, what stands for nothing."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from rla.output.columns import read_columns, read_recorded


def table(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "progress.csv").write_text(text, newline="")
    return folder


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["1", "-2", "9223372036854775807"], "int64"),
        (["1", "2.5"], "float64"),
        (["1", "nan"], "float64"),
        (["inf", "-inf"], "float64"),
        (["1", "", "3"], "float64"),
        (["", ""], "float64"),
        (["1", "018446744073709551616"], "float64"),
        (["True", "False"], "bool"),
        (["True", ""], "object"),
        (["True", "1"], "object"),
        (['"a"', '"1.5"'], "object"),
        (['"a"', "1", "2.5", ""], "object"),
    ],
)
def test_the_type_of_a_column_is_that_of_its_cells(cells: list[str], dtype: str, folder: Path) -> None:
    table(folder, "x,y\n" + "".join(f"{cell},1\n" for cell in cells))
    assert read_columns(folder, ["x", "y"]).values["x"].dtype == dtype


def test_values_of_objects_are_those_that_were_recorded(folder: Path) -> None:
    table(folder, 'x,y\n"a",1\n"1.5",1\n2,1\n2.5,1\n,1\nTrue,1\nplain,1\n')
    values = read_columns(folder, ["x", "y"]).values["x"].tolist()
    assert values == ["a", "1.5", 2, 2.5, None, True, "plain"]
    assert list(map(type, values)) == [str, str, int, float, type(None), bool, str]


def test_rows_count_that_have_a_value_of_some_key(folder: Path) -> None:
    table(folder, "loss,eval,time-step\n0.5,,1\n,,2\n,7,3\n,,4\n0.25,8,5\n")
    loss = read_columns(folder, ["time-step", "loss"]).values
    assert (loss["time-step"].tolist(), loss["loss"].tolist()) == ([1, 5], [0.5, 0.25])
    both = read_columns(folder, ["eval", "time-step", "loss"]).values
    assert list(both) == ["eval", "time-step", "loss"]
    assert both["time-step"].tolist() == [1, 3, 5]
    np.testing.assert_array_equal(both["eval"], [math.nan, 7, 8])
    assert read_columns(folder, ["time-step"]).values["time-step"].tolist() == [1, 2, 3, 4, 5]


def test_a_recorded_nan_is_a_row(folder: Path) -> None:
    table(folder, "loss,time-step\nnan,1\n,2\n")
    assert read_columns(folder, ["loss", "time-step"]).values["time-step"].tolist() == [1]


def test_a_key_that_the_run_lacks_is_not_there(folder: Path) -> None:
    table(folder, "loss,time-step\n0.5,1\n")
    assert list(read_columns(folder, ["loss", "no such key"]).values) == ["loss"]
    assert read_columns(folder, ["no such key"]).values == {}
    assert read_columns(folder, []).values == {}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_many_blocks_is_read(end: str, folder: Path) -> None:
    steps = np.arange(30_000)
    loss = np.random.default_rng(0).normal(size=len(steps))
    lines = ["loss,count,note,flag,late,time-step"]
    for step, value in zip(steps.tolist(), loss.tolist(), strict=True):
        lines.append(f'{value!r},{step * 7},"a, {step}",{step % 2 == 0},{value if step > 20_000 else ""},{step}')
    table(folder, end.join([*lines, ""]))
    found = read_columns(folder, ["loss", "count", "note", "flag", "late", "time-step"]).values
    np.testing.assert_array_equal(found["loss"], loss)
    np.testing.assert_array_equal(found["count"], steps * 7, strict=True)
    assert found["note"].tolist() == [f"a, {step}" for step in steps]
    np.testing.assert_array_equal(found["flag"], steps % 2 == 0, strict=True)
    np.testing.assert_array_equal(found["late"], np.where(steps > 20_000, loss, math.nan), strict=True)
    late = read_columns(folder, ["late", "time-step"]).values
    assert late["time-step"].tolist() == list(range(20_001, 30_000))


def test_a_type_may_change_on_the_way(folder: Path) -> None:
    text = "x,y\n" + "1,0\n" * 200_000
    assert read_columns(table(folder, text), ["x"]).values["x"].dtype == np.int64
    assert read_columns(table(folder, text + "0.5,0\n"), ["x"]).values["x"].dtype == np.float64
    mixed = read_columns(table(folder, text + '"a",0\n'), ["x"]).values["x"]
    assert (mixed.dtype, mixed[0], type(mixed[0]), mixed[-1]) == (object, 1, int, "a")


def test_long_cells_beside_short_ones_are_read(folder: Path) -> None:
    table(folder, "x,note\n" + f'1.5,"{"n" * 70_000}"\n2.5,"b"\n0.{"3" * 200},"c"\n')
    found = read_columns(folder, ["x", "note"]).values
    assert found["x"].tolist() == [1.5, 2.5, 1 / 3]
    assert list(map(len, found["note"])) == [70_000, 1, 1]


def test_what_was_recorded_of_each_key_comes_without_the_rows_that_have_none(folder: Path) -> None:
    table(folder, 'loss,steps,name,time-step\n0.5,,,1\n,7,,2\nnan,8,"a",3\n,,,4\n')
    found = read_recorded(folder, ["steps", "loss", "name", "time-step", "other"]).values
    assert [(key, values.dtype.kind) for key, values in found.items()] == [
        ("steps", "i"),
        ("loss", "f"),
        ("name", "O"),
        ("time-step", "i"),
    ]
    assert (found["steps"].tolist(), found["name"].tolist()) == ([7, 8], ["a"])
    np.testing.assert_array_equal(found["loss"], [0.5, math.nan])
    assert found["time-step"].tolist() == [1, 2, 3]


def test_kinds_that_change_along_a_file_are_joined(folder: Path) -> None:
    first, second = (f"{value},1\n" * (1 << 18) for value in ("1", "0.5"))
    table(folder, "x,y\n" + first + second)
    values = read_recorded(folder, ["x"]).values["x"]
    assert (values.dtype.kind, values.sum(), len(values)) == ("f", 1.5 * (1 << 18), 2 << 18)
