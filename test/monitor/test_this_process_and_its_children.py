"""Processor time and memory of a run are those of its process and of all below it, whenever they come and go."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from rla.monitor import host as host_module
from rla.monitor.family import Family
from rla.monitor.host import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def seconds_of(pid: int) -> float:
    return sum(psutil.Process(pid).cpu_times()[:2])


@pytest.mark.parametrize("program", ["eats memory", "has a child that eats memory"])
def test_memory_of_children_and_grandchildren_counts(host: Host, child: Callable[[str], Any], program: str) -> None:
    before = host.processes()["process_memory_gb"]
    process = child(program)
    assert host.processes()["process_memory_gb"] - before > 0.09
    process.communicate()
    assert abs(host.processes()["process_memory_gb"] - before) < 0.05


def test_the_first_look_knows_no_percentage(host: Host) -> None:
    assert "process_cpu_percent" not in host.processes()
    assert host.processor() == {}


def test_a_child_that_computes_is_seen(host: Host, child: Callable[[str], Any], until: Callable[..., None]) -> None:
    host.processes()
    process = child("eats the processor")
    until(lambda: seconds_of(process.pid) > 0.3, "a child that has computed")
    assert host.processes()["process_cpu_percent"] > 10  # of two cores that others use too


def test_a_child_that_came_and_went_between_two_looks_is_counted(
    host: Host, child: Callable[[str], Any], until: Any
) -> None:
    host.processes()
    before = sum(os.times()[:2])
    process = child("eats the processor")
    until(lambda: seconds_of(process.pid) > 0.3, "a child that has computed")
    process.kill()
    process.wait()
    assert sum(os.times()[:2]) - before < 0.25  # this process itself has hardly computed
    assert host.processes()["process_cpu_percent"] > 10


def test_the_end_of_a_child_changes_nothing_that_it_had_used_before(
    host: Host, child: Callable[[str], Any], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = child("eats the processor")
    until(lambda: seconds_of(process.pid) > 0.3, "a child that has computed")
    process.send_signal(signal.SIGSTOP)
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED, "a child that stands still")
    monkeypatch.setattr(host_module, "time", SimpleNamespace(monotonic=iter((1.0, 2.0)).__next__))
    host.processes()
    process.kill()
    process.wait()
    assert host.processes()["process_cpu_percent"] < 20  # of a second: the child had used 0.3 s before


def test_the_same_times_make_the_same_sum_whoever_has_them(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child of 0.26 + 0.35 s ends. As floats, 5.67 is less than the two sums before."""

    def one(*times: float) -> Any:
        memory = SimpleNamespace(rss=1)
        return SimpleNamespace(
            oneshot=contextlib.nullcontext, cpu_times=lambda: (*times, 9.0), memory_info=lambda: memory
        )

    before = [one(1.12, 2.35, 1.48, 0.11), one(0.26, 0.35, 0.0, 0.0)]
    looks = iter([before, [one(1.12, 2.35, 1.74, 0.46)]])
    monkeypatch.setattr(Family, "processes", lambda self: next(looks))
    host.processes()
    assert host.processes()["process_cpu_percent"] == 0.0


def test_children_that_end_while_they_are_looked_at_are_left_out(
    host: Host, child: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = child("eats memory")
    gone = psutil.Process(process.pid)
    process.communicate()
    monkeypatch.setattr(Family, "processes", lambda self: [psutil.Process(), gone])
    assert 0 < host.processes()["process_memory_gb"] < 5
    assert "process_cpu_percent" in host.processes()


def test_where_children_leave_without_being_waited_for_the_percentage_is_left_out(
    host: Host, child: Callable[[str], Any], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = child("eats the processor")
    until(lambda: seconds_of(process.pid) > 0.3, "a child that has computed")
    host.processes()
    monkeypatch.setattr(Family, "processes", lambda self: [psutil.Process()])
    values = host.processes()
    assert set(values) == {"process_memory_gb"}
