"""While the disk refuses writes training goes on: one warning, rows kept in memory, written later in order."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rla import RLAWarning, files, logger, read_progress
from rla.output import journal_writer
from rla.output.fold import fold_dead_run

FORMATS = ("csv", "tensorboard", "json", "log")


@pytest.fixture
def recording(folder: Path, own_pace: None) -> Path:
    logger.configure(folder, FORMATS)
    return folder


def test_dump_never_raises_and_the_rows_are_written_later_in_order(
    recording: Path, disk: Any, dump: Callable, said: list[str], scalars: Callable
) -> None:
    for count in range(300):
        disk.refuses = ".journal" if 100 <= count < 200 else None
        assert dump(step=count, count=count)["count"] == count
    logger.close()
    assert disk.refused > 0
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == list(range(300))
    assert scalars(recording)["count"] == [(count, float(count)) for count in range(300)]
    assert not (recording / ".journal").exists()


def test_pytest_warns_sees_the_warning(recording: Path, disk: Any, dump: Callable) -> None:
    disk.refuses = ".journal"
    with pytest.warns(RLAWarning, match=r"No space left on device.*kept in memory"):
        dump(count=1)


def test_where_warnings_are_errors_training_still_goes_on(recording: Path, disk: Any, dump: Callable) -> None:
    """`filterwarnings` of this project turns RLAWarning into an error."""
    disk.refuses = ".journal"
    dump(count=1)
    disk.refuses = None
    dump(count=2)
    assert [row["count"] for row in read_progress(recording).rows] == [1, 2]


def test_each_episode_is_warned_of_once(recording: Path, disk: Any, dump: Callable, said: list[str]) -> None:
    for episode in range(3):
        disk.refuses = ".journal"
        for count in range(50):
            dump(count=count)
        assert sum("refuses" in text for text in said) == episode + 1
        disk.refuses = None
        dump(count=99)
        assert sum("takes records again" in text for text in said) == episode + 1
    assert len(said) == 6


def test_rows_in_memory_are_written_by_flush_and_by_close(
    recording: Path, disk: Any, dump: Callable, said: list[str]
) -> None:
    disk.refuses = ".journal"
    dump(count=1)
    disk.refuses = None
    logger.flush()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == [1]
    disk.refuses = ".journal"
    dump(count=2)
    disk.refuses = None
    logger.close()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == [1, 2]


@pytest.mark.parametrize("takes_bytes", [1, 8, 9, 20, 60, 10_000])
def test_a_short_write_leaves_no_torn_frame_in_front_of_later_rows(
    takes_bytes: int, recording: Path, disk: Any, dump: Callable, said: list[str], scalars: Callable
) -> None:
    disk.takes_bytes = takes_bytes
    for count in range(60):
        disk.refuses = "" if count % 3 == 1 else None
        if count % 10 == 0:
            logger.flush()
        dump(step=count, count=count, **({f"late {count}": 1} if count % 7 == 0 else {}))
    disk.refuses = None
    assert [row["count"] for row in read_progress(recording).rows] == list(range(60))
    logger.close()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == list(range(60))
    assert [value for _, value in scalars(recording)["count"]] == list(range(60))


def test_a_torn_frame_that_could_not_be_cut_off_is_cut_off_before_the_next_row(
    recording: Path, disk: Any, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EIO, "no")

    dump(count=0)
    with monkeypatch.context() as patch:
        patch.setattr(files, "truncate", refuse)
        patch.setattr(files, "open_append", refuse)
        disk.takes_bytes, disk.refuses = 10, ".journal"
        dump(count=1)
    disk.refuses = None
    dump(count=2)
    assert [row["count"] for row in read_progress(recording).rows] == [0, 1, 2]


def test_where_the_torn_frame_cannot_be_cut_off_a_new_segment_begins(
    recording: Path, disk: Any, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "no")

    append = disk._append
    tears = [True]

    def tear_once(fd: int, data: bytes) -> None:
        if tears.pop() if tears else False:
            append(fd, data[:10])
            raise OSError(errno.EIO, "no")
        append(fd, data)

    dump(count=0)
    with monkeypatch.context() as patch:
        patch.setattr(files, "truncate", refuse)
        patch.setattr(files, "append", tear_once)
        dump(count=1)
        dump(count=2)
    assert [row["count"] for row in read_progress(recording).rows] == [0, 1, 2]


def test_what_is_kept_in_memory_is_bounded_and_what_is_dropped_is_counted(
    recording: Path, disk: Any, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "BACKLOG_BYTES", 5000)
    disk.refuses = ".journal"
    for count in range(200):
        dump(count=count)
        assert len(logger.get_current()._pipeline.journal._backlog) < 25  # type: ignore[union-attr]
    dropped = logger.get_current().dropped_rows
    assert dropped > 150
    disk.refuses = None
    logger.close()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == list(range(dropped, 200))
    assert logger.get_current().dropped_rows == dropped


def test_the_number_of_dropped_rows_stands_in_warn_txt(
    recording: Path, disk: Any, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "BACKLOG_BYTES", 5000)
    disk.refuses = ".journal"
    for count in range(200):
        dump(count=count)
    disk.refuses = None
    dump(count=200)
    logger.close()
    assert logger.get_current().dropped_rows > 150
    assert f" {logger.get_current().dropped_rows} rows" in (recording / "warn.txt").read_text()


def test_a_row_kept_in_memory_does_not_change_with_the_recorded_object(
    recording: Path, disk: Any, dump: Callable, said: list[str]
) -> None:
    value = np.array([1.0])
    disk.refuses = ".journal"
    dump(value=value)
    value[0] = 2.0
    disk.refuses = None
    dump(other=1)
    assert read_progress(recording).rows[0]["value"] == 1.0


def test_text_and_events_are_kept_in_order_with_the_rows(
    recording: Path, disk: Any, dump: Callable, said: list[str]
) -> None:
    disk.refuses = ".journal"
    logger.info("before")
    dump(count=1)
    logger.info("after")
    disk.refuses = None
    logger.close()
    log = (recording / "log.txt").read_text()
    assert log.index("before") < log.index("| count") < log.index("after")


@pytest.mark.parametrize(
    "part",
    [
        "progress.csv",
        "tfevents",
        "progress.json",
        "wider",
        "log.txt",
    ],
)
def test_a_file_that_refuses_catches_up_and_the_others_go_on(
    part: str, recording: Path, disk: Any, dump: Callable, said: list[str], scalars: Callable
) -> None:
    for count in range(90):
        if count % 5 == 0:
            disk.refuses = part if 30 <= count < 60 else None
            dump(step=count, count=count, **({f"late {count}": 1} if count % 20 == 0 else {}))
            logger.flush()
        else:
            dump(step=count, count=count)
        if count == 59:
            found = {
                "progress.csv": len(pd.read_csv(recording / "progress.csv")),
                "tfevents": len(scalars(recording)["count"]),
                "progress.json": len((recording / "progress.json").read_text().splitlines()),
            }
            assert {name for name, rows in found.items() if rows < 56} <= {"progress.csv" if part == "wider" else part}
    logger.close()
    assert disk.refused > 0
    assert len(said) == 1
    assert "tried again" in said[0]
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == list(range(90))
    assert [value for _, value in scalars(recording)["count"]] == list(range(90))
    assert len((recording / "progress.json").read_text().splitlines()) == 90


def test_after_close_on_a_full_disk_the_journal_stays_and_can_be_folded(
    recording: Path, disk: Any, dump: Callable, said: list[str], scalars: Callable
) -> None:
    dump(step=0, count=0)
    logger.flush()
    for count in range(1, 20):
        dump(step=count, count=count)
    disk.refuses = "progress.csv"
    logger.close()
    disk.refuses = None
    assert len(read_progress(recording).rows) == 20
    assert fold_dead_run(recording) == 19
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == list(range(20))
    assert [value for _, value in scalars(recording)["count"]] == list(range(20))


OPERATIONS = ("append", "overwrite", "truncate", "fsync", "rename", "remove", "open_append", "open_for_update")


@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("nth", range(1, 60, 4))
def test_training_is_the_same_when_the_nth_operation_of_the_disk_fails(
    nth: int, kind: int, recording: Path, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [nth]

    def fragile(original: Callable) -> Callable:
        def operation(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(kind, os.strerror(kind))
            return original(*arguments)

        return operation

    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 500)
    for name in OPERATIONS:
        monkeypatch.setattr(files, name, fragile(getattr(files, name)))
    for count in range(30):
        assert dump(step=count, count=count, **({f"late {count}": 1} if count % 10 == 0 else {}))["count"] == count
        if count % 8 == 0:
            logger.flush()
            logger.get_current()._pipeline._writer._sync()  # type: ignore[union-attr]
    assert [row["count"] for row in read_progress(recording).rows] == list(range(30))
    with contextlib.suppress(OSError):  # the removal of the journal may be what fails
        logger.close()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == list(range(30))
    assert len(said) <= 2, "the failure, and its end"
