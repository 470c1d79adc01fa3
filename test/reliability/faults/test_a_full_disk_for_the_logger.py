"""On a full disk training goes on: rows are kept and written once there is room, or are dropped and counted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress

PROGRAM = """
settings = dict(argument.split("=") for argument in arguments)
journal_writer.BACKLOG_BYTES = int(settings.get("backlog", 16 << 20))
writer.FLUSH_SECONDS, writer.SYNC_SECONDS = 0.05, 0.2
if "mutant" in settings:
    journal_writer.JournalWriter.retry = lambda self: False
begin("csv", "tensorboard", "log", "json")
weight, count = 1.0, 0
for rows in settings["phases"].split(","):
    for _ in range(int(rows)):
        weight = 0.99 * weight + count
        dump(count, 200)
        if count % 100 == 0:
            logger.info("text", count)
        count += 1
    tell("phase", count)
    wait_for_the_test()
exp_manager.finish()
tell("result", weight)
"""


@pytest.fixture
def place(disk: Any) -> Path:
    path: Path = disk.path
    return path


@pytest.fixture
def run(disk: Any, record: Callable[..., Any]) -> Callable[..., Any]:
    """Record in phases, and fill or free the disk between them: ``run("9,9,9", ["full", "free"])``."""

    def go(phases: str, disks: list[str], last: str = "", megabytes: int = 1, **settings: object) -> Any:
        disk.mount_in_memory(megabytes << 20)
        child = record(PROGRAM, f"phases={phases}", *(f"{key}={value}" for key, value in settings.items()))
        for number, state in enumerate([*disks, last], start=1):
            child.wait_until_told("phase", number)
            if state == "full":
                disk.fill()
            elif state == "free":
                disk.free()
            child.go_on()
        assert child.end(120) == 0, child.errors
        rows, weight = sum(map(int, phases.split(","))), 1.0
        for count in range(rows):
            weight = 0.99 * weight + count
        assert child.wait_until_told("result") == [str(weight)]
        assert len(child.acknowledged) == rows
        return child

    return go


def card_of(folder: Path) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((folder / "experiment.json").read_text())
    return card


def beginnings(warned: list[str]) -> list[str]:
    return [text for text in warned if "takes records again" not in text]


@pytest.mark.parametrize("phases", ["100,1000,100", pytest.param("5000,30000,5000", marks=pytest.mark.fault)])
def test_rows_are_kept_and_written_once_there_is_room(
    phases: str, run: Callable[..., Any], check_rows: Callable[..., Any], log_dir: Callable[[], Path], data_root: Path
) -> None:
    child = run(phases, ["full", "free"], megabytes=1 if phases.startswith("100,") else 64)
    check_rows(data_root, len(child.acknowledged), new_key_every=200)
    assert sum("refuses records" in text for text in child.warned) == 1
    assert len(beginnings(child.warned)) == len(set(beginnings(child.warned))), "each thing is told of once"
    warnings = (log_dir() / "warn.txt").read_text()
    assert warnings.count("refuses records") == 1
    assert warnings.count("takes records again; what was kept in memory is written, 0 rows were dropped") == 1
    assert card_of(log_dir())["dropped_rows"] == 0


def test_a_full_disk_is_told_of_once(run: Callable[..., Any]) -> None:
    assert len(beginnings(run("100,1000,100", ["full", "free"]).warned)) == 1


def test_a_disk_that_is_full_three_times(
    run: Callable[..., Any], check_rows: Callable[..., Any], data_root: Path
) -> None:
    child = run("50,300,50,300,50,300,50", ["full", "free"] * 3)
    check_rows(data_root, len(child.acknowledged), new_key_every=200)
    assert sum("refuses records" in text for text in child.warned) == 3
    assert sum("takes records again" in text for text in child.warned) == 3


def test_rows_that_wait_until_the_end_are_written_by_the_end(
    run: Callable[..., Any], check_rows: Callable[..., Any], data_root: Path
) -> None:
    child = run("100,1000", ["full"], last="free")
    check_rows(data_root, len(child.acknowledged), new_key_every=200)


def test_without_trying_again_they_would_be_lost(run: Callable[..., Any], log_dir: Callable[[], Path]) -> None:
    """The test above can fail."""
    child = run("100,1000", ["full"], last="free", mutant="yes")
    assert len(read_progress(log_dir()).rows) < len(child.acknowledged)
    assert f"{card_of(log_dir())['dropped_rows']} rows are lost" in child.errors


def test_what_is_beyond_the_bound_is_counted_in_warn_txt_and_in_the_run_card(
    run: Callable[..., Any], log_dir: Callable[[], Path], fsck: Callable[..., Any], data_root: Path
) -> None:
    child = run("100,3000,10", ["full", "free"], backlog=20_000)
    counts = [int(row["count"]) for row in read_progress(log_dir()).rows]
    gap = [(before, after) for before, after in itertools.pairwise(counts) if after != before + 1]
    assert len(gap) == 1, "the oldest are dropped"
    dropped = gap[0][1] - gap[0][0] - 1
    assert dropped > 2000
    assert (counts[0], counts[-1], len(counts)) == (0, 3109, len(child.acknowledged) - dropped)
    assert f"{dropped} rows were dropped" in (log_dir() / "warn.txt").read_text()
    assert card_of(log_dir())["dropped_rows"] == dropped
    assert fsck(data_root)["findings"] == []


def test_a_disk_that_stays_full_ends_nobody_and_leaves_whole_records(
    run: Callable[..., Any], disk: Any, log_dir: Callable[[], Path], check_rows: Callable[..., Any], data_root: Path
) -> None:
    child = run("100,1000", ["full"])
    disk.free()
    counts = check_rows(data_root, 100, 1100, new_key_every=200)
    assert f"the disk refused rows until the end; {1100 - len(counts)} rows are lost" in child.errors
