"""Recording into a folder that was recorded into before goes on there and never truncates."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import locks, logger, read_progress
from rla.output.last_row import last_row


@pytest.fixture
def three_starts(folder: Path, dump: Callable) -> Path:
    """A folder into which three recordings put five rows each."""
    for start in range(3):
        logger.configure(folder, ["csv", "tensorboard", "json", "log"])
        logger.warn(f"start {start}")
        for count in range(start * 5, start * 5 + 5):
            dump(step=count, count=count, **{f"of {start}": 1})
        logger.close()
    return folder


def test_the_csv_has_the_rows_of_all(three_starts: Path) -> None:
    frame = pd.read_csv(three_starts / "progress.csv")
    assert list(frame["count"]) == list(range(15))
    assert [int(frame[f"of {start}"].count()) for start in range(3)] == [5, 5, 5]


def test_the_json_lines_are_those_of_all(three_starts: Path) -> None:
    lines = (three_starts / "progress.json").read_text().splitlines()
    assert [json.loads(line)["count"] for line in lines] == list(range(15))


def test_tensorboard_gets_one_new_event_file_for_each(three_starts: Path, scalars: Callable) -> None:
    assert len(list((three_starts / "tb" / "events").iterdir())) == 3
    assert scalars(three_starts)["count"] == [(count, float(count)) for count in range(15)]


def test_the_text_files_go_on(three_starts: Path) -> None:
    for name in ("warn.txt", "log.txt"):
        text = (three_starts / name).read_text()
        assert [text.count(f"start {start}") for start in range(3)] == [1, 1, 1]


def test_what_is_read_during_the_second_recording_has_the_rows_of_both(
    folder: Path, dump: Callable, own_pace: None
) -> None:
    for start in (0, 5):
        logger.configure(folder, ["csv"])
        for count in range(start, start + 5):
            dump(count=count)
        assert [row["count"] for row in read_progress(folder).rows] == list(range(start + 5))
        assert last_row(folder)["count"] == start + 4
        logger.close()


def test_a_torn_last_line_does_not_run_into_the_next_row(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(a=1)
    dump(a=2)
    logger.close()
    path = folder / "progress.csv"
    path.write_bytes(path.read_bytes()[:-5])
    logger.configure(folder, ["csv"])
    dump(a=3)
    logger.close()
    assert list(pd.read_csv(path)["a"]) == [1, 3]


def test_a_csv_of_the_older_rla_is_gone_on_with(folder: Path, dump: Callable) -> None:
    folder.mkdir()
    (folder / "progress.csv").write_text("loss,time-step,timestamp\n0.5,1,2.0\n0.25,2,3.0\n")
    logger.configure(folder, ["csv"])
    dump(step=3, loss=0.125, extra=1)
    logger.close()
    frame = pd.read_csv(folder / "progress.csv")
    assert list(frame.columns) == ["loss", "time-step", "timestamp", "extra"]
    assert list(frame["loss"]) == [0.5, 0.25, 0.125]


def test_another_set_of_formats_may_follow(folder: Path, dump: Callable, scalars: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(step=1, a=1)
    logger.configure(folder, ["csv"])
    dump(step=2, a=2)
    logger.close()
    assert scalars(folder)["a"] == [(1, 1.0)]
    assert list(pd.read_csv(folder / "progress.csv")["a"]) == [2]


def test_a_run_that_ends_just_when_another_begins_is_not_in_its_way(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = locks.lock
    first = [True]

    def lock_after_the_other_has_gone(path: Path) -> int | None:
        if first.pop() if first else False:
            shutil.rmtree(path.parent)  # as it does with its journal
        return lock(path)

    monkeypatch.setattr(locks, "lock", lock_after_the_other_has_gone)
    logger.configure(folder, ["csv"])
    dump(a=1)
    logger.close()
    assert not first
    assert list(pd.read_csv(folder / "progress.csv")["a"]) == [1]
