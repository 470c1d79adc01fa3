"""Runs of thousands of keys: `progress.csv` gets 1,000 columns, the other values go, one a line, beside it.

The first keys that come get the columns, sorted within a row, the time step and the timestamp always among them.
`progress.long.csv` names row (line of `progress.csv`, from 0), key and value. Our readers put both together.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from rla import files, logger, read_progress

LARGEST_NUMBER_OF_COLUMNS = 1000
BYTES_OF_A_VALUE = 60
OURS = {"time-step", "timestamp"}
USUAL = ("loss", "reward", "length", "speed", "entropy")

Values = dict[str, int]

SHAPES: dict[str, Callable[[int], Iterable[Values]]] = {
    "all at once": lambda keys: [{f"key {key}": key for key in range(keys)}],
    "in steps of 100": lambda keys: (
        {f"key {key}": step * keys + key for key in range(step + 100)} for step in range(0, keys, 100)
    ),
    "one new key a row": lambda keys: ({**dict.fromkeys(USUAL, step), f"late {step}": step} for step in range(keys)),
}
SMALL = [("all at once", 1500), ("in steps of 100", 1300), ("one new key a row", 1100)]
SIZES = [
    *SMALL,
    pytest.param("all at once", 10_000, marks=pytest.mark.load),
    pytest.param("in steps of 100", 10_000, marks=pytest.mark.load),
    pytest.param("one new key a row", 2000, marks=pytest.mark.load),
]


def record(rows: Iterable[Values]) -> None:
    for step, row in enumerate(rows):
        logger.record_all(row)
        logger.dump_tabular(step=step)


@pytest.mark.parametrize(("shape", "keys"), SIZES)
def test_every_value_is_read_back_while_the_run_lives_and_after(
    shape: str, keys: int, folder: Path, data_root: Path, wide_run: Any, fsck: Callable
) -> None:
    rows = list(SHAPES[shape](keys))
    logger.configure(folder, ["csv"])
    record(rows)
    wide_run.check_readers(rows)
    logger.close()
    wide_run.check_readers(rows)
    fsck(data_root)


@pytest.mark.parametrize(
    ("shape", "keys"),
    [
        *SMALL,
        ("all at once", 10_000),
        pytest.param("one new key a row", 2000, marks=pytest.mark.load),
    ],
)
def test_the_last_row_is_whole(
    shape: str, keys: int, folder: Path, data_root: Path, wide_run: Any, fsck: Callable
) -> None:
    rows = list(SHAPES[shape](keys))
    logger.configure(folder, ["csv"])
    record(rows)
    wide_run.check_last_row(rows)
    logger.close()
    fsck(data_root)
    wide_run.check_last_row(rows)


@pytest.mark.parametrize(("shape", "keys"), SIZES)
def test_the_files_follow_the_rule(
    shape: str, keys: int, folder: Path, data_root: Path, wide_run: Any, fsck: Callable
) -> None:
    rows = list(SHAPES[shape](keys))
    logger.configure(folder, ["csv"])
    record(rows)
    logger.flush()
    wide_run.check_files(rows)
    logger.close()
    wide_run.check_files(rows)
    fsck(data_root)


@pytest.mark.parametrize(("shape", "keys"), SIZES)
def test_the_table_of_pandas_has_all_columns(
    shape: str, keys: int, folder: Path, data_root: Path, fsck: Callable
) -> None:
    rows = list(SHAPES[shape](keys))
    logger.configure(folder, ["csv"])
    record(rows)
    logger.close()
    table = logger.read_csv(folder / "progress.csv")
    assert len(table) == len(rows)
    assert set(table.columns) == OURS.union(*rows)
    for key in {key for row in rows for key in list(row)[-1:]}:
        expected = {step: row[key] for step, row in enumerate(rows) if key in row}
        assert table[key].dropna().to_dict() == expected
    fsck(data_root)


@pytest.mark.parametrize("keys", [1100, pytest.param(2000, marks=pytest.mark.load)])
def test_the_disk_use_is_bounded(
    keys: int, folder: Path, data_root: Path, fsck: Callable, record_property: Callable
) -> None:
    rows = list(SHAPES["one new key a row"](keys))
    logger.configure(folder, ["csv"])
    record(rows)
    logger.close()
    values = sum(len(row) + len(OURS) for row in rows)
    long_values = keys - (LARGEST_NUMBER_OF_COLUMNS - len(OURS) - len(USUAL))
    table, rest = ((folder / name).stat().st_size for name in ("progress.csv", "progress.long.csv"))
    record_property("bytes of progress.csv and progress.long.csv for each value", (table + rest) / values)
    assert rest < BYTES_OF_A_VALUE * (long_values + 1)
    assert table < BYTES_OF_A_VALUE * values + LARGEST_NUMBER_OF_COLUMNS * len(rows), "at most a comma for each cell"
    fsck(data_root)


@pytest.mark.parametrize("keys", [1100, pytest.param(2000, marks=pytest.mark.load)])
def test_no_file_is_written_anew_in_the_thread_that_trains(
    keys: int,
    folder: Path,
    data_root: Path,
    fsck: Callable,
    record_property: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[int] = []
    rename = files.rename

    def noted(source: Path, target: Path) -> None:
        threads.append(threading.get_ident())
        rename(source, target)

    monkeypatch.setattr(files, "rename", noted)
    logger.configure(folder, ["csv"])
    seconds: list[float] = []
    for step, row in enumerate(SHAPES["one new key a row"](keys)):
        logger.record_all(row)
        if step % 100 == 99:
            time.sleep(0.05)  # the writer's thread is to have its turn between the rows too
        started = time.perf_counter()
        logger.dump_tabular(step=step)
        seconds.append(time.perf_counter() - started)
    logger.close()
    record_property("milliseconds of a dump, 99th percentile", sorted(seconds)[len(seconds) * 99 // 100] * 1e3)
    assert threads, "nothing was written anew, so nothing was seen"
    assert threading.get_ident() not in threads
    fsck(data_root)


def test_keys_that_csv_must_quote_are_read_back(folder: Path, data_root: Path, wide_run: Any, fsck: Callable) -> None:
    rows = [
        {f"key {key}": key for key in range(1000)},
        {"z, a": 1, 'z "b"': 2, "z\nc": 3, "zé": 4, "z": 5},
        {"z, a": 6, 'z "b"': 7, "key 3": 8},
    ]
    logger.configure(folder, ["csv"])
    record(rows)
    logger.close()
    wide_run.check_readers(rows)
    wide_run.check_files(rows)
    fsck(data_root)


def test_every_type_is_read_back_from_the_long_file(folder: Path, data_root: Path, fsck: Callable) -> None:
    values = [0.1, -0.0, math.inf, 7, 2**63, 2**70, True, False, "1.5", "True", "", "nan", 'a,"b"\nc', "\r"]
    logger.configure(folder, ["csv"])
    record([{f"key {key}": key for key in range(1000)}])
    logger.record_all({f"z {number}": value for number, value in enumerate(values)})
    logger.record_all({"z nan": math.nan, "z none": None})
    logger.dump_tabular()
    for _ in range(2):
        row = read_progress(folder).rows[1]
        assert [repr(row[f"z {number}"]) for number in range(len(values))] == list(map(repr, values))
        assert math.isnan(row["z nan"])
        assert "z none" not in row
        logger.close()
    fsck(data_root)


def test_what_the_csv_shall_not_get_is_in_neither_file(folder: Path, data_root: Path, fsck: Callable) -> None:
    logger.configure(folder, ["csv"])
    record([{f"key {key}": key for key in range(1100)}])
    logger.record_tabular("key 3", 3)
    logger.record_tabular("secret", 4, exclude="csv")
    logger.dump_tabular()
    logger.close()
    assert "secret" not in (folder / "progress.long.csv").read_text() + (folder / "progress.csv").read_text()
    assert "secret" not in read_progress(folder).rows[1]
    fsck(data_root)


def test_a_run_that_is_gone_on_with_keeps_its_columns_and_the_rest(
    folder: Path, data_root: Path, wide_run: Any, fsck: Callable
) -> None:
    rows = list(SHAPES["in steps of 100"](1200))
    for start in range(0, len(rows), 5):
        logger.configure(folder, ["csv"])
        for step in range(start, min(start + 5, len(rows))):
            logger.record_all(rows[step])
            logger.dump_tabular(step=step)
        logger.close()
    wide_run.check_readers(rows)
    wide_run.check_files(rows)
    fsck(data_root)
