"""docs/tidy.md shows what its commands and programs do to the lab that this folder makes, with a task of debug runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rla.cli.main import COMMANDS
from rla.database.ledger import record_figure
from rla.machine import process_start

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tidy.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXIT_CODES = {
    "rla rm 'steps < 5000' --yes": 2,
    "rla rm 'tag == paper' --yes": 2,
}
"""Commands that leave an experiment alone."""

SECONDS_OF_A_LINE = 10.0
ALGORITHMS = ("sac", "td3", "ppo")


@pytest.fixture(scope="module")
def lab(lab: Path, maker: Any, clock: Any) -> Path:
    """The lab, on a small scale: checkpoints have a thousandth of their sizes."""
    now = clock.now
    for number in range(12):
        make_debug_run(maker, number, now)
    for checkpoint in (lab / "data" / "checkpoint").rglob("*.pt"):
        os.truncate(checkpoint, checkpoint.stat().st_size >> 10)
    for name in lab.glob("data/log/ablation/2026/11/10/*seed=0"):
        record_figure(lab / "data", "/home/ada/paper/hopper.pdf", [f"ablation/2026/11/10/{name.name}"])
    clock.now, clock.host = now, "gpu1"
    return lab


def make_debug_run(maker: Any, number: int, now: float) -> None:
    """One of the runs of a Thursday's debugging: most died, one still runs."""
    rows = 2 if number == 11 else 1 + number * 5 % 8
    heard = datetime(2026, 11, 19, 17, 5 * number + 2).timestamp()
    card: dict[str, Any] = {"status": "running", "end": None, "heartbeat": heard}
    if number in (3, 7):
        card = {"status": "failed", "reason": "ValueError: shapes"}
    elif number in (5, 10):
        card = {}
    elif number == 11:
        card = {
            "status": "running",
            "end": None,
            "heartbeat": now,
            "pid": os.getpid(),
            "process_start": process_start(),
        }
    maker.run(
        "debug",
        f"2026-11-19 17:{5 * number:02}:0{number % 10}",
        returns=20.0,
        rows=rows,
        hours=0.03,
        steps=range(1_000, 8_001, 1_000),
        card=card,
        algo=ALGORITHMS[number % 3],
        env_id="Hopper-v4",
        seed=0,
    )


@pytest.fixture(scope="module")
def pass_time(clock: Any) -> Callable[[], object]:
    """Each line is typed a few seconds after the one before, so that operations have an order."""

    def wait() -> None:
        clock.now += SECONDS_OF_A_LINE

    return wait


def test_the_page_shows_what_comes_out(number: int, same: Callable[[int], bool]) -> None:
    assert same(number)


def test_each_command_that_tidies_up_is_shown() -> None:
    for command in ("rm", "undo", "trash list", "trash restore", "trash empty", "archive", "migrate", "pin", "fsck"):
        assert re.search(rf"^rla {command}\b", TEXT, flags=re.M), command
        assert command.split()[0] in COMMANDS


def test_lines_that_leave_something_alone_are_on_the_page() -> None:
    for line in EXIT_CODES:
        assert f"\n{line}\n" in TEXT


def test_tables_fit_80_columns(page: Any) -> None:
    lines = [line for _, _, shown in page.blocks for line in (shown or "").splitlines()]
    assert [line for line in lines if len(line) > 80] == []
