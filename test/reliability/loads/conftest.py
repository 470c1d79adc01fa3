"""Fixtures for tests under load: log folders inside a data root, programs that are ended in time, and `rla fsck`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rla import files

REPOSITORY = Path(__file__).resolve().parents[3]
PLACE = "log/demo_task/2026/01/02/03-04-05-000006_10.0.0.5_&"
CHECK = "from rla.cli.main import main; main()"


@pytest.fixture(scope="session")
def place() -> str:
    """The place of an experiment's log folder in its data root."""
    return PLACE


@pytest.fixture
def folder(data_root: Path) -> Path:
    """A log folder that does not exist yet, at the place of an experiment."""
    return data_root / PLACE


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut in this test, so nobody needs to wait for the disk."""
    monkeypatch.setattr(files, "fsync", lambda fd: None)


@contextlib.contextmanager
def running_program(
    program: str, *arguments: object, limit: float = 120, inside: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Run a program beside the test; at the end of the block, or after ``limit`` seconds, it is killed.

    Args:
        program: Python code.
        arguments: its ``sys.argv[1:]``.
        limit: seconds.
        inside: a command that becomes the program.
    """
    child = subprocess.Popen(
        [*inside, sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    deadline = threading.Timer(limit, child.kill)
    deadline.start()
    try:
        yield child
    finally:
        deadline.cancel()
        child.kill()
        child.communicate()


@pytest.fixture(scope="session")
def running() -> Callable[..., contextlib.AbstractContextManager[subprocess.Popen[str]]]:
    """Run a program beside the test: ``with running(PROGRAM, folder) as child``."""
    return running_program


@pytest.fixture(scope="session")
def ask() -> Callable[..., Any]:
    """Run a program to its end in a process of its own, and return what it printed as JSON."""

    def run(program: str, *arguments: object, limit: float = 120) -> Any:
        with running_program(program, *arguments, limit=limit) as child:
            answer, _ = child.communicate()
            assert child.returncode == 0, f"exit code {child.returncode}: {answer}"
            return json.loads(answer)

    return run


@pytest.fixture(scope="session")
def fsck() -> Callable[..., dict[str, Any]]:
    """Check a data root with `rla fsck --json`, which must report no error: ``fsck(data_root, "--repair")``."""

    def check(data_root: Path, *options: str, experiments: int = 1) -> dict[str, Any]:
        command = [sys.executable, "-c", CHECK, "fsck", "--json", "--root", str(data_root), *options]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        assert (report["errors"], report["experiments"]) == (0, experiments), report
        return report

    return check
