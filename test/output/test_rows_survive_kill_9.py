"""Rows that `dump_tabular()` returned from survive `kill -9`, and folding completes the files with no row twice."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rla import files, logger
from rla.output import journal_writer, writer
from rla.output.fold import fold_dead_run, has_journal
from rla.output.last_row import last_row
from rla.output.reader import read_progress

PROGRAM = """
import os, random, sys, threading, time
from rla import logger
from rla.output import journal_writer, writer
folder, seed, new_keys = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "new_keys"
writer.FLUSH_SECONDS = 0.01
journal_writer.SEGMENT_BYTES = 5_000
random.seed(seed)
logger.configure(folder, ["csv", "tensorboard", "json", "log"])

def kill():
    time.sleep(random.uniform(0.02, 0.25))
    os.kill(os.getpid(), 9)

acknowledged = os.open(folder + ".count", os.O_WRONLY | os.O_CREAT)
for count in range(10 ** 9):
    if count == 5:
        threading.Thread(target=kill).start()
    logger.record_tabular("count", count)
    logger.record_tabular("half", count / 2)
    if new_keys and random.random() < 0.02:
        logger.record_tabular(f"late {count}", count)
    logger.dump_tabular(step=count)
    os.pwrite(acknowledged, b"%012d" % (count + 1), 0)
    if new_keys:
        time.sleep(0.0005)
"""


def check_complete(folder: Path, acknowledged: int, scalars: Callable[..., dict]) -> None:
    """Reads and folds a dead run, and compares all its files with what was acknowledged."""
    journaled = read_progress(folder)
    counts = [row["count"] for row in journaled.rows]
    assert counts[:acknowledged] == list(range(acknowledged))
    assert counts == list(range(len(counts)))
    assert len(counts) <= acknowledged + 1, "at most the row that was under way"
    assert last_row(folder) == journaled.rows[-1]

    in_file = max((folder / "progress.csv").read_bytes().count(b"\n") - 1, 0)  # a torn last line counts for nothing
    assert fold_dead_run(folder) == len(counts) - in_file
    assert not has_journal(folder)
    assert not list(folder.glob(".*")), "folding leaves nothing behind"

    frame = pd.read_csv(folder / "progress.csv")
    assert list(frame["count"]) == counts
    assert set(frame.columns) == set(journaled.columns)
    assert scalars(folder)["count"] == [(count, float(count)) for count in counts]
    assert scalars(folder)["half"] == [(count, np.float32(count / 2)) for count in counts]
    assert [json.loads(line)["count"] for line in (folder / "progress.json").read_text().splitlines()] == counts
    for key in journaled.columns:
        if key.startswith("late"):
            assert scalars(folder)[key] == [(int(key[5:]), float(key[5:]))]
            assert frame[key].dropna().to_dict() == {int(key[5:]): float(key[5:])}
    assert read_progress(folder).rows == journaled.rows
    assert last_row(folder) == journaled.rows[-1]
    assert fold_dead_run(folder) == 0
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == counts


@pytest.mark.parametrize("kind", ["same_keys", "new_keys"])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.fault), 3])
def test_a_killed_process_loses_no_acknowledged_row(
    seed: int, kind: str, folder: Path, run_python: Callable, scalars: Callable
) -> None:
    done = run_python(PROGRAM, folder, seed, kind)
    assert done.returncode == -signal.SIGKILL, done.stderr
    acknowledged = int(Path(f"{folder}.count").read_text())
    assert acknowledged >= 5
    check_complete(folder, acknowledged, scalars)


@pytest.mark.fault
@pytest.mark.parametrize("seed", range(100, 200))
@pytest.mark.parametrize("kind", ["same_keys", "new_keys"])
def test_two_hundred_kills_lose_no_acknowledged_row(
    seed: int, kind: str, folder: Path, run_python: Callable, scalars: Callable
) -> None:
    test_a_killed_process_loses_no_acknowledged_row(seed, kind, folder, run_python, scalars)


QUEUED = PROGRAM.replace(
    "random.seed(seed)",
    """random.seed(seed)
from rla import files
append, waiting = files.append, []

def append_later(fd, data):  # as loggers do that hand over many rows at once
    waiting.append((fd, data))
    if len(waiting) == 40:
        for each in waiting:
            append(*each)
        waiting.clear()

files.append = append_later""",
)


def test_a_logger_that_queues_its_rows_would_be_seen(folder: Path, run_python: Callable, scalars: Callable) -> None:
    for seed in range(10):
        place = folder / str(seed)
        folder.mkdir(exist_ok=True)
        run_python(QUEUED, place, seed, "same_keys")
        acknowledged = int(Path(f"{place}.count").read_text())
        if len(read_progress(place).rows) < acknowledged:
            return
    raise AssertionError("no row was lost")


def test_a_repair_that_cuts_nothing_off_would_be_seen(
    dead_run: Callable, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_run([{"count": count} for count in range(30)])
    monkeypatch.setattr(files, "truncate", lambda fd, size: None)
    with open(folder / "progress.json", "ab") as stream:
        stream.write(b'{"count": 0, "time-s')  # the last line, cut short by the kill
    fold_dead_run(folder)
    with pytest.raises(ValueError, match=r"delimiter|Extra data|Expecting"):
        [json.loads(line) for line in (folder / "progress.json").read_text().splitlines()]


OPERATIONS = ("append", "overwrite", "truncate", "fsync", "rename", "remove", "open_append")


@pytest.mark.parametrize("part_is_written", [False, True])
@pytest.mark.parametrize("nth", [*range(1, 40, 2), 60, 90, 130, 200])
def test_a_kill_at_any_file_operation_loses_no_acknowledged_row(
    nth: int, part_is_written: bool, folder: Path, killed: Callable, scalars: Callable
) -> None:
    def program(acknowledge: Callable[[int], None]) -> None:
        writer.FLUSH_SECONDS = writer.SYNC_SECONDS = 0.001
        journal_writer.SEGMENT_BYTES = 600
        logger.configure(folder, ["csv", "tensorboard", "json", "log"])
        left = [nth]
        for name in OPERATIONS:
            die_at(left, name, part_is_written)
        for count in range(10**6):
            logger.record_tabular("count", count)
            logger.record_tabular("half", count / 2)
            if count % 3 == 1 and count < 40:
                logger.record_tabular(f"late {count}", count)
            logger.dump_tabular(step=count)
            acknowledge(count + 1)

    acknowledged = killed(program)
    if acknowledged or read_progress(folder).rows:
        check_complete(folder, acknowledged, scalars)


def die_at(left: list[int], name: str, part_is_written: bool) -> None:
    original = getattr(files, name)

    def operation(*arguments: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            if name == "append" and part_is_written:
                fd, data = arguments
                os.write(fd, data[: len(data) // 2])  # type: ignore[call-overload,index,arg-type]
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments)

    setattr(files, name, operation)


@pytest.mark.parametrize("moment", ["while the wider file is written", "before the rename", "after the rename"])
def test_a_kill_during_the_widening_of_the_csv_loses_nothing(
    moment: str, folder: Path, killed: Callable, scalars: Callable
) -> None:
    def program(acknowledge: Callable[[int], None]) -> None:
        writer.FLUSH_SECONDS, writer.Writer.wake = 1e6, lambda self: None  # type: ignore[method-assign,misc]
        logger.configure(folder, ["csv", "tensorboard", "json"])
        for count in range(50):
            logger.record_tabular("count", count)
            logger.record_tabular("half", count / 2)
            if count == 30:
                logger.flush()
                logger.record_tabular("late 30", 30)
            logger.dump_tabular(step=count)
            acknowledge(count + 1)
        append, rename = files.append, files.rename

        def dying_append(fd: int, data: bytes) -> None:
            if os.readlink(f"/proc/self/fd/{fd}").endswith(".wider"):
                append(fd, data[: len(data) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            append(fd, data)

        def dying_rename(source: Path, target: Path) -> None:
            if moment == "after the rename":
                rename(source, target)
            os.kill(os.getpid(), signal.SIGKILL)

        if moment == "while the wider file is written":
            files.append = dying_append
        else:
            files.rename = dying_rename  # type: ignore[assignment]
        logger.flush()

    acknowledged = killed(program)
    assert acknowledged == 50
    with open(folder / "progress.csv", newline="") as stream:
        assert len({len(line) for line in csv.reader(stream)}) == 1, "every line is as wide as the header"
    check_complete(folder, acknowledged, scalars)


def test_the_next_start_in_the_same_folder_folds_the_killed_run_and_goes_on(
    dead_run: Callable, dump: Callable, folder: Path, scalars: Callable
) -> None:
    dead_run([{"count": count} for count in range(20)])
    logger.configure(folder, ["csv", "tensorboard", "json", "log"])
    for count in range(20, 30):
        dump(step=count, count=count)
    logger.close()
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(30))
    assert scalars(folder)["count"] == [(count, float(count)) for count in range(30)]


def test_a_run_killed_again_and_again_in_one_folder_loses_nothing(
    dead_run: Callable, folder: Path, scalars: Callable
) -> None:
    for start in (0, 7, 14):
        dead_run([{"count": count} for count in range(start, start + 7)])
        assert [row["count"] for row in read_progress(folder).rows] == list(range(start + 7))
    fold_dead_run(folder)
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(21))
    assert [value for _, value in scalars(folder)["count"]] == list(range(21))
