"""`progress.csv` has a column for each key; one that appears late is added at the end, without touching old rows."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import files, logger, read_progress
from rla.output import csv_file
from rla.output.csv_file import CsvOutput
from rla.output.records import Row

NONE_EXCLUDED: dict[str, frozenset[str]] = {}


def cells_of(folder: Path) -> list[list[str]]:
    with open(folder / "progress.csv", newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def row(**values: object) -> Row:
    return Row(tuple(values), list(values.values()), 0, 0.0, NONE_EXCLUDED)  # type: ignore[arg-type]


def test_keys_are_sorted_on_first_appearance(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(zebra=1, apple=2, mango=3)
    logger.flush()
    assert cells_of(folder)[0] == ["apple", "mango", "time-step", "timestamp", "zebra"]


def test_a_key_that_appears_late_adds_a_column_at_the_end(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(loss=1)
    logger.flush()
    dump(loss=2, bonus=7, arc=8)
    dump(loss=3)
    logger.flush()
    header, *rows = cells_of(folder)
    assert header == ["loss", "time-step", "timestamp", "arc", "bonus"]
    assert [cells[0] for cells in rows] == ["1", "2", "3"]
    assert [cells[3:] for cells in rows] == [["", ""], ["8", "7"], ["", ""]]


def test_a_missing_key_leaves_an_empty_cell_not_its_last_value(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(loss=1, bonus=5)
    dump(loss=2)
    logger.close()
    assert pd.read_csv(folder / "progress.csv")["bonus"].isna().tolist() == [False, True]
    assert "bonus" not in read_progress(folder).rows[1]


@pytest.mark.usefixtures("own_pace")
def test_the_order_of_columns_does_not_depend_on_the_pace_of_the_writer(tmp_path: Path, dump: Callable) -> None:
    headers = []
    for flushed_often in (False, True):
        folder = tmp_path / str(flushed_often)
        logger.configure(folder, ["csv"])
        for key in ("b", "a", "c"):
            dump(**{key: 1})
            if flushed_often:
                logger.flush()
        logger.close()
        headers.append(cells_of(folder)[0])
    assert headers[0] == headers[1]


def test_the_file_is_a_valid_csv_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = CsvOutput(tmp_path)
    widths: list[set[int]] = []

    def checked(name: str) -> Callable:
        original = getattr(files, name)

        def operation(*arguments: object) -> object:
            try:
                return original(*arguments)
            finally:
                widths.append({len(cells) for cells in cells_of(tmp_path)})

        return operation

    with monkeypatch.context() as patch:
        for name in ("append", "truncate", "rename", "remove", "fsync"):
            patch.setattr(files, name, checked(name))
        for count in range(40):
            output.settle()
            output.write([row(count=count, **{f"late {count}": 'a "quoted"\nline, or two'})])
    output.close()
    assert len(widths) > 120
    assert all(len(each) <= 1 for each in widths)
    assert len(cells_of(tmp_path)) == 41


def test_a_widening_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = CsvOutput(tmp_path)
    output.write([row(a=1), row(a=2)])
    before = (tmp_path / "progress.csv").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(files, "rename", lambda *_: (_ for _ in ()).throw(OSError("no")))
        output.settle()
        with pytest.raises(OSError, match="no"):
            output.write([row(a=3, b=4)])
    assert (tmp_path / "progress.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["progress.csv"]
    assert output.write([row(a=3, b=4)]) == 1
    output.close()
    assert (tmp_path / "progress.csv").read_text() == "a,b\n1,\n2,\n3,4\n"


def test_after_a_widening_rows_with_further_new_keys_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("rla.output.csv_file.time.monotonic", lambda: now[0])
    monkeypatch.setattr(files, "rename", lambda *paths: (now.__setitem__(0, now[0] + 2.0), Path.replace(*paths)))
    output = CsvOutput(tmp_path)
    assert output.write([row(a=1)]) == 1
    now[0] += csv_file.WIDENING_SECONDS
    assert output.write([row(a=2, b=2)]) == 1  # takes 2 s, so the next has to wait 20 s
    assert output.write([row(a=3), row(a=4, c=4), row(a=5)]) == 1
    assert output.columns == ["a", "b"]
    now[0] += 20.0
    assert output.write([row(a=4, c=4), row(a=5)]) == 2
    output.close()
    assert (tmp_path / "progress.csv").read_text() == "a,b,c\n1,,\n2,2,\n3,,\n4,,4\n5,,\n"


def test_flush_widens_at_once(tmp_path: Path, dump: Callable) -> None:
    logger.configure(tmp_path, ["csv"])
    for count in range(20):
        dump(**{f"key {count}": count})
        logger.flush()
        assert f"key {count}" in cells_of(tmp_path)[0]
    assert len(cells_of(tmp_path)) == 21


def test_keys_with_separators_and_quotes_are_columns_like_any_other(folder: Path, dump: Callable) -> None:
    keys = ["a,b", 'say "hi"', "two\nlines", "# comment", "", " spaces ", "ünï→日本"]
    logger.configure(folder, ["csv"])
    dump(**{key: number for number, key in enumerate(keys)})
    logger.close()
    frame = pd.read_csv(folder / "progress.csv", keep_default_na=False)
    assert {key: frame[key][0] for key in keys if key} == {key: number for number, key in enumerate(keys) if key}
    (read,) = read_progress(folder).rows
    assert {key: read[key] for key in keys} == {key: number for number, key in enumerate(keys)}


@pytest.mark.parametrize("key", [1, 2.5, None, ("a", "b"), b"bytes", "lone \udc80"])
def test_a_key_that_is_no_text_becomes_one(key: object, folder: Path) -> None:
    logger.configure(folder, ["csv", "json", "tensorboard", "log"])
    logger.record_tabular("before", 1)
    logger.dump_tabular()
    logger.record_tabular(key, 2)  # type: ignore[arg-type]
    logger.dump_tabular()
    logger.close()
    first, second = read_progress(folder).rows
    assert first["before"] == 1
    assert 2 in [value for name, value in second.items() if name not in ("time-step", "timestamp")]


def test_a_run_of_a_thousand_keys_in_one_row_is_read_back(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(**{f"k{number}": number for number in range(1000)})
    logger.close()
    (read,) = read_progress(folder).rows
    assert all(read[f"k{number}"] == number for number in range(1000))
