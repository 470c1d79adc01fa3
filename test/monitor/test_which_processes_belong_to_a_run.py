"""Which processes belong to a run: its own and all that it has started, whoever comes and goes on the machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from rla.monitor.family import Family

FORKS = """
import os, sys, time
if os.fork() == 0:
    time.sleep(1000)
print('ready', flush=True)
sys.stdin.read()
"""


def pids(family: Family) -> set[int]:
    return {process.pid for process in family.processes()}


def test_the_family_is_what_psutil_finds_however_it_changes(child: Callable[[str], Any]) -> None:
    early = child("has a child that eats memory")
    family = Family()
    strangers = set(psutil.pids()) - pids(family)

    def expected() -> set[int]:
        return {os.getpid(), *(process.pid for process in psutil.Process().children(recursive=True))}

    assert early.pid in pids(family)
    assert pids(family) == expected()
    late = [child("eats memory"), child("has a child that eats memory")]
    assert pids(family) == expected() >= {process.pid for process in late}
    early.communicate()
    late[0].communicate()
    assert pids(family) == expected()
    assert not pids(family) & strangers


LEAVES = """
import os, sys
if os.fork() == 0:
    print('ready', flush=True)
    print(os.getpid(), flush=True)
    sys.stdin.read()
os._exit(0)
"""
"""A program that ends at once, and leaves a child that tells its number."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that are asked for their parent, from now on."""
    found: list[int] = []
    parent = psutil.Process.ppid

    def noted(process: psutil.Process) -> int:
        found.append(process.pid)
        return parent(process)

    monkeypatch.setattr(psutil.Process, "ppid", noted)
    return found


def test_processes_of_others_are_asked_once(child: Callable[[str], Any], asked: list[int]) -> None:
    at_first = set(psutil.pids())
    family = Family()
    asked.clear()
    family.processes()
    assert not at_first & set(asked)
    process = child(LEAVES)
    process.wait()
    assert process.stdout is not None
    stranger = int(process.stdout.readline())  # it has another parent now
    asked.clear()
    family.processes()
    family.processes()
    assert asked.count(stranger) == 1
    assert stranger not in pids(family)


def test_a_number_that_is_given_out_anew_is_asked_anew(
    child: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    family = Family()
    process = child("eats memory")
    present = psutil.pids()
    with monkeypatch.context() as before:
        before.setattr(psutil.Process, "ppid", lambda self: 1)
        assert process.pid not in pids(family)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(psutil, "pids", lambda: [pid for pid in present if pid != process.pid])
        family.processes()
    assert process.pid in pids(family)


def test_a_grandchild_whose_parent_has_ended_still_counts(child: Callable[[str], Any], until: Any) -> None:
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
