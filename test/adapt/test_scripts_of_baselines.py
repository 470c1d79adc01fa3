"""A script written for `baselines.logger` records through `rla.logger` once its import line names that one.

from rla import logger  # was: from baselines import logger
"""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import logger


def needs(name: str) -> Any:
    """Return a name of the logger's, or skip the test as long as it is not there."""
    if not hasattr(logger, name):
        pytest.skip(f"rla.logger has no {name} yet")
    return getattr(logger, name)


def rows(path: Path) -> list[dict[str, str]]:
    with open(path / "progress.csv", newline="") as stream:
        return [{key: cell for key, cell in row.items() if cell} for row in csv.DictReader(stream)]


def learn(iterations: int) -> None:
    """The loop of a learner of baselines, as a2c or ppo2 have it."""
    logger.log("********** training starts ************")
    for update in range(1, iterations + 1):
        logger.logkv("nupdates", update)
        logger.logkvs({"policy_loss": 1 / update, "value_loss": 2.0 / update})
        for reward in (10, 20, 30):
            logger.logkv_mean("eprewmean", reward * update)
        logger.record_tabular("fps", 1000)
        assert logger.getkvs()["nupdates"] == update
        logger.dumpkvs()
        if update == 2:
            logger.warn("the value loss is large")
    logger.debug("not shown at the level of info")


def test_a_loop_of_a_learner_leaves_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger.configure(str(tmp_path), ["stdout", "csv", "json", "log"])
    assert logger.get_dir() == str(tmp_path)
    assert logger.Logger.CURRENT.get_dir() == str(tmp_path)
    learn(3)
    logger.reset()
    found = rows(tmp_path)
    assert [row["nupdates"] for row in found] == ["1", "2", "3"]
    assert [float(row["eprewmean"]) for row in found] == pytest.approx([20, 40, 60])
    assert [float(row["value_loss"]) for row in found] == pytest.approx([2, 1, 2 / 3])
    lines = (tmp_path / "progress.json").read_text().splitlines()
    assert [json.loads(line)["policy_loss"] for line in lines] == pytest.approx([1, 1 / 2, 1 / 3])
    shown = capsys.readouterr().out
    assert f"Logging to {tmp_path}" in shown
    assert "training starts" in shown
    assert "| eprewmean" in shown
    assert "not shown" not in shown


def test_the_last_dump_survives_kill_9(tmp_path: Path, run_python: Callable[..., Any]) -> None:
    program = """
import os, signal
from rla import logger
logger.configure("log", ["stdout", "csv"])
for update in range(5):
    logger.logkv("nupdates", update)
    logger.dumpkvs()
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run_python(program).returncode == -9
    assert list(logger.read_csv(tmp_path / "log")["nupdates"]) == [0, 1, 2, 3, 4]


def test_without_a_folder_it_records_into_a_temporary_one(run_python: Callable[..., Any], tmp_path: Path) -> None:
    program = """
import os
from rla import logger
logger.configure()
logger.logkv("a", 1)
logger.dumpkvs()
print(sorted(os.listdir(logger.get_dir())))
"""
    done: subprocess.CompletedProcess[str] = run_python(program, env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "Logging to " in done.stdout
    (folder,) = tmp_path.iterdir()
    assert rows(folder)[0]["a"] == "1"


def test_workers_of_baselines_that_disable_their_logger_show_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Ranks other than 0 call `set_level(DISABLED)` and are not configured; their loop is the same."""
    logger.set_level(logger.DISABLED)
    learn(2)
    assert capsys.readouterr().out == ""


def test_a_scope_records_into_a_folder_of_its_own(tmp_path: Path) -> None:
    scoped_configure = needs("scoped_configure")
    logger.configure(str(tmp_path / "outer"), ["csv"])
    logger.logkv("a", 1)
    logger.dumpkvs()
    with scoped_configure(str(tmp_path / "inner"), ["csv"]):
        assert logger.get_dir() == str(tmp_path / "inner")
        logger.logkv("b", 2)
        logger.dumpkvs()
    assert logger.get_dir() == str(tmp_path / "outer")
    logger.logkv("a", 3)
    logger.dumpkvs()
    logger.reset()
    assert [row["a"] for row in rows(tmp_path / "outer")] == ["1", "3"]
    assert [row["b"] for row in rows(tmp_path / "inner")] == ["2"]


def test_parts_of_a_loop_can_be_timed(tmp_path: Path) -> None:
    profile_block, profile = needs("ProfileKV"), needs("profile")

    @profile("learn")
    def double(value: int) -> int:
        return 2 * value

    logger.configure(str(tmp_path), ["csv"])
    for _ in range(2):
        with profile_block("sample"):
            assert double(2) == 4
    row = logger.dumpkvs()
    assert row["wait_sample"] >= row["wait_learn"] > 0
