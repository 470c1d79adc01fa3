"""What cannot be sampled is told of once; the training and the other metrics go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from rla import exp_manager, logger
from rla.monitor import monitor as monitor_module


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
    heard: Any,
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
    monitor: Callable[..., Any], heard: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(psutil, "virtual_memory", raising(OSError(5, "Input/output error")))
        monitor()
        until(lambda: heard.warnings, "a warning")
    until(lambda: heard.count("system/memory_percent"), "the memory")
    assert len(heard.warnings) == 1


def test_a_psutil_that_knows_nothing_of_this_process_is_one_warning(
    monitor: Callable[..., Any], heard: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "Process", raising(psutil.NoSuchProcess(1)))
    monitor()
    until(lambda: heard.warnings, "a warning")
    assert heard.warnings[0].startswith("system metrics: the machine could not be sampled (NoSuchProcess")


def test_a_system_without_threads_is_one_warning(
    monitor: Callable[..., Any], heard: Any, monkeypatch: pytest.MonkeyPatch
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


@pytest.mark.parametrize("error", [None, OSError(5, "Input/output error")])
def test_a_monitor_that_was_stopped_records_and_says_nothing_more(
    monitor: Callable[..., Any], heard: Any, until: Any, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    entered, go_on, left = threading.Event(), threading.Event(), threading.Event()

    def usage() -> object:
        entered.set()
        go_on.wait(60)
        left.set()
        if error is not None:
            raise error
        return type("Usage", (), {"percent": 1.0})

    monkeypatch.setattr(psutil, "virtual_memory", usage)
    one = monitor()
    assert entered.wait(60)
    one.stop()
    go_on.set()
    assert left.wait(60)
    until(lambda: "rla-system-monitor" not in [thread.name for thread in threading.enumerate()], "its end")
    assert heard.records == []
    assert heard.warnings == []


def test_a_slow_sample_is_followed_by_a_long_rest(
    monitor: Callable[..., Any], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    now = [0.0]
    usage, wait = psutil.virtual_memory, threading.Event.wait

    def slow_usage() -> object:
        now[0] += 3.0
        return usage()

    def noted(event: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread().name == "rla-system-monitor" and timeout is not None:
            pauses.append(timeout)
            return wait(event, 0.001)
        return wait(event, timeout)

    monkeypatch.setattr(monitor_module, "REST", 10)
    monkeypatch.setattr(monitor_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(psutil, "virtual_memory", slow_usage)
    monkeypatch.setattr(threading.Event, "wait", noted)
    monitor(every=5)
    until(lambda: len(pauses) > 2, "three pauses")
    monitor(every=60)
    until(lambda: 57.0 in pauses, "a pause that keeps the pace")
    assert pauses[:3] == [1.0, 30.0, 30.0]
