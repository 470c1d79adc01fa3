"""Threads share the open row: what they record lands in this row or the next and is never lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from rla import logger, read_progress
from rla.output import writer


@pytest.fixture(autouse=True)
def threads_switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def run_all(*programs: Callable[[], object]) -> None:
    errors: list[BaseException] = []

    def guarded(program: Callable[[], object]) -> None:
        try:
            program()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_8_threads_that_record_while_one_dumps_lose_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.001)
    logger.configure(folder, ["csv", "json"])
    busy = threading.Semaphore(0)
    finished = [0]

    def record(thread: int) -> None:
        for count in range(150):
            logger.record_tabular(f"{thread}/{count % 10}/{count}", count)
        finished[0] += 1
        busy.release()

    def dump() -> None:
        while not all(busy.acquire(blocking=False) for _ in range(8)) and finished[0] < 8:
            logger.dump_tabular()

    run_all(dump, *(lambda thread=thread: record(thread) for thread in range(8)))  # type: ignore[misc]
    logger.dump_tabular()
    found: dict[str, list[object]] = {}
    for row in read_progress(folder).rows:
        for key, value in row.items():
            found.setdefault(key, []).append(value)
    for thread in range(8):
        for count in range(150):
            assert found[f"{thread}/{count % 10}/{count}"] == [count]


def test_8_threads_that_dump_write_whole_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.001)
    logger.configure(folder, ["csv", "tensorboard"])
    dumped: list[dict] = []

    def record_and_dump(thread: int) -> None:
        for count in range(60):
            logger.record_tabular(f"of {thread}", count)
            row = logger.dump_tabular(step=count)
            if row:
                dumped.append(row)

    run_all(*(lambda thread=thread: record_and_dump(thread) for thread in range(8)))  # type: ignore[misc]
    logger.close()
    rows = read_progress(folder).rows
    for thread in range(8):
        assert [row[f"of {thread}"] for row in rows if f"of {thread}" in row] == list(range(60))
    assert len(rows) == len(dumped)
    assert len(pd.read_csv(folder / "progress.csv")) == len(dumped)


def test_text_of_several_threads_stays_in_whole_lines(folder: Path) -> None:
    logger.configure(folder, ["log"])
    run_all(
        *(
            lambda thread=thread: [logger.warn(f"<{thread}:{count}>" + "x" * 200) for count in range(50)]  # type: ignore[misc]
            for thread in range(8)
        )
    )
    logger.close()
    lines = (folder / "warn.txt").read_text().splitlines()
    assert len(lines) == 400
    assert all(line.endswith(">" + "x" * 200) for line in lines)


def test_flushes_of_several_threads_write_each_row_once(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv", "json"])

    def work() -> None:
        for count in range(30):
            dump(**{f"k{threading.get_ident()}": count})
            logger.flush()

    run_all(*[work] * 4)
    rows = len(read_progress(folder).rows)
    logger.close()
    assert len(pd.read_csv(folder / "progress.csv")) == rows <= 120
    assert len((folder / "progress.json").read_text().splitlines()) == rows


def test_moving_averages_and_means_of_several_threads_count_every_value() -> None:
    def record() -> None:
        for _ in range(200):
            logger.record_mean("mean", 1.0)
            logger.ma_record_tabular("average", 1.0, 1600)

    run_all(*[record] * 8)
    row = logger.dump_tabular()
    assert row["mean"] == pytest.approx(1.0)
    assert row["average"] == pytest.approx(1.0)
