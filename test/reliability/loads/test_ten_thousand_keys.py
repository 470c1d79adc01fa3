"""Runs of thousands of keys: `progress.csv` gets 1,000 columns, the other values go, one a line, beside it.

The first keys that come get the columns, sorted within a row, the time step and the timestamp always among them.
`progress.long.csv` names row (line of `progress.csv`, from 0), key and value. Our readers put both together.
"""

from __future__ import annotations

import csv
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from rla import files, logger, read_progress
from rla.output.reader import last_row

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


def check_readers(folder: Path, rows: list[Values]) -> None:
    """Every row has exactly its keys, with their values."""
    found = read_progress(folder).rows
    assert len(found) == len(rows)
    for step, (row, expected) in enumerate(zip(found, rows, strict=True)):
        assert isinstance(row.pop("timestamp"), float)
        assert row.pop("time-step") == step
        assert row == expected


def check_last_row(folder: Path, rows: list[Values]) -> None:
    newest = last_row(folder)
    assert {key: value for key, value in newest.items() if key not in OURS} == rows[-1]


def check_files(folder: Path, rows: list[Values]) -> None:
    """The two files hold each value once, and follow the rule."""
    first: dict[str, None] = {}
    for row in rows:
        first.update(dict.fromkeys(sorted(row)))
    columns = OURS | set(list(first)[: LARGEST_NUMBER_OF_COLUMNS - len(OURS)])
    with open(folder / "progress.csv", newline="", encoding="utf-8") as stream:
        header, *lines = csv.reader(stream)
    assert len(header) == len(set(header))
    assert set(header) == columns
    found = [{key: cell for key, cell in zip(header, line, strict=True) if cell} for line in lines]
    header, *lines = [["row", "key", "value"]]
    if len(first) > len(columns - OURS):
        with open(folder / "progress.long.csv", newline="", encoding="utf-8") as stream:
            header, *lines = csv.reader(stream)
    assert header == ["row", "key", "value"]
    for row_number, key, value in lines:
        assert key not in columns
        assert key not in found[int(row_number)], f"{key} of row {row_number} stands there twice"
        found[int(row_number)][key] = value
    ours = {key: found_row.pop(key) for found_row in found for key in OURS}
    assert set(ours) == OURS
    assert found == [{key: str(value) for key, value in row.items()} for row in rows]


@pytest.mark.parametrize(("shape", "keys"), SIZES)
def test_every_value_is_read_back_while_the_run_lives_and_after(
    shape: str, keys: int, folder: Path, data_root: Path, fsck: Callable
) -> None:
    rows = list(SHAPES[shape](keys))
    logger.configure(folder, ["csv"])
    record(rows)
    check_readers(folder, rows)
    logger.close()
    check_readers(folder, rows)
    fsck(data_root)


@pytest.mark.parametrize(
    ("shape", "keys"),
    [
        *SMALL,
        ("all at once", 10_000),
        pytest.param("one new key a row", 2000, marks=pytest.mark.load),
    ],
)
def test_the_last_row_is_whole(shape: str, keys: int, folder: Path, data_root: Path, fsck: Callable) -> None:
    rows = list(SHAPES[shape](keys))
    logger.configure(folder, ["csv"])
    record(rows)
    check_last_row(folder, rows)
    logger.close()
    fsck(data_root)
    check_last_row(folder, rows)


@pytest.mark.parametrize(("shape", "keys"), SIZES)
def test_the_files_follow_the_rule(shape: str, keys: int, folder: Path, data_root: Path, fsck: Callable) -> None:
    rows = list(SHAPES[shape](keys))
    logger.configure(folder, ["csv"])
    record(rows)
    logger.flush()
    check_files(folder, rows)
    logger.close()
    check_files(folder, rows)
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


def test_keys_that_csv_must_quote_are_read_back(folder: Path, data_root: Path, fsck: Callable) -> None:
    rows = [
        {f"key {key}": key for key in range(1000)},
        {"z, a": 1, 'z "b"': 2, "z\nc": 3, "zé": 4, "z": 5},
        {"z, a": 6, 'z "b"': 7, "key 3": 8},
    ]
    logger.configure(folder, ["csv"])
    record(rows)
    logger.close()
    check_readers(folder, rows)
    check_files(folder, rows)
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
    folder: Path, data_root: Path, fsck: Callable
) -> None:
    rows = list(SHAPES["in steps of 100"](1200))
    for start in range(0, len(rows), 5):
        logger.configure(folder, ["csv"])
        for step in range(start, min(start + 5, len(rows))):
            logger.record_all(rows[step])
            logger.dump_tabular(step=step)
        logger.close()
    check_readers(folder, rows)
    check_files(folder, rows)
    fsck(data_root)


KILLED_RUN = """
import os, random, sys, threading, time
from rla import files, logger
from rla.output import journal, writer
folder, seed, file_name, moment = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
writer.FLUSH_SECONDS, writer.SYNC_SECONDS, journal.SEGMENT_BYTES = 0.01, 0.03, 20_000
random.seed(seed)
die = lambda: os.kill(os.getpid(), 9)
left = [1 + seed]
append = files.append

def dying_append(fd, data):
    if os.readlink(f"/proc/self/fd/{fd}").endswith("/" + file_name):
        left[0] -= 1
    if left[0] == 0 and moment != "after":
        if moment == "in the middle of":
            append(fd, data[:len(data) // 2])
        die()
    append(fd, data)
    if left[0] == 0:
        die()

if moment == "at any time of":
    threading.Thread(target=lambda: (time.sleep(random.uniform(0.1, 0.6)), die())).start()
else:
    files.append = dying_append
acknowledged = os.open(folder + ".count", os.O_WRONLY | os.O_CREAT)
logger.configure(folder, ["csv"])
for step in range(1500):
    if step == 0:
        logger.record_all({f"key {key}": key for key in range(970)})
    logger.record_all({"count": step, f"late {step}": step})
    logger.dump_tabular(step=step)
    os.pwrite(acknowledged, b"%012d" % (step + 1), 0)
    time.sleep(0.001)
"""


@pytest.mark.parametrize(
    ("moment", "file_name", "seed"),
    [
        ("at any time of", "progress.csv", 0),
        ("in the middle of", "progress.long.csv", 2),
        ("before", "progress.csv", 15),
        *(
            pytest.param(moment, file_name, seed, marks=pytest.mark.fault)
            for moment in ("before", "in the middle of", "after")
            for file_name in ("progress.csv", "progress.long.csv")
            for seed in (0, 1, 3, 6, 10, 15)
        ),
        *(pytest.param("at any time of", "progress.csv", seed, marks=pytest.mark.fault) for seed in range(1, 21)),
    ],
)
def test_a_kill_loses_no_acknowledged_row_and_doubles_none(
    moment: str, file_name: str, seed: int, folder: Path, data_root: Path, fsck: Callable, running: Callable
) -> None:
    folder.parent.mkdir(parents=True)
    with running(KILLED_RUN, folder, seed, file_name, moment) as child:
        child.communicate()
        assert child.returncode == -signal.SIGKILL
    count = Path(f"{folder}.count")
    acknowledged = int(count.read_text())
    os.unlink(count)
    found = len(read_progress(folder).rows)
    assert acknowledged <= found <= acknowledged + 1
    rows = [{"count": step, f"late {step}": step} for step in range(found)]
    rows[0].update({f"key {key}": key for key in range(970)})
    check_readers(folder, rows)
    check_last_row(folder, rows)
    fsck(data_root, "--repair")
    check_readers(folder, rows)
    check_last_row(folder, rows)
    check_files(folder, rows)
    fsck(data_root)
