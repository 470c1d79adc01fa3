"""What the machine does is recorded under ordinary keys, in rows that the training makes."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from rla import exp_manager, logger

AT_ONCE = {
    "system/memory_percent",
    "system/process_memory_gb",
    "system/disk_free_gb",
    "system/disk_percent",
}
OF_TIME = {"system/cpu_percent", "system/process_cpu_percent"}

Sampled = Callable[..., dict[str, float]]


def rows() -> list[dict[str, str]]:
    logger.flush()
    with open(exp_manager.log_dir + "progress.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_keys_are_in_the_next_row(start: Callable[..., None], sampled: Sampled) -> None:
    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    logger.record_tabular("loss", 1.0)
    row = sampled(*AT_ONCE, *OF_TIME)
    assert row["loss"] == 1.0
    assert {key for key in row if key.startswith("system/")} == AT_ONCE | OF_TIME
    (recorded,) = rows()
    assert {key: float(recorded[key]) for key in row} == row


def test_the_first_values_do_not_wait_for_the_interval(start: Callable[..., None], sampled: Sampled) -> None:
    exp_manager.track_system(every=100_000)
    start(lr=0.1)
    assert sampled(*AT_ONCE).keys() >= AT_ONCE
    assert sampled(*OF_TIME).keys() >= OF_TIME


def test_tensorboard_shows_them(start: Callable[..., None], sampled: Sampled) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    row = sampled(*AT_ONCE, *OF_TIME)
    folder = exp_manager.log_dir + "tb/events"
    exp_manager.finish()
    events = EventAccumulator(folder)
    events.Reload()
    for key in AT_ONCE | OF_TIME:
        (event,) = events.Scalars(key)
        assert event.value == pytest.approx(row[key], rel=1e-6)


def test_a_row_has_the_mean_of_the_samples_since_the_row_before(
    start: Callable[..., None], monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    shown: list[float] = []

    def usage() -> object:
        shown.append(10.0 * len(shown))
        return type("Usage", (), {"percent": shown[-1]})

    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    exp_manager.track_system(every=None)
    logger.dump_tabular()

    monkeypatch.setattr(psutil, "virtual_memory", usage)
    exp_manager.track_system(every=0.1)
    until(lambda: len(shown) > 3, "four samples")
    value = logger.dump_tabular()["system/memory_percent"]
    assert any(value == sum(shown[:count]) / count for count in (3, 4, 5, 6))


def test_the_sampling_makes_no_rows(start: Callable[..., None], until: Callable[..., None]) -> None:
    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    until(lambda: set(logger.name_to_value) >= OF_TIME, "two samples")
    assert not Path(exp_manager.log_dir, "progress.csv").exists() or rows() == []


def test_the_figures_are_those_of_the_system(start: Callable[..., None], sampled: Sampled, data_root: Path) -> None:
    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    row = sampled(*AT_ONCE, *OF_TIME)
    disk = shutil.disk_usage(data_root)
    assert row["system/disk_free_gb"] == pytest.approx(disk.free / 1e9, rel=0.1)
    assert row["system/disk_percent"] == pytest.approx(100 * disk.used / (disk.used + disk.free), abs=5)
    assert row["system/memory_percent"] == pytest.approx(psutil.virtual_memory().percent, abs=15)
    assert 0 <= row["system/cpu_percent"] <= 100
    own = psutil.Process(os.getpid()).memory_info().rss / 1e9
    assert 0.5 * own < row["system/process_memory_gb"] < 3 * own + 0.5


def test_without_being_asked_nothing_is_sampled(start: Callable[..., None]) -> None:
    import threading

    start(lr=0.1)
    assert not [thread for thread in threading.enumerate() if "monitor" in thread.name]
