"""What cannot be sampled is told of once; the training and the other metrics go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from rla import exp_manager, logger
from rla.monitor import monitor as monitor_module

from .conftest import Heard


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


FAILURES = {
    "cpu_percent": ("the processor", {"cpu_percent"}),
    "virtual_memory": ("the memory", {"memory_percent"}),
    "disk_usage": ("the disk", {"disk_free_gb", "disk_percent"}),
}
ALL = {
    *("cpu_percent", "memory_percent", "disk_free_gb", "disk_percent"),
    *("process_cpu_percent", "process_memory_gb"),
}


@pytest.mark.parametrize("function", FAILURES)
@pytest.mark.parametrize("error", [psutil.Error("gone"), OSError(5, "Input/output error"), KeyError()])
def test_one_that_fails_is_told_of_once_and_the_others_go_on(
    monitor: Callable[..., Any],
    heard: Heard,
    until: Any,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    error: Exception,
) -> None:
    monkeypatch.setattr(psutil, function, raising(error))
    monitor()
    until(lambda: heard.count("system/process_cpu_percent") >= 3, "three samples")
    name, keys = FAILURES[function]
    (warning,) = heard.warnings
    assert f"{name} could not be sampled" in warning
    assert type(error).__name__ in warning
    assert set(heard.values) == {f"system/{key}" for key in ALL - keys}


def test_one_that_works_again_is_sampled_again(
    monitor: Callable[..., Any], heard: Heard, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(psutil, "virtual_memory", raising(OSError(5, "Input/output error")))
        monitor()
        until(lambda: heard.warnings, "a warning")
    until(lambda: heard.count("system/memory_percent"), "the memory")
    assert len(heard.warnings) == 1


def test_a_psutil_that_knows_nothing_of_this_process_is_one_warning(
    monitor: Callable[..., Any], heard: Heard, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "Process", raising(psutil.NoSuchProcess(1)))
    monitor()
    until(lambda: heard.warnings, "a warning")
    assert heard.warnings[0].startswith("system metrics: the machine could not be sampled (NoSuchProcess")


def test_a_system_without_threads_is_one_warning(
    monitor: Callable[..., Any], heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading.Thread, "start", raising(RuntimeError("can't start new thread")))
    monitor().stop()
    (warning,) = heard.warnings
    assert "can't start new thread" in warning


def test_the_warning_is_in_the_experiment(
    start: Callable[..., None], warned: Callable[[], list[str]], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", raising(OSError("gone")))
    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    until(lambda: "system/cpu_percent" in logger.name_to_value, "two samples")
    (line,) = warned()
    assert "system metrics: the memory could not be sampled (OSError: gone); the rest goes on" in line


def test_a_monitor_that_was_stopped_records_and_says_nothing_more(
    monitor: Callable[..., Any], heard: Heard, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on, left = threading.Event(), threading.Event(), threading.Event()

    def usage() -> object:
        entered.set()
        go_on.wait(60)
        left.set()
        return type("Usage", (), {"percent": 1.0})

    monkeypatch.setattr(psutil, "virtual_memory", usage)
    monkeypatch.setattr(psutil, "disk_usage", raising(OSError(5, "Input/output error")))
    one = monitor()
    assert entered.wait(60)
    one.stop()
    go_on.set()
    assert left.wait(60)
    until(lambda: "rla-system-monitor" not in [thread.name for thread in threading.enumerate()], "its end")
    assert heard.records == []
    assert heard.warnings == []


def test_samples_that_are_costly_come_less_often(
    monitor: Callable[..., Any], heard: Heard, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    wait = threading.Event.wait

    def noted(event: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread().name == "rla-system-monitor" and timeout is not None:
            pauses.append(timeout)
            return wait(event, 0.001)
        return wait(event, timeout)

    spent = iter(range(10**9))
    monkeypatch.setattr(threading.Event, "wait", noted)
    monkeypatch.setattr(monitor_module, "LARGEST_SHARE", 0.01)
    monkeypatch.setattr(monitor_module.time, "thread_time", lambda: float(next(spent)))  # a second for each sample
    monitor(every=0.1)
    until(lambda: len(pauses) > 3, "four pauses")
    assert pauses[0] == 0.1
    assert set(pauses[1:4]) == {100.0}
