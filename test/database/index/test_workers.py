"""Many experiments are read by worker processes; those that die cost time, and no experiment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.database.index import reading
from rla.database.index.index import Index

Known = Callable[[], dict[str, dict[str, Any]]]


@pytest.fixture
def many(experiment: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Experiments that are enough for two workers."""
    monkeypatch.setattr(reading, "ENOUGH_FOR_WORKERS", 10)
    monkeypatch.setattr(reading, "_JOBS_AT_ONCE", 5)
    monkeypatch.setattr(reading, "MOST_WORKERS", 2)
    times = [f"13-05-01-{number:06}" for number in range(60)]
    for number, time in enumerate(times):
        experiment(time, lr=number)
    return times


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    processes: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            processes.append(self)

    monkeypatch.setattr(reading.subprocess, "Popen", Watched)
    return processes


def test_they_read_all(many: list[str], started: list[subprocess.Popen[bytes]], index: Index, known: Known) -> None:
    index.refresh()
    assert {time: found["parameters"]["lr"] for time, found in known().items()} == {
        time: number for number, time in enumerate(many)
    }
    assert len(started) == 2
    assert [process.poll() is None for process in started] == [False, False]
    assert [thread for thread in threading.enumerate() if thread.name == "rla-index"] == []


def test_one_that_is_killed_loses_nothing(
    many: list[str], started: list[subprocess.Popen[bytes]], index: Index, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = reading._receive

    def kill_first(stream: Any) -> Any:
        os.kill(started[0].pid, signal.SIGKILL)
        return receive(stream)

    monkeypatch.setattr(reading, "_receive", kill_first)
    index.refresh()
    assert list(known()) == many


def test_without_any_everything_is_read_here(
    many: list[str], index: Index, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    index.refresh()
    assert list(known()) == many


def test_they_end_when_the_question_is_given_up(
    many: list[str], started: list[subprocess.Popen[bytes]], index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(index, "_progress", give_up)
    with pytest.raises(KeyboardInterrupt):
        index.refresh()
    assert [process.poll() is None for process in started] == [False] * len(started)
    assert [thread for thread in threading.enumerate() if thread.name == "rla-index"] == []


def test_they_see_no_file_of_the_folder_they_are_started_in(
    many: list[str], index: Index, known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "queue.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit('somebody else runs')\n")
    monkeypatch.chdir(tmp_path)
    index.refresh()
    assert list(known()) == many
