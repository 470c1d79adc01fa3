"""Records of Python's `logging` are shown once on the terminal: by us, or by the handler that shows them anyway."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CAPTURE = "import logging, sys\nfrom rla import logger\nfrom rla.adapt.python_logging import capture_logging\n"
SAY = "logging.getLogger('agent').warning('look here')\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_before_a_run_records_are_shown_and_nothing_is_written(run_python: Run, tmp_path: Path) -> None:
    done = run_python(f"{CAPTURE}capture_logging(level='INFO')\nlogging.info('early')\n{SAY}")
    assert done.stdout.splitlines() == ["root: early", "WARN | time step 0 | agent: look here"]
    assert done.stderr == ""
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("formats", ["['stdout', 'log']", "['log']"])
@pytest.mark.parametrize("order", ["capture first", "stream handler first"])
@pytest.mark.parametrize("stream", ["sys.stderr", "sys.stdout"])
def test_beside_a_stream_handler_nothing_is_shown_twice(
    run_python: Run, formats: str, order: str, stream: str, tmp_path: Path
) -> None:
    calls = ["capture_logging()", f"logging.getLogger().addHandler(logging.StreamHandler({stream}))"]
    set_up = "\n".join(calls if order == "capture first" else reversed(calls))
    done = run_python(f"{CAPTURE}{set_up}\n{SAY}logger.configure('log', {formats})\n{SAY}logger.close()\n{SAY}")
    assert (done.stdout + done.stderr).count("look here") == 3
    assert (tmp_path / "log" / "log.txt").read_text().count("look here") == 1


def test_beside_a_handler_with_a_file_records_are_shown(run_python: Run) -> None:
    done = run_python(f"{CAPTURE}capture_logging()\nlogging.getLogger().addHandler(logging.FileHandler('a'))\n{SAY}")
    assert done.stdout.count("look here") == 1


def test_beside_richs_handler_nothing_is_shown_twice(run_python: Run) -> None:
    pytest.importorskip("rich")
    rich = "from rich.logging import RichHandler\nlogging.getLogger().addHandler(RichHandler())\n"
    done = run_python(f"{CAPTURE}capture_logging()\n{rich}{SAY}")
    assert (done.stdout + done.stderr).count("look here") == 1


def test_a_warning_that_python_would_have_shown_is_still_shown(run_python: Run) -> None:
    """A run without the output stdout shows no text on the terminal; Python shows warnings that nobody handles."""
    done = run_python(f"{CAPTURE}capture_logging()\nlogger.configure('log', ['log'])\n{SAY}")
    assert done.stderr.count("look here") == 1
    assert "look here" not in done.stdout


def test_records_of_a_handler_with_a_higher_level_are_shown(run_python: Run) -> None:
    handler = "h = logging.StreamHandler()\nh.setLevel(logging.ERROR)\nlogging.getLogger().addHandler(h)\n"
    done = run_python(f"{CAPTURE}capture_logging()\n{handler}{SAY}")
    assert (done.stdout.count("look here"), done.stderr.count("look here")) == (1, 0)
