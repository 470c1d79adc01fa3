"""`rla history` shows where an experiment was resumed, and what it left behind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rla.cli.main import _group
from rla.clock import TimeStepHolder
from rla.output.logger import Logger


@pytest.fixture
def resumed(experiment: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of the steps 0 to 90 that was resumed at 50, and then at 20."""
    rows = "".join(f"{step / 100},{step},1792000000.0\n" for step in range(0, 100, 10))
    log_dir = experiment("13-05-01-000001", rows="loss,time-step,timestamp\n" + rows, lr=0.1)
    for resume_at, steps in ((50, (60, 70)), (20, (30,))):
        logger = Logger(TimeStepHolder(), on_terminal=False)
        logger.open(log_dir, ["csv"], resume_at=resume_at)
        for step in steps:
            logger.record_tabular("loss", step / 1000)
            logger.dump_tabular(step)
        logger.close()
    return log_dir


@pytest.fixture
def history(data_root: Path) -> Callable[..., Result]:
    def call(*arguments: str) -> Result:
        return CliRunner().invoke(_group, ["history", "13-05-01", "--root", str(data_root), *arguments])

    return call


def test_a_line_for_each_segment(resumed: Path, history: Callable[..., Result]) -> None:
    shown = history().output
    assert max(map(len, shown.splitlines())) <= 80
    table = [line.split() for line in shown.splitlines() if line[:1] == " " or line.strip()[:1].isdigit()]
    first, second, third = (line for line in table if line and line[0] in ("0", "1", "2"))
    assert first[0] == "0"
    assert first[-3:] == ["90", "10", "7"]
    assert second[3:] == ["50", "70", "2", "2"]
    assert third[3:] == ["20", "30", "1"]
    assert second[1:3] == time.strftime("%Y-%m-%d %H:%M", time.localtime()).split() or second[1:3] == third[1:3]
    assert "4 rows in its history, 9 left behind" in shown


def test_the_rows_that_were_left_behind(resumed: Path, history: Callable[..., Result]) -> None:
    _, first, second = history("--abandoned").output.split("Left behind of segment ")
    assert [rows_in(first), rows_in(second)] == [[30, 40, 50, 60, 70, 80, 90], [60, 70]]
    assert (first[0], second[0]) == ("0", "1")


def rows_in(table: str) -> list[int]:
    words = [line.split() for line in table.splitlines()[1:]]
    return [int(line[0]) for line in words if line and line[0].isdigit()]


def test_json_for_machines(resumed: Path, history: Callable[..., Result]) -> None:
    known = json.loads(history("--json").output)
    assert [(each["from_step"], each["rows"], each["abandoned"]) for each in known["segments"]] == [
        (None, 10, 7),
        (50, 2, 2),
        (20, 1, 0),
    ]
    assert not any("abandoned_rows" in each for each in known["segments"])
    first, second, _ = json.loads(history("--json", "--abandoned").output)["segments"]
    assert [row["loss"] for row in first["abandoned_rows"]] == [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert [row["loss"] for row in second["abandoned_rows"]] == [0.06, 0.07]


def test_a_run_that_never_was_resumed(experiment: Callable[..., Path], history: Callable[..., Result]) -> None:
    experiment("13-05-01-000001")
    assert "1 row in its history." in history().output
    (segment,) = json.loads(history("--json", "--abandoned").output)["segments"]
    assert (segment["rows"], segment["abandoned"], segment["from_step"]) == (1, 0, None)


def test_a_past_that_was_gone_back_to_is_named(resumed: Path, history: Callable[..., Result]) -> None:
    assert "of segment" not in history().output
    logger = Logger(TimeStepHolder(), on_terminal=False)
    logger.open(resumed, ["csv"], resume_at=80, saved_at=1792000000.0)
    logger.record_tabular("loss", 0.5)
    logger.dump_tabular(90)
    logger.close()
    shown = history().output
    assert "of segment" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert [each["after"] for each in json.loads(history("--json").output)["segments"]] == [None, 0, 1, 0]


def test_a_run_without_rows(experiment: Callable[..., Path], history: Callable[..., Result]) -> None:
    experiment("13-05-01-000001", rows=None)
    assert history("--abandoned").exit_code == 0
    assert "0 rows in its history." in history().output
