"""A terminal that fails stops no training and loses no row; `warn.txt` says so once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
writer.FLUSH_SECONDS = 0.02
begin("stdout", "csv", "tensorboard", "log")
for count in range(300):
    dump(count)
    logger.info("größe 日本", count)
    if count == 100 and "close it" in arguments:
        sys.stdout.close()
    if count % 50 == 0:
        logger.flush()
exp_manager.finish()
tell("result", count)
os._exit(0)  # what Python's own standard output has left to say at its end is not our business
"""

TERMINALS = ("/dev/full", "a pipe whose reader has gone", "closed by the script")


def a_pipe_whose_reader_has_gone() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.fixture
def run(record: Callable[..., Any]) -> Callable[..., Any]:
    """Record with a terminal: ``run("/dev/full")``."""

    def go(terminal: str, encoding: str = "utf-8") -> Any:
        options: dict[str, Any] = {"env": {"PYTHONIOENCODING": encoding}}
        arguments = []
        stdout = None
        if terminal == "/dev/full":
            stdout = options["stdout"] = os.open("/dev/full", os.O_WRONLY)
        elif terminal == "a pipe whose reader has gone":
            stdout = options["stdout"] = a_pipe_whose_reader_has_gone()
        elif terminal == "closed from the start":
            options |= {"stdout": None, "preexec_fn": lambda: os.close(1)}
        elif terminal == "closed by the script":
            arguments = ["close it"]
        child = record(PROGRAM, *arguments, **options)
        if stdout is not None:
            os.close(stdout)
        assert child.end() == 0, child.errors
        assert child.wait_until_told("result") == ["299"]
        return child

    return go


def warnings_of(folder: Path) -> list[str]:
    return (folder / "warn.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("terminal", [*TERMINALS, "closed from the start", "one that is fine"])
def test_training_goes_on_and_all_rows_and_lines_are_there(
    terminal: str, run: Callable[..., Any], check_rows: Callable[..., Any], log_dir: Callable[[], Path], data_root: Path
) -> None:
    child = run(terminal)
    check_rows(data_root, 300)
    assert (log_dir() / "log.txt").read_text("utf-8").count("größe 日本") == 300
    assert "Traceback" not in child.errors
    assert len(warnings_of(log_dir())) <= 1


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "latin-1:strict"])
def test_a_terminal_that_cannot_show_a_character_is_no_failure(
    encoding: str, run: Callable[..., Any], check_rows: Callable[..., Any], log_dir: Callable[[], Path], data_root: Path
) -> None:
    child = run("one that is fine", encoding)
    check_rows(data_root, 300)
    assert (log_dir() / "log.txt").read_text("utf-8").count("größe 日本") == 300
    assert warnings_of(log_dir()) == []
    assert child.warned == []


@pytest.mark.parametrize("terminal", TERMINALS)
def test_warn_txt_says_once_that_the_terminal_fails(
    terminal: str, run: Callable[..., Any], log_dir: Callable[[], Path]
) -> None:
    run(terminal)
    assert ["terminal" in line for line in warnings_of(log_dir())] == [True]
