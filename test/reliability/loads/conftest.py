"""Fixtures for tests under load: log folders inside a data root, programs that are ended in time, and `rla fsck`."""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rla import files, logger, read_progress
from rla.cli.main import _group
from rla.output.last_row import last_row

REPOSITORY = Path(__file__).resolve().parents[3]
PLACE = "log/demo_task/2026/01/02/03-04-05-000006_10.0.0.5_&"
LARGEST_NUMBER_OF_COLUMNS = 1000
OURS = {"time-step", "timestamp"}


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
        done = CliRunner().invoke(_group, ["fsck", "--json", "--root", str(data_root), *options], prog_name="rla")
        assert done.exit_code == 0, done.output
        report: dict[str, Any] = json.loads(done.stdout)
        assert (report["errors"], report["experiments"]) == (0, experiments), report
        return report

    return check


class WideRun:
    """A run that may have more keys than columns, with numbers as its values."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check_readers(self, rows: list[dict[str, int]]) -> None:
        """Every row has exactly its keys, with their values."""
        found = read_progress(self.folder).rows
        assert len(found) == len(rows)
        for step, (row, expected) in enumerate(zip(found, rows, strict=True)):
            assert isinstance(row.pop("timestamp"), float)
            assert row.pop("time-step") == step
            assert row == expected

    def check_last_row(self, rows: list[dict[str, int]]) -> None:
        newest = last_row(self.folder)
        assert {key: value for key, value in newest.items() if key not in OURS} == rows[-1]

    def check_files(self, rows: list[dict[str, int]]) -> None:
        """The two files hold each value once, and follow the rule."""
        first: dict[str, None] = {}
        for row in rows:
            first.update(dict.fromkeys(sorted(row)))
        columns = OURS | set(list(first)[: LARGEST_NUMBER_OF_COLUMNS - len(OURS)])
        with open(self.folder / "progress.csv", newline="", encoding="utf-8") as stream:
            header, *lines = csv.reader(stream)
        assert len(header) == len(set(header))
        assert set(header) == columns
        found = [{key: cell for key, cell in zip(header, line, strict=True) if cell} for line in lines]
        header, *lines = [["row", "key", "value"]]
        if len(first) > len(columns - OURS):
            with open(self.folder / "progress.long.csv", newline="", encoding="utf-8") as stream:
                header, *lines = csv.reader(stream)
        assert header == ["row", "key", "value"]
        for row_number, key, value in lines:
            assert key not in columns
            assert key not in found[int(row_number)], f"{key} of row {row_number} stands there twice"
            found[int(row_number)][key] = value
        ours = {key: found_row.pop(key) for found_row in found for key in OURS}
        assert set(ours) == OURS
        assert found == [{key: str(value) for key, value in row.items()} for row in rows]


@pytest.fixture
def wide_run(folder: Path) -> WideRun:
    """Checks of the run in ``folder``, which may have more keys than columns."""
    return WideRun(folder)


@pytest.fixture
def folders(data_root: Path, fsck: Callable) -> Iterator[Iterator[Path]]:
    """New log folders, one for each example; all are in order at the end."""
    used: list[Path] = []

    def new_folders() -> Iterator[Path]:
        for number in itertools.count():
            used.append(data_root / f"log/demo_task/2026/01/02/03-04-05-{number:06d}_10.0.0.5_&")
            yield used[-1]

    yield new_folders()
    logger.reset()
    fsck(data_root, experiments=len(used))


@pytest.fixture
def record() -> Callable[[Path, list[dict[str, Any]]], None]:
    """Record rows into a folder, behind a first one that wakes the writer; a last value makes each row one."""

    def record_rows(folder: Path, rows: list[dict[str, Any]]) -> None:
        logger.configure(folder, ["csv"])
        logger.record_tabular("first", 0)
        logger.dump_tabular(step=0)
        for step, row in enumerate(rows, start=1):
            logger.record_all(row)
            logger.record_tabular("last", step)
            logger.dump_tabular(step=step)

    return record_rows
