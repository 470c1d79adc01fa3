"""Rows whose keys are new and which fill the buffer of a reader reach every file once, at the end and after a kill."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import files, logger, read_progress
from rla.output import writer

LONG = 30_000
ROWS = 8


def late_row(step: int) -> dict[str, object]:
    return {"count": step, "note": f"{step} " + "x" * LONG, f"late {step}": step}


def record(step: int) -> None:
    logger.record_all(late_row(step))
    logger.dump_tabular(step=step)


def wait_for_columns(folder: Path, *columns: str) -> None:
    for _ in range(500):
        header = (folder / "progress.csv").read_text().split("\n")[0].split(",")
        if set(columns) <= set(header):
            return
        time.sleep(0.01)
    raise AssertionError(f"no column for {columns}: {header}")


@pytest.mark.load
def test_they_are_written_out_when_the_run_ends(
    folder: Path, data_root: Path, fsck: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = files.fsync

    def slow_fsync(fd: int) -> None:
        time.sleep(0.2)
        fsync(fd)

    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.01)
    monkeypatch.setattr(files, "fsync", slow_fsync)  # a wider file takes long, so the next new keys have to wait
    logger.configure(folder, ["csv"])
    record(0)
    wait_for_columns(folder, "late 0")
    record(1)
    wait_for_columns(folder, "late 1")
    for step in range(2, ROWS):
        record(step)
    logger.close()
    fsck(data_root)
    rows = read_progress(folder).rows
    assert [row["count"] for row in rows] == list(range(ROWS))
    assert [{key: row[key] for key in late_row(step)} for step, row in enumerate(rows)] == list(
        map(late_row, range(ROWS))
    )


@pytest.mark.parametrize("values", [{"x" * 9_000 + str(key): key for key in range(10)}, {"note": "y" * 100_000}])
def test_a_row_that_is_larger_than_the_buffer_is_read_once(
    values: dict[str, object], folder: Path, data_root: Path, fsck: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 1e6)
    logger.configure(folder, ["csv"])
    for step in range(4):
        logger.record_all({"count": step, f"late {step}": step, **values})
        logger.dump_tabular(step=step)
    for _ in range(2):  # while the run lives, and after its end
        rows = read_progress(folder).rows
        assert [row["count"] for row in rows] == list(range(4))
        assert all(row.items() >= values.items() for row in rows)
        logger.close()
    fsck(data_root)


KILLED = """
import os, sys
from rla import files, logger
from rla.output import writer
folder, rows, length, left = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), [int(sys.argv[4])]
writer.FLUSH_SECONDS = writer.SYNC_SECONDS = 0.001
overwrite = files.overwrite

def dying(fd, offset, data):
    overwrite(fd, offset, data)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), 9)

files.overwrite = dying  # what says how far the files are known good
logger.configure(folder, ["csv", "json"])
for step in range(rows):
    logger.record_all({"count": step, "note": f"{step} " + "x" * length, f"late {step % 5}": step})
    logger.dump_tabular(step=step)
sys.stdin.read()
"""


@pytest.mark.parametrize("commits", [3, *(pytest.param(each, marks=pytest.mark.fault) for each in range(4, 30))])
def test_they_are_written_out_after_a_kill(
    commits: int, folder: Path, data_root: Path, fsck: Callable, running: Callable
) -> None:
    with running(KILLED, folder, 300, LONG, commits, limit=30) as child:
        assert child.wait() == -signal.SIGKILL
    before = [row["count"] for row in read_progress(folder).rows]
    fsck(data_root, "--repair")
    after = [row["count"] for row in read_progress(folder).rows]
    in_json = [json.loads(line)["count"] for line in (folder / "progress.json").read_text().splitlines()]
    fsck(data_root)
    assert before == after == in_json == list(range(len(after)))
