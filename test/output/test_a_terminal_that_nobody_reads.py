"""A terminal that is stopped (Ctrl-S, a pager) stops no file."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import logger
from rla.output import text_files


def test_the_files_go_on_while_the_terminal_is_blocked(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(writing, True)
    blocked = os.fdopen(writing, "w")
    monkeypatch.setattr(text_files, "TERMINAL_SECONDS", 0.1)
    monkeypatch.setattr(sys, "stdout", blocked)
    logger.get_current().open(folder, ["stdout", "csv"])
    for step in range(100):
        dump(step=step, count=step)
    logger.flush()
    assert len((folder / "progress.csv").read_text().splitlines()) == 101
    logger.close()
    assert not (folder / ".journal").exists()
    monkeypatch.undo()
    os.close(reading)
    with contextlib.suppress(BrokenPipeError):
        blocked.close()
