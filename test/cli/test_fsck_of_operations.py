"""`rla fsck` tells of operations that were cut off, and --repair lets the experiment arrive that was on its way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import locks
from rla.batch import operations

Command = Callable[..., Any]
Left = Callable[..., list[str]]
Look = Callable[[Path], dict[str, str]]

REPOSITORY = Path(__file__).resolve().parents[2]

KILLED = """
import os, sys
from rla import files
from rla.batch import apply, choose, plan_deletion
plan = plan_deletion(choose(sys.argv[1], "demo", "*"))
rename = files.rename

def rename_or_die(source, target):
    if "lr=0.2" in str(source) and "checkpoint" in str(source):
        os._exit(9)
    rename(source, target)

files.rename = rename_or_die
apply(plan)
"""

AT_WORK = """
import sys
from rla.batch.operations import Operations
from rla.batch.record import Entry
operations = Operations(__import__("pathlib").Path(sys.argv[1]))
with operations.locked():
    operations.begin("delete", [Entry("demo", "2026/11/20", "13-05-01-000001_10.0.0.1_&lr=0.1", ("log",))])
    print("ready", flush=True)
    sys.stdin.read(1)
"""


@pytest.fixture(autouse=True)
def root(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(runs))


def of_operations(rla: Command, *options: str) -> list[dict[str, Any]]:
    findings = json.loads(rla("fsck", "--json", *options).out)["findings"]
    return [finding for finding in findings if "was cut off" in finding["problem"]]


def test_one_that_was_cut_off_is_found_and_ended(
    rla: Command, runs: Path, look: Look, left: Left, run_python: Callable[..., Any]
) -> None:
    before = look(runs)
    assert of_operations(rla) == []
    run_python(KILLED, runs)
    cut_off = look(runs)
    (found,) = of_operations(rla)
    assert (found["severity"], found["repaired"], look(runs)) == ("warning", False, cut_off)
    assert "run with --repair" in " ".join(rla("fsck").out.split())
    (found,) = of_operations(rla, "--repair")
    assert found["repaired"]
    assert found["advice"] == "it ended after 2 experiments; `rla undo` takes them back"
    assert (left("log"), left("checkpoint"), of_operations(rla)) == (["0.3"], ["0.3"], [])
    assert rla("undo", "--yes").code == 0
    assert look(runs) == before


def test_one_that_is_under_way_is_left_alone(
    rla: Command, runs: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_WAIT_SECONDS", 0.0)
    before = look(runs)
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, str(runs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert of_operations(rla, "--repair") == []
    refused = rla("rm", "lr=0.1", "--yes")
    assert refused.code == 2
    assert f"process {process.pid}" in refused.err
    assert look(runs) == before
    process.communicate("x", timeout=60)


def test_what_cannot_be_repaired_is_said(
    rla: Command, runs: Path, run_python: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_WAIT_SECONDS", 0.0)
    run_python(KILLED, runs)
    held = locks.lock(runs / ".rla" / "operations" / "lock")
    assert held is not None
    (found,) = of_operations(rla, "--repair")
    assert not found["repaired"]
    assert "Another operation is under way" in found["advice"]
