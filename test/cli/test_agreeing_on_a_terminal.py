"""On a terminal a command shows what would happen in 80 columns, asks once, and takes anything but yes for no."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OnTerminal = Callable[..., Any]
Left = Callable[..., list[str]]

SLOW = """
import time
from rla import files
from rla.cli import progress
progress._APPEARS_AFTER = progress._UPDATED_EACH = {after}
rename = files.rename
def slowly(*arguments):
    time.sleep(.05)
    rename(*arguments)
files.rename = slowly
from rla.cli.main import main; main()
"""


@pytest.mark.parametrize(
    ("typed", "code", "stay"),
    [
        ("y\n", 0, []),
        ("\n", 1, ["0.1", "0.2", "0.3"]),
        ("\x04", 1, ["0.1", "0.2", "0.3"]),
    ],
)
def test_only_yes_is_yes(
    on_terminal: OnTerminal, runs: Path, left: Left, typed: str, code: int, stay: list[str]
) -> None:
    done = on_terminal(typed, "rm", "--regex", "*", "--root", runs)
    assert (done.code, left()) == (code, stay)
    assert done.screen.count("[y/N]") == 1
    assert ("Nothing was changed." in done.screen) is bool(stay)
    assert max(map(len, done.screen.splitlines())) <= 80


def test_ctrl_c_at_the_question_changes_nothing(on_terminal: OnTerminal, runs: Path, left: Left) -> None:
    program = (
        "import click, rla.cli.batch\n"
        "def interrupt(*_, **__): print('[y/N]'); raise click.Abort\n"
        "click.confirm = interrupt\n"
        "from rla.cli.main import main; main()"
    )
    done = on_terminal("", "rm", "--regex", "*", "--root", runs, program=program)
    assert (done.code, left()) == (1, ["0.1", "0.2", "0.3"])
    assert "Nothing was changed." in done.screen


def test_undo_and_the_trash_ask_too(on_terminal: OnTerminal, runs: Path, left: Left) -> None:
    on_terminal("", "rm", "--regex", "*", "--root", runs, "--yes")
    assert on_terminal("n\n", "undo", "--root", runs).code == 1
    assert left() == []
    kept = on_terminal("n\n", "trash", "empty", "--all", "--root", runs)
    assert (kept.code, "for good? [y/N]" in kept.screen) == (1, True)
    assert on_terminal("y\n", "undo", "--root", runs).code == 0
    assert left() == ["0.1", "0.2", "0.3"]


@pytest.mark.parametrize(("after", "is_shown"), [("0.0", True), ("1000.0", False)])
def test_a_progress_bar_appears_when_it_takes_long(
    on_terminal: OnTerminal, runs: Path, left: Left, after: str, is_shown: bool
) -> None:
    done = on_terminal("", "rm", "--regex", "*", "--root", runs, "--yes", program=SLOW.format(after=after))
    assert (done.code, left()) == (0, [])
    assert ("Moving ━" in done.screen) is is_shown
    assert "3 experiments went to the trash" in done.screen


def test_without_a_terminal_there_is_no_bar(run_python: Callable[..., Any], runs: Path, left: Left) -> None:
    program = "import sys; sys.argv[0] = 'rla'\n" + SLOW.format(after="0.0")
    done = run_python(program, "rm", "--regex", "*", "--root", runs, "--yes")
    assert (done.returncode, done.stderr, left()) == (0, "", [])
    assert "\x1b" not in done.stdout


INTERRUPTED = """
import sys
sys.argv[0] = "rla"
from rla import files
rename = files.rename

def rename_until(source, target):
    if "lr=0.2" in str(source) and "checkpoint" in str(source):
        files.rename = rename
        raise KeyboardInterrupt
    rename(source, target)

files.rename = rename_until
from rla.cli.main import main; main()
"""


def test_ctrl_c_in_the_middle_ends_it_after_the_experiment_on_its_way(
    run_python: Callable[..., Any], runs: Path, left: Left
) -> None:
    done = run_python(INTERRUPTED, "rm", "--regex", "*", "--root", runs, "--yes")
    assert (done.returncode, left("log"), left("checkpoint")) == (130, ["0.3"], ["0.3"])
    assert "Interrupted after 2 of 3 experiments. The others are as they were." in done.stdout
    assert "brings them back" in done.stdout
