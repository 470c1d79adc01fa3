"""A closing that takes a while says on the terminal how much is left; elsewhere it is silent."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import logger
from rla.output import json_lines, waiting


class Screen(io.StringIO):
    """A terminal that keeps what it was shown."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.usefixtures("own_pace")
@pytest.mark.parametrize("is_terminal", [True, False])
def test_how_many_rows_are_left_is_shown_on_a_terminal_alone(
    is_terminal: bool, folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(json_lines.JsonOutput, "write", slow(json_lines.JsonOutput.write))
    logger.configure(folder, ["json"])
    for count in range(3000):
        dump(count=count)
    logger.close()
    assert len((folder / "progress.json").read_text().splitlines()) == 3000
    assert ("rows are still to be written" in screen.getvalue()) is is_terminal
    if is_terminal:
        assert screen.getvalue().endswith("\r\x1b[K"), "nothing of it is left"


def slow(write: Callable) -> Callable:
    def slow_write(self: object, records: list) -> int:
        time.sleep(0.15)
        return write(self, records)

    return slow_write


@pytest.mark.usefixtures("own_pace")
def test_a_quick_closing_says_nothing(folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(is_terminal=True)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 60.0)
    logger.configure(folder, ["csv"])
    dump(count=1)
    logger.close()
    assert screen.getvalue() == ""
