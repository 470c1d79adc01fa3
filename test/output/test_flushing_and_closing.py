"""`flush()` brings all files up to date, `close()` too and removes the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import logger
from rla.output.fold import has_journal
from rla.output.last_row import last_row
from rla.output.reader import read_progress

FORMATS = ("csv", "tensorboard", "json", "log")


@pytest.mark.usefixtures("own_pace")
@pytest.mark.parametrize("rows", [1, 17, 5000])
def test_after_flush_every_file_has_every_row(rows: int, folder: Path, dump: Callable, scalars: Callable) -> None:
    logger.configure(folder, FORMATS)
    for count in range(rows):
        dump(step=count, count=count)
    logger.warn("careful")
    logger.backup("described")
    logger.flush()
    assert len(pd.read_csv(folder / "progress.csv")) == rows
    assert len(scalars(folder)["count"]) == rows
    assert len((folder / "progress.json").read_text().splitlines()) == rows
    assert f"| {rows - 1}" in (folder / "log.txt").read_text()
    assert "careful" in (folder / "warn.txt").read_text()
    assert "described" in (folder / "backup.txt").read_text()


def test_flushing_again_changes_nothing(folder: Path, dump: Callable, tree: Callable, own_pace: None) -> None:
    logger.configure(folder, FORMATS)
    dump(count=1)
    logger.flush()
    before = tree(folder)
    for _ in range(3):
        logger.flush()
    assert tree(folder) == before


def test_close_completes_the_files_and_removes_the_journal(folder: Path, dump: Callable, scalars: Callable) -> None:
    logger.configure(folder, FORMATS)
    for count in range(100):
        dump(step=count, count=count, **({f"late {count}": 1} if count % 25 == 0 else {}))
    assert has_journal(folder)
    logger.close()
    assert not (folder / ".journal").exists()
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["progress.csv", "tb", "progress.json", "log.txt", "warn.txt", "backup.txt"]
    )
    assert len(pd.read_csv(folder / "progress.csv")) == 100
    assert len(scalars(folder)["count"]) == 100


def test_closing_again_changes_nothing(folder: Path, dump: Callable, tree: Callable) -> None:
    logger.configure(folder, FORMATS)
    dump(count=1)
    logger.close()
    before = tree(folder)
    logger.close()
    dump(count=2)
    assert tree(folder) == before


def test_the_writer_brings_the_files_up_to_date_by_itself(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setattr("rla.output.writer.FLUSH_SECONDS", 0.001)
    logger.configure(folder, ["csv"])
    for count in range(100):
        dump(count=count)
    deadline = time.monotonic() + 20
    while len((folder / "progress.csv").read_text().splitlines()) < 101:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_our_readers_see_every_row_without_a_flush(folder: Path, dump: Callable, own_pace: None) -> None:
    logger.configure(folder, ["csv"])
    for count in range(10):
        dump(step=count, count=count)
        assert len(read_progress(folder).rows) == count + 1
        assert last_row(folder)["count"] == count
        assert len(logger.read_csv(folder / "progress.csv")) == count + 1
        assert len(logger.read_csv(folder)) == count + 1


def test_no_descriptor_and_no_thread_is_left_behind(tmp_path: Path, dump: Callable) -> None:
    import os
    import threading

    def left() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    before = left()
    for number in range(5):
        logger.configure(tmp_path / str(number), FORMATS)
        for count in range(5):
            dump(count=count, **{f"late {count}": count})
            logger.flush()
        logger.close()
    assert left() == before
