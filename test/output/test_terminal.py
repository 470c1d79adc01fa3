"""The terminal shows text and tables; one that is closed, gone or cannot show a character stops nobody."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import logger
from rla.names import DEBUG

REPOSITORY = Path(__file__).resolve().parents[2]

TRAINING = """
import sys
from rla import logger
logger.configure(sys.argv[1], ["stdout", "csv"])
for step in range(200):
    logger.record_tabular("count", step)
    logger.info("line", step, "x" * 1000)
    logger.dump_tabular(step=step)
logger.close()
open(sys.argv[1] + ".finished", "w").close()
"""


def test_before_any_set_up_rows_and_text_are_shown_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    logger.info("hello", 1)
    dump(step=3, loss=0.5)
    shown = capsys.readouterr().out
    assert "hello 1\n" in shown
    assert "| loss" in shown
    assert list(tmp_path.iterdir()) == []


def test_before_any_set_up_values_excluded_from_stdout_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    logger.record_tabular("hidden", 1, exclude=("stdout", "log"))
    logger.record_tabular("shown", 2)
    logger.dump_tabular()
    shown = capsys.readouterr().out
    assert "shown" in shown
    assert "hidden" not in shown


def test_the_first_row_is_shown_and_text_at_once(
    capsys: pytest.CaptureFixture[str], folder: Path, dump: Callable
) -> None:
    logger.configure(folder, ["stdout"])
    logger.info("at once")
    assert "at once\n" in capsys.readouterr().out
    dump(loss=0.5)
    logger.flush()
    assert "| loss" in capsys.readouterr().out


def test_without_the_format_stdout_the_terminal_stays_silent(
    capsys: pytest.CaptureFixture[str], folder: Path, dump: Callable
) -> None:
    logger.configure(folder, ["csv", "log"])
    logger.info("silent")
    dump(loss=1)
    logger.close()
    assert capsys.readouterr().out == ""


def test_after_the_end_of_a_run_text_is_shown_again(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    logger.configure(folder, ["csv"])
    logger.close()
    logger.info("again")
    assert "again" in capsys.readouterr().out


def test_the_table_of_the_last_row_is_shown_once(
    capsys: pytest.CaptureFixture[str], folder: Path, dump: Callable
) -> None:
    logger.configure(folder, ["stdout"])
    for count in range(5):
        dump(count=count)
        logger.flush() if count == 0 else None
    logger.flush()
    logger.close()
    shown = [int(line.split("|")[2]) for line in capsys.readouterr().out.splitlines() if line.startswith("| count")]
    assert shown == [0, 4]


@pytest.mark.parametrize("state", ["closed", "None", "broken"])
def test_a_stdout_that_is_gone_does_not_stop_the_training(
    state: str, folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    gone = {"closed": io.StringIO(), "None": None, "broken": Broken()}[state]
    if state == "closed":
        gone.close()  # type: ignore[union-attr]
    monkeypatch.setattr(sys, "stdout", gone)
    logger.info("before")
    dump(loss=0)
    logger.configure(folder, ["stdout", "csv"])
    logger.info("after")
    dump(loss=1)
    logger.close()
    assert len((folder / "progress.csv").read_text().splitlines()) == 2


def run_in_shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    program = folder.with_suffix(".py")
    program.write_text(TRAINING)
    return subprocess.run(
        ["bash", "-c", command.format(python=sys.executable, program=program, folder=folder)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        "{python} {program} {folder} | head -1",
        "{python} {program} {folder} >&-",
        "{python} {program} {folder} > /dev/full",
    ],
)
def test_a_pipe_that_closes_early_does_not_stop_the_training(command: str, folder: Path) -> None:
    done = run_in_shell(command, folder)
    assert Path(f"{folder}.finished").exists(), done.stderr
    assert len((folder / "progress.csv").read_text().splitlines()) == 201
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("encoding", "shown"), [("latin-1", "größe \\u65e5"), ("ascii", "gr\\xf6\\xdfe \\u65e5")])
def test_a_terminal_is_shown_what_its_encoding_can_show(
    encoding: str, shown: str, folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(terminal, encoding=encoding))
    logger.configure(folder, ["stdout", "csv"])
    logger.info("größe 日")
    dump(**{"größe 日": 1})
    logger.close()
    logger.info("end")
    text = terminal.getvalue().decode(encoding)
    assert text.count(shown) == 2
    assert text.endswith("end\n")
    assert "größe 日" in (folder / "progress.csv").read_text("utf-8")


def test_an_ascii_terminal_does_not_stop_a_process(run_python: Callable, folder: Path) -> None:
    done = run_python(TRAINING.replace('"line"', '"größe 日本"'), folder, env={"PYTHONIOENCODING": "ascii:strict"})
    assert done.returncode == 0, done.stderr
    assert "\\u65e5\\u672c 199" in done.stdout


def test_lines_below_the_level_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    logger.debug("hidden")
    logger.set_level(DEBUG)
    logger.debug("shown")
    assert capsys.readouterr().out == "shown\n"
