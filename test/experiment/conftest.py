"""Fixtures for the tests of experiments: programs that record one, and the run cards that they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SET_UP = """
import os, signal, sys, threading, time
from rla import exp_manager, logger, time_step_holder
config = {"LOG_USED": ["csv", "log"], "DL_FRAMEWORK": "plain"}  # which imports nothing
exp_manager.configure("demo_task", config, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
"""
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def run_experiment(
    run_python: Callable[..., subprocess.CompletedProcess[str]], data_root: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program in a process of its own that has begun an experiment: ``run_experiment("sys.exit(3)")``."""

    def run(program: str, before: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
        return run_python(before + SET_UP + program, data_root, **options)

    return run


@pytest.fixture
def start_experiment(data_root: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start such a program and wait until it has printed ``ready``; what still lives at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, before: str = "", ready: str = "print('ready', flush=True)\n") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", before + SET_UP + ready + program, str(data_root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def cards(data_root: Path) -> Callable[[], list[dict[str, Any]]]:
    """Read the run cards of all experiments, oldest first."""

    def read() -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted(data_root.glob("log/*/*/*/*/*/experiment.json"))]

    return read


@pytest.fixture
def card(cards: Callable[[], list[dict[str, Any]]]) -> Callable[[], dict[str, Any]]:
    """Read the run card of the only experiment."""

    def read() -> dict[str, Any]:
        (only,) = cards()
        return only

    return read
