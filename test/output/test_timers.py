"""Timers record calls, seconds and shares of each name; the CSV is spared them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import logger, read_progress, time_tracker, timers

KEYS = [f"time_used/{kind}/" for kind in ("total calls", "total time cost", "time cost per call")] + [
    "time_used/time cost percentage/"
]


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the timers: ``seconds[0] += 1.0``."""
    now = [100.0]
    monkeypatch.setattr("rla.timers.time.perf_counter", lambda: now[0])
    time_tracker.clear()
    return now


def test_a_timer_has_four_figures(seconds: list[float]) -> None:
    for duration in (1.0, 3.0):
        with logger.open_time_tracker("rollout"):
            seconds[0] += duration
    seconds[0] += 4.0
    logger.log_time_tracker()
    row = logger.dump_tabular()
    assert [row[key + "rollout"] for key in KEYS] == [2.0, 4.0, 2.0, 0.5]


def test_its_figures_are_kept_out_of_the_csv_only(folder: Path, scalars: Callable) -> None:
    logger.configure(folder, ["csv", "tensorboard", "json"])
    with time_tracker("rollout"):
        pass
    logger.record_tabular("loss", 1)
    logger.log_time_tracker()
    logger.dump_tabular()
    logger.close()
    assert list(pd.read_csv(folder / "progress.csv").columns) == ["loss", "time-step", "timestamp"]
    assert set(scalars(folder)) == {"loss", *(key + "rollout" for key in KEYS)}
    assert list(read_progress(folder).rows[0]) == ["loss", "time-step", "timestamp"]


def test_other_formats_may_be_excluded(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    with time_tracker("rollout"):
        pass
    time_tracker.log(exclude_lst=["tensorboard"])
    logger.dump_tabular()
    assert KEYS[0] + "rollout" in read_progress(folder).rows[0]


def test_a_nested_use_of_the_same_timer_is_counted_once_in_time(seconds: list[float]) -> None:
    with time_tracker("a"):
        seconds[0] += 1.0
        with time_tracker("a"):
            seconds[0] += 1.0
    figures = time_tracker.statistic_entry("a")
    assert figures["time_used/total time cost/a"] == 2.0
    assert figures["time_used/total calls/a"] == 2.0


def test_time_counts_when_the_block_raises(seconds: list[float]) -> None:
    def raising() -> None:
        with time_tracker("a"):
            seconds[0] += 1.0
            raise RuntimeError

    with pytest.raises(RuntimeError):
        raising()
    assert time_tracker.statistic_entry("a")["time_used/total time cost/a"] == 1.0


def test_clear_forgets_all(seconds: list[float]) -> None:
    with time_tracker("a"):
        seconds[0] += 1.0
    time_tracker.clear()
    assert time_tracker.get_info() == {}
    assert time_tracker.statistic_entry("a")["time_used/time cost per call/a"] == 0.0


def test_time_record_and_its_end_record_the_seconds(seconds: list[float], folder: Path) -> None:
    logger.configure(folder, ["csv"])
    timers.time_record("save")
    seconds[0] += 2.5
    assert timers.time_record_end("save") == 2.5
    assert logger.dump_tabular()["time_used/save"] == 2.5
    assert read_progress(folder).rows[0]["time_used/save"] == 2.5


def test_time_record_may_be_used_again_after_its_end(seconds: list[float]) -> None:
    for _ in range(2):
        timers.time_record("save")
        timers.time_record_end("save")


def test_a_name_is_not_started_twice_nor_ended_before_its_start() -> None:
    with pytest.raises(ValueError, match="time_record"):
        timers.time_record_end("never")
    timers.time_record("once")
    with pytest.raises(ValueError, match="already"):
        timers.time_record("once")
    timers.time_record_end("once")
