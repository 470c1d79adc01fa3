"""Ctrl-C ends a transfer with exit code 130 and says how far it got; the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SLOW = "REMOTE_SETTING:\n  file_transfer_protocol: local\n  remote_data_root: {}\n  bandwidth_limit: 40K\n"


@pytest.fixture
def slow(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root whose last checkpoint takes seconds over the wire to ``main``, as the configuration has it."""
    (folder,) = runs.glob("checkpoint/demo/*/*/*/*lr=0.1")
    (folder / "weights").write_bytes(os.urandom(400_000))
    (tmp_path / "rla_config.yaml").write_text(SLOW.format("main"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RLA_ROOT", str(runs))
    return runs


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rla.cli.main", *arguments],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def interrupt_while_there_is(part: Path, process: subprocess.Popen[str]) -> tuple[str, str]:
    deadline = time.monotonic() + 30
    while not list(part.rglob("*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=30)


def test_a_push_that_is_interrupted_goes_on(slow: Path, tmp_path: Path, rla: Callable[..., Any]) -> None:
    process = start("push", "--all-trees")
    out, err = interrupt_while_there_is(tmp_path / "main/checkpoint", process)
    assert (process.returncode, err) == (130, "")
    assert "9 files went to" in out
    assert "Interrupted, after 9 files. The same command goes on where it stopped.\n" in out
    assert not list((tmp_path / "main").rglob("weights"))
    (tmp_path / "rla_config.yaml").write_text(SLOW.format("main").replace("40K", "40M"))
    assert "3 files went to" in rla("push", "--all-trees").out
    sent, kept = (
        {path.name: path.stat().st_size for path in top.rglob("weights")} for top in (tmp_path / "main", slow)
    )
    assert sent == kept


def test_a_pull_that_is_interrupted_goes_on(slow: Path, tmp_path: Path, rla: Callable[..., Any]) -> None:
    (tmp_path / "rla_config.yaml").write_text(SLOW.format("data"))
    process = start("pull", "--all-trees", "--root", "here")
    out, err = interrupt_while_there_is(tmp_path / "here/checkpoint", process)
    assert (process.returncode, err) == (130, "")
    assert "Interrupted, after 9 files. The same command goes on where it stopped.\n" in out
    (tmp_path / "rla_config.yaml").write_text(SLOW.format("data").replace("40K", "40M"))
    assert "3 files came from" in rla("pull", "--all-trees", "--root", "here").out
    assert not list((tmp_path / "here").rglob("*.part"))


def test_a_bar_is_drawn_on_a_terminal(slow: Path, tmp_path: Path, on_terminal: Callable[..., Any]) -> None:
    (tmp_path / "rla_config.yaml").write_text(SLOW.format("main").replace("40K", "250K"))
    seen = on_terminal("", "push", "lr=0.1", "--tree", "checkpoint")
    assert seen.code == 0
    assert "Sending ━" in seen.screen
    assert "KiB/s weights" in seen.screen
    assert all(len(line) <= 80 for part in seen.screen.splitlines() for line in part.split("\r"))
    assert "1 file went to" in seen.screen.replace("\n", " ")
