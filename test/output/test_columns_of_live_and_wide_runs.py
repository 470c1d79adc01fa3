"""Single columns have the rows that only the journal has, and the keys that have no column in `progress.csv`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla import logger
from rla.output import journal_writer, writer
from rla.output.columns import read_columns
from rla.output.fold import fold_dead_run


def test_rows_of_a_killed_run_are_there_before_and_after_it_is_folded(dead_run: Callable, tree: Callable) -> None:
    folder = dead_run([{"loss": count / 2, **({"eval": count} if count % 10 == 0 else {})} for count in range(500)])
    before = tree(folder)
    for _ in range(2):
        found = read_columns(folder, ["loss", "time-step"])
        assert (found.problem, found.values["time-step"].dtype) == (None, np.int64)
        assert found.values["loss"].tolist() == [count / 2 for count in range(500)]
        assert read_columns(folder, ["eval", "time-step"]).values["time-step"].tolist() == list(range(0, 500, 10))
        assert tree(folder) == before
        fold_dead_run(folder)
        before = tree(folder)


def test_rows_of_file_and_journal_are_one_column(dead_run: Callable) -> None:
    folder = dead_run([{"loss": count, "note": "a"} for count in range(100)])
    lines = [f'{count},"a",{count},0\n' for count in range(40)]
    (folder / "progress.csv").write_text("loss,note,time-step,timestamp\n" + "".join(lines))
    found = read_columns(folder, ["loss", "note"]).values
    assert found["loss"].tolist() == list(range(100))
    assert found["loss"].dtype == np.int64
    assert found["note"].tolist() == ["a"] * 100


def test_a_key_that_only_the_journal_has_is_there(dead_run: Callable) -> None:
    folder = dead_run([{"loss": 1}, {"new": "text"}])
    (folder / "progress.csv").write_text("loss,time-step,timestamp\n1,0,0\n")
    found = read_columns(folder, ["new", "time-step"]).values
    assert (found["new"].tolist(), found["time-step"].tolist()) == (["text"], [1])


def test_a_reader_sees_a_growing_prefix_of_a_live_run(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.001)
    monkeypatch.setattr(writer, "SYNC_SECONDS", 0.01)
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 3000)
    monkeypatch.setattr("rla.output.columns.flush_if_open", lambda directory: None)
    logger.configure(folder, ["csv"])
    dump(step=0, count=0)
    problems: list[str] = []
    acknowledged, finished = [1], threading.Event()

    def read() -> None:
        while not finished.is_set():
            before = acknowledged[0]
            found = read_columns(folder, ["count"])
            counts = found.values["count"].tolist()
            if counts != list(range(len(counts))) or len(counts) < before or found.problem:
                problems.append(f"{before} rows acknowledged, {len(counts)} read: {counts[-5:]}, {found.problem}")

    reader = threading.Thread(target=read)
    reader.start()
    for count in range(1, 800):
        dump(step=count, count=count, **({f"late {count}": 1} if count % 200 == 0 else {}))
        acknowledged[0] = count + 1
    finished.set()
    reader.join()
    assert not problems, problems[:5]


@pytest.mark.parametrize("closed", [True, False])
def test_keys_without_column_are_there(
    closed: bool, folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("rla.output.columns", "rla.output.csv_file", "rla.output.reader"):
        monkeypatch.setattr(f"{module}.LARGEST_WIDTH", 5)
    logger.configure(folder, ["csv"])
    for step in range(30):
        dump(step=step, **{f"key {number}": step for number in range(8) if number != 7 or step % 10 == 0})
    if closed:
        logger.close()
    found = read_columns(folder, ["key 0", "key 6", "time-step"]).values
    assert found["key 0"].tolist() == found["key 6"].tolist() == found["time-step"].tolist() == list(range(30))
    assert read_columns(folder, ["key 7", "time-step"]).values["time-step"].tolist() == [0, 10, 20]
    assert read_columns(folder, ["key 8"]).values == {}
