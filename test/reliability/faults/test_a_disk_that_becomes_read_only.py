"""When a disk becomes read-only, or is gone, training goes on to its end; nothing that was recorded before is harmed.

`mount -o remount,ro` is refused while files are open for writing. So a real file system finds an error in itself (as
after a fault of the disk, for good), or the files are made immutable for a while.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
writer.FLUSH_SECONDS, writer.SYNC_SECONDS = 0.02, 0.1
if arguments[0] == "little is kept":
    journal_writer.BACKLOG_BYTES = 20_000
begin("csv", "tensorboard", "log")
weight = 1.0
for count in range(300):
    if count in (100, 200):
        logger.flush()
        time.sleep(0.5)
        tell("ready")
        wait_for_the_test()
    weight = 0.99 * weight + count
    dump(count, 40)
    logger.info("text", count)
exp_manager.finish()
tell("result", weight)
"""


@pytest.fixture
def place(disk: Any) -> Path:
    disk.make(32 << 20)
    path: Path = disk.mount("errors=remount-ro")
    return path


def check_result(child: Any) -> None:
    assert child.end() == 0, child.errors
    weight = 1.0
    for count in range(300):
        weight = 0.99 * weight + count
    assert child.wait_until_told("result") == [str(weight)]
    assert len(child.acknowledged) == 300


@pytest.mark.parametrize("fault", ["read-only", pytest.param("gone", marks=pytest.mark.fault)])
def test_a_disk_that_takes_no_write_any_more_ends_nobody(
    fault: str, disk: Any, record: Callable[..., Any], check_rows: Callable[..., Any], data_root: Path
) -> None:
    child = record(PROGRAM, "all is kept")
    child.wait_until_told("ready")
    disk.become_read_only() if fault == "read-only" else disk.cut_power()
    child.go_on()
    child.wait_until_told("ready", 2)
    child.go_on()
    check_result(child)
    assert sum("refuses records" in text for text in child.warned) == 1
    assert not any("takes records again" in text for text in child.warned)
    assert sum("200 rows" in text for text in child.warned) == 1, "it says how many are lost"
    disk.unmount()
    disk.repair()
    disk.mount()
    check_rows(data_root, 100, new_key_every=40)


def test_the_end_says_how_many_rows_are_lost_also_where_few_could_be_kept(
    disk: Any, record: Callable[..., Any], data_root: Path
) -> None:
    child = record(PROGRAM, "little is kept")
    child.wait_until_told("ready")
    disk.become_read_only()
    child.go_on()
    child.wait_until_told("ready", 2)
    child.go_on()
    check_result(child)
    assert sum("200 rows" in text for text in child.warned) == 1


@pytest.mark.fault
def test_files_that_may_not_be_changed_for_a_while_get_everything_later(
    place: Path, record: Callable[..., Any], check_rows: Callable[..., Any], data_root: Path,
    log_dir: Callable[[], Path], tool: Callable[..., str],
) -> None:  # fmt: skip
    child = record(PROGRAM, "all is kept")
    child.wait_until_told("ready")
    tool("chattr", "-R", "+i", log_dir())
    try:
        child.go_on()
        child.wait_until_told("ready", 2)
        child.wait_until_warned()
    finally:
        tool("chattr", "-R", "-i", log_dir())
    child.go_on()
    check_result(child)
    assert sum("refuses records" in text for text in child.warned) == 1
    assert sum("takes records again" in text for text in child.warned) == 1
    assert "Operation not permitted" in (log_dir() / "warn.txt").read_text()
    assert json.loads((log_dir() / "experiment.json").read_text())["dropped_rows"] == 0
    check_rows(data_root, 300, new_key_every=40)
