"""A run with more keys than columns that is killed loses no acknowledged row, and no value is in its files twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import files, read_progress
from rla.experiment.fsck import check_data_root_files

KILLED_RUN = """
import os, random, sys, threading, time
from rla import files, logger
from rla.output import journal_writer, writer
folder, seed, file_name, moment = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
writer.FLUSH_SECONDS, writer.SYNC_SECONDS, journal_writer.SEGMENT_BYTES = 0.01, 0.03, 20_000
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


def killed_rows(folder: Path, running: Callable, seed: int, file_name: str, moment: str) -> list[dict[str, int]]:
    """Let a run be killed, and return the rows that it must have."""
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
    return rows


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
    moment: str,
    file_name: str,
    seed: int,
    folder: Path,
    data_root: Path,
    wide_run: Any,
    fsck: Callable,
    running: Callable,
) -> None:
    rows = killed_rows(folder, running, seed, file_name, moment)
    wide_run.check_readers(rows)
    wide_run.check_last_row(rows)
    fsck(data_root, "--repair")
    wide_run.check_readers(rows)
    wide_run.check_last_row(rows)
    wide_run.check_files(rows)
    fsck(data_root)


@pytest.mark.load
def test_values_that_are_not_cut_off_would_be_seen(
    folder: Path, data_root: Path, wide_run: Any, running: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself: values of a row that did not get into progress.csv must not stay."""
    rows = killed_rows(folder, running, 2, "progress.long.csv", "after")
    monkeypatch.setattr(files, "truncate", lambda fd, size: None)
    check_data_root_files(data_root, repair=True)
    with pytest.raises(AssertionError):
        wide_run.check_files(rows)
