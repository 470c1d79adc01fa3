"""`rla sync` brings what is new to one data root, or from several, in one round or in many."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
Command = Callable[..., Any]
Left = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))
    monkeypatch.chdir(runs.parent)


class Watching:
    """``rla sync --watch`` in a process, and the lines that it prints."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "rla.cli.main", "sync", "--watch", "--every", "1", *arguments],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def line(self) -> str:
        return self._lines.get(timeout=30)

    def stop(self) -> list[str]:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)
        return [self._lines.get() for _ in range(self._lines.qsize())]


@pytest.fixture
def watch() -> Iterator[Callable[..., Watching]]:
    """Start ``rla sync --watch``; what still goes on at the end is ended."""
    started: list[Watching] = []

    def begin(*arguments: object) -> Watching:
        started.append(Watching(*map(str, arguments)))
        return started[-1]

    yield begin
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def test_one_round_to_the_main_node(rla: Command, runs: Path, tmp_path: Path, left: Left) -> None:
    done = rla("sync", "--to", tmp_path / "main")
    assert (done.code, done.err) == (0, "")
    assert f"9 files of 3 experiments went to {tmp_path / 'main'}: " in done.out
    assert left(root=tmp_path / "main") == ["0.1", "0.2", "0.3"]
    assert rla("sync", "--to", tmp_path / "main").out == (
        f"Nothing new for {tmp_path / 'main'} (9 files there already).\n"
    )


def test_one_round_from_several_machines_of_which_one_does_not_answer(
    rla: Command, runs: Path, tmp_path: Path, left: Left
) -> None:
    (tmp_path / "other").mkdir()
    done = rla("sync", "--root", "here", runs, "ftp://127.0.0.1:1/data", "other")
    assert done.code == 1
    assert f"9 files of 3 experiments came from {runs}: " in done.out
    assert "Nothing new from " in done.out
    assert done.err.count("error:") == 1
    assert left(root=tmp_path / "here") == ["0.1", "0.2", "0.3"]
    each = json.loads(rla("sync", "--root", "here", runs, "other", "--json").out)
    assert [(one["files"], one["error"]) for one in each] == [({}, None), ({}, None)]


def test_one_machine_that_does_not_answer_is_an_error(rla: Command, runs: Path) -> None:
    done = rla("sync", "--root", "here", "ftp://127.0.0.1:1/data")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("error:") == 1


def test_a_node_is_watched_until_ctrl_c(
    watch: Callable[..., Watching], runs: Path, tmp_path: Path, left: Left, experiment: Callable[..., Path]
) -> None:
    watching = watch("--to", tmp_path / "main")
    assert watching.line() == f"Sending what is new for {tmp_path / 'main'} every 1s, until Ctrl-C.\n"
    assert watching.line()[9:].startswith(f"9 files of 3 experiments went to {tmp_path / 'main'}: ")
    log_dir = experiment("13-05-09-000001", lr=0.9)
    assert "of 1 experiment went to" in watching.line()
    while left(root=tmp_path / "main") != ["0.1", "0.2", "0.3", "0.9"]:
        watching.line()
    with (log_dir / "progress.csv").open("a") as file:
        file.write("0.4,20,2.0\n")
    while not watching.line().endswith(": 11 B\n"):
        pass
    assert re.fullmatch(r"1[0-9] files \(.* KiB\) in [0-9]+s\.\n", watching.stop()[-1])
    assert watching.process.returncode == 0


def test_the_main_node_watches_several(
    watch: Callable[..., Watching], runs: Path, tmp_path: Path, left: Left, experiment: Callable[..., Path]
) -> None:
    (tmp_path / "other" / "log").mkdir(parents=True)
    watching = watch("--root", tmp_path / "here", runs, tmp_path / "other")
    assert "Fetching what is new from 2 data roots every 1s" in watching.line()
    lines = sorted(watching.line()[9:] for _ in range(2))
    assert lines[0].startswith("9 files of 3 experiments came from")
    assert lines[1].startswith("Nothing new from")
    (runs / "log/demo").rename(tmp_path / "other" / "log" / "second")
    assert "9 files of 3 experiments came from" in watching.line()
    assert left(root=tmp_path / "here", task="second") == ["0.1", "0.2", "0.3"]
    watching.stop()
    assert watching.process.returncode == 0
