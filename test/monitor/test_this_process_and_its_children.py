"""Processor time and memory of a run are those of its process and of all below it, whenever they come and go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from rla.monitor.family import Family
from rla.monitor.host import Host

EATS_MEMORY = "import sys; data = bytearray(b'x' * 100_000_000); print('ready', flush=True); sys.stdin.read()"
EATS_PROCESSOR = "print('ready', flush=True)\nwhile True: pass"
HAS_A_CHILD = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {EATS_MEMORY!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print('ready', flush=True)
sys.stdin.read()
child.communicate()
"""

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def child() -> Iterator[Start]:
    """Start a program as a child of this process, and wait until it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def seconds_of(pid: int) -> float:
    return sum(psutil.Process(pid).cpu_times()[:2])


@pytest.mark.parametrize("program", [EATS_MEMORY, HAS_A_CHILD])
def test_memory_of_children_and_grandchildren_counts(host: Host, child: Start, program: str) -> None:
    before = host.processes()["process_memory_gb"]
    process = child(program)
    assert host.processes()["process_memory_gb"] - before > 0.09
    process.communicate()
    assert abs(host.processes()["process_memory_gb"] - before) < 0.05


def test_the_first_look_knows_no_percentage(host: Host) -> None:
    assert "process_cpu_percent" not in host.processes()
    assert host.processor() == {}


def test_a_child_that_computes_is_seen(host: Host, child: Start, until: Callable[..., None]) -> None:
    host.processes()
    process = child(EATS_PROCESSOR)
    until(lambda: seconds_of(process.pid) > 0.3, "a child that has computed")
    assert host.processes()["process_cpu_percent"] > 10  # of two cores that others use too


def test_a_child_that_came_and_went_between_two_looks_is_counted(host: Host, child: Start, until: Any) -> None:
    host.processes()
    before = sum(os.times()[:2])
    process = child(EATS_PROCESSOR)
    until(lambda: seconds_of(process.pid) > 0.3, "a child that has computed")
    process.kill()
    process.wait()
    assert sum(os.times()[:2]) - before < 0.25  # this process itself has hardly computed
    assert host.processes()["process_cpu_percent"] > 10


def test_the_end_of_a_child_changes_nothing_that_it_had_used_before(host: Host, child: Start, until: Any) -> None:
    process = child(EATS_PROCESSOR)
    until(lambda: seconds_of(process.pid) > 0.3, "a child that has computed")
    process.send_signal(signal.SIGSTOP)
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED, "a child that stands still")
    host.processes()
    begin = time.monotonic()
    process.kill()
    process.wait()
    values = host.processes()
    counted = values["process_cpu_percent"] / 100 * (time.monotonic() - begin)
    assert counted < 0.2  # of this process alone: the child had used 0.3 s before


def test_children_that_end_while_they_are_looked_at_are_left_out(
    host: Host, child: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = child(EATS_MEMORY)
    gone = psutil.Process(process.pid)
    process.communicate()
    monkeypatch.setattr(Family, "processes", lambda self: [psutil.Process(), gone])
    assert 0 < host.processes()["process_memory_gb"] < 5
    assert "process_cpu_percent" in host.processes()


def test_where_children_leave_without_being_waited_for_the_percentage_is_left_out(
    host: Host, child: Start, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = child(EATS_PROCESSOR)
    until(lambda: seconds_of(process.pid) > 0.3, "a child that has computed")
    host.processes()
    monkeypatch.setattr(Family, "processes", lambda self: [psutil.Process()])
    values = host.processes()
    assert set(values) == {"process_memory_gb"}


FORKS = """
import os, sys, time
if os.fork() == 0:
    time.sleep(1000)
print('ready', flush=True)
sys.stdin.read()
"""


def pids(family: Family) -> set[int]:
    return {process.pid for process in family.processes()}


def test_the_family_is_what_psutil_finds_however_it_changes(child: Start) -> None:
    early = child(HAS_A_CHILD)
    family = Family()
    strangers = set(psutil.pids()) - pids(family)

    def expected() -> set[int]:
        return {os.getpid(), *(process.pid for process in psutil.Process().children(recursive=True))}

    assert early.pid in pids(family)
    assert pids(family) == expected()
    late = [child(EATS_MEMORY), child(HAS_A_CHILD)]
    assert pids(family) == expected() >= {process.pid for process in late}
    early.communicate()
    late[0].communicate()
    assert pids(family) == expected()
    assert not pids(family) & strangers


def test_processes_of_others_are_asked_once(child: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    family = Family()
    family.processes()
    asked: list[int] = []
    parent = psutil.Process.ppid

    def noted(process: psutil.Process) -> int:
        asked.append(process.pid)
        return parent(process)

    monkeypatch.setattr(psutil.Process, "ppid", noted)
    family.processes()
    before = len(asked)
    process = child(EATS_MEMORY)
    family.processes()
    assert process.pid in asked
    assert before < len(psutil.pids()) / 2  # others may start processes, too


def test_a_grandchild_whose_parent_has_ended_still_counts(child: Start, until: Any) -> None:
    process = child(FORKS)
    family = Family()
    (grandchild,) = psutil.Process(process.pid).children()
    try:
        process.kill()
        process.wait()
        assert grandchild.ppid() != process.pid
        assert grandchild.pid in pids(family)
    finally:
        grandchild.kill()
    until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE, "its end")
