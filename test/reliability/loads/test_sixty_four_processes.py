"""Processes that record into one data root at once get folders of their own, and lose no row."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress

SET_UP = """
import os, sys
from rla import exp_manager, logger

def configure(root, number):
    exp_manager.configure("demo_task", {"LOG_USED": ["csv", "log"]}, data_root=root, code_root=root + "-code")
    exp_manager.set_hyper_param(number=number)

def record(number, rows):
    for step in range(rows):
        logger.record_all({"number": number, "count": step, "half": step / 2})
        if step % 50 == 20:
            logger.record_tabular(f"late {step}", number)
        logger.dump_tabular(step=step)
"""

ONE_OF_MANY = (
    SET_UP
    + """
configure(sys.argv[1], int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
exp_manager.log_files_gen()
record(int(sys.argv[2]), int(sys.argv[3]))
"""
)

IN_ONE_MICROSECOND = (
    SET_UP
    + """
import datetime, glob, json, time
import rla.experiment.run
from rla import files
root, rounds, mutant = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "shared claims"
real = datetime.datetime

def shared_claim(path):
    os.makedirs(path, exist_ok=True)

def rename_together(source, target):
    if str(source).endswith("_"):  # a claim, which nobody else may have: all wait until all have it
        open(f"{root}-arrived-{os.getpid()}", "w").close()
        for _ in range(1000):
            if len(glob.glob(f"{root}-arrived-*")) == 8:
                break
            time.sleep(0.01)
    rename(source, target)

rename = files.rename
if mutant:
    files.create_directory, files.rename = shared_claim, rename_together

def begin(number, barrier):
    configure(root, number)
    os.read(barrier, 1)  # ends for all at once, when the parent closes the other end
    exp_manager.log_files_gen()
    record(number, 3)
    exp_manager.finish()

failed = 0
for each in range(rounds):
    class FrozenClock(real):
        @classmethod
        def now(cls, *zone):
            return real(2026, 11, 20, 13, each // 60, each % 60, 123456)

    rla.experiment.run.datetime = FrozenClock
    barrier, opened = os.pipe()
    children = []
    for number in range(8):
        child = os.fork()
        if not child:
            os.close(opened)
            code = 1
            try:
                begin(each * 8 + number, barrier)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    os.close(barrier)
    os.close(opened)
    failed += sum(os.waitpid(child, 0)[1] != 0 for child in children)
print(json.dumps(failed))
"""
)


def check_experiments(data_root: Path, number: int, rows: int) -> list[dict[str, Any]]:
    """Each has a folder, a record date and all its rows; the run cards are returned."""
    folders = list(data_root.glob("log/demo_task/*/*/*/*"))
    cards = [json.loads((folder / "experiment.json").read_text()) for folder in folders]
    assert len(folders) == len({card["id"] for card in cards}) == number
    assert {card["status"] for card in cards} == {"finished"}
    found: list[object] = []
    for folder, card in zip(folders, cards, strict=True):
        parameters = json.loads((folder / "parameter.json").read_text())
        read = read_progress(folder).rows
        assert card["dropped_rows"] == 0
        assert [row["count"] for row in read] == list(range(rows))
        assert {row["number"] for row in read} == {parameters["number"]}
        assert [row["half"] for row in read] == [step / 2 for step in range(rows)]
        for step in range(20, rows, 50):
            assert [row.get(f"late {step}") for row in read].count(parameters["number"]) == 1
        assert not (folder / ".journal").exists()
        found.append(parameters["number"])
    assert sorted(found) == list(range(number))  # type: ignore[type-var]
    return cards


@pytest.mark.parametrize(
    ("processes", "rows"), [(8, 100), pytest.param(64, 2000, marks=pytest.mark.load, id="64 processes")]
)
def test_all_rows_of_all_processes_arrive(
    processes: int, rows: int, data_root: Path, fsck: Callable, running: Callable
) -> None:
    with contextlib.ExitStack() as all_children:
        children = [
            all_children.enter_context(running(ONE_OF_MANY, data_root, number, rows, limit=300))
            for number in range(processes)
        ]
        for child in children:
            assert child.stdout.readline() == "ready\n"
        for child in children:
            child.stdin.write("go\n")
            child.stdin.flush()
        for child in children:
            child.communicate()
            assert child.returncode == 0
        pids = {child.pid for child in children}
    cards = check_experiments(data_root, processes, rows)
    assert {card["pid"] for card in cards} == pids
    assert fsck(data_root, experiments=processes)["warnings"] == 0


@pytest.mark.parametrize("rounds", [1, pytest.param(200, marks=pytest.mark.load)])
def test_eight_that_start_in_one_microsecond_get_the_next_eight(
    rounds: int, data_root: Path, fsck: Callable, ask: Callable
) -> None:
    assert ask(IN_ONE_MICROSECOND, data_root, rounds, "", limit=600) == 0
    cards = check_experiments(data_root, 8 * rounds, 3)
    assert sorted(card["record_date"] for card in cards) == [
        f"2026/11/20/13-{each // 60:02d}-{each % 60:02d}-{123456 + offset}"
        for each in range(rounds)
        for offset in range(8)
    ]
    assert fsck(data_root, experiments=8 * rounds)["warnings"] == 0


@pytest.mark.load
def test_claims_that_are_shared_would_be_seen(data_root: Path, ask: Callable) -> None:
    """The check itself: where two processes can claim one place, it must fail."""
    assert ask(IN_ONE_MICROSECOND, data_root, 1, "shared claims") > 0, "some could not start"
    with pytest.raises((AssertionError, OSError)):
        check_experiments(data_root, 8, 3)
