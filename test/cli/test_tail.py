"""`rla tail` shows the last rows of an experiment, and follows it until it has ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla import exp_manager, logger, time_step_holder
from rla.cli.tail import _Table

REPOSITORY = Path(__file__).resolve().parents[2]
Command = Callable[..., "object"]

TRAINING = """
import os, sys, time
from rla import exp_manager, logger, time_step_holder
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
print("ready", flush=True)
for step in range(200):
    time_step_holder.set_time(step)
    logger.record_tabular("loss", 1 / (step + 1))
    logger.dump_tabular()
    if step == 100:
        sys.stdin.readline()
    time.sleep(0.001)
"""
KILLED = "os.kill(os.getpid(), 9)\n"
FAILED = "raise ValueError('diverged')\n"


@pytest.fixture
def programs(data_root: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a program in a process of its own, with pipes to talk to it."""
    started: list[subprocess.Popen[str]] = []

    def start_program(*arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "RLA_ROOT": str(data_root)}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [sys.executable, *arguments]
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores Ctrl-C
        try:
            started.append(subprocess.Popen(command, text=True, cwd=tmp_path, env=environment, **pipes))
        finally:
            signal.signal(signal.SIGINT, before)
        return started[-1]

    yield start_program
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def followed(programs: Callable[..., subprocess.Popen[str]], data_root: Path) -> Callable[..., tuple]:
    """Begin a training, follow it, and let it go on to its end; return the two processes."""

    def begin(end: str, *options: str) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
        training = programs("-c", TRAINING + end, str(data_root))
        assert training.stdout.readline() == "ready\n"
        tail = programs("-m", "rla.cli.main", "tail", "-f", *options)
        return training, tail

    return begin


@pytest.fixture
def run_of_20(start: Callable[..., None], data_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RLA_ROOT", str(data_root))
    start(seed=1)
    for step in range(20):
        time_step_holder.set_time(1000 * step)
        logger.record_tabular("loss", float("nan") if step == 19 else step / 3)
        logger.record_tabular("note", "a text\nof [red]two lines")
        if step % 5 == 4:
            logger.record_tabular("eval/return", 10.5 * step)
        logger.dump_tabular()
    exp_manager.finish()
    return data_root


def cells(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


# ---- the last rows ---------------------------------------------------------------------------------------------------


def test_the_last_rows_are_a_table_with_the_time_step_first(run_of_20: Path, rla: Command) -> None:
    shown = rla("tail", "seed=1", "-n", "2")
    assert (shown.code, shown.err) == (0, "")
    title, *table = cells(shown.out)
    assert title[0].startswith("demo_task/")
    assert title[1] == "finished"
    assert table[1] == ["time-step", "eval/return", "loss", "note"]
    assert [line[0] for line in table[2:]] == ["18000", "19000"]
    assert table[2][1] == "6"
    assert table[3][1:3] == ["199.5", "nan"]
    assert r"a text\nof [red]two lin" in shown.out, "a text takes one line"


def test_a_chosen_key_shows_the_rows_that_have_it(run_of_20: Path, rla: Command) -> None:
    table = cells(rla("tail", "-k", "eval/return", "-n", "3").out)[2:]
    assert table == [["time-step", "eval/return"], ["9000", "94.5"], ["14000", "147"], ["19000", "199.5"]]


def test_machines_get_a_line_of_json_for_each_row(run_of_20: Path, rla: Command) -> None:
    shown = rla("tail", "seed=1", "--json", "-n", "2")
    rows = [json.loads(line) for line in shown.out.splitlines()]
    assert [row["time-step"] for row in rows] == [18000, 19000]
    assert (rows[0]["loss"], rows[1]["loss"], rows[1]["eval/return"]) == (6.0, "nan", 199.5)
    some = json.loads(rla("tail", "--json", "-n", "1", "-k", "loss").out)
    assert set(some) == {"time-step", "timestamp", "loss"}


def test_the_newest_is_shown_and_named_when_none_is_named(
    run_of_20: Path, start: Callable[..., None], rla: Command
) -> None:
    start("other_task", seed=2)
    exp_manager.finish()
    assert rla("tail").out.startswith("other_task/")
    assert rla("tail", "--task", "demo_task").out.startswith("demo_task/")
    assert rla("tail", "--json", "--task", "demo_task").err.startswith("demo_task/")


def test_rows_of_a_killed_run_are_all_there(
    programs: Callable[..., subprocess.Popen[str]], data_root: Path, rla: Command
) -> None:
    programs("-c", TRAINING + KILLED, str(data_root)).communicate("\n")
    shown = rla("tail", "--root", data_root, "--json", "-n", "1000")
    assert [json.loads(line)["time-step"] for line in shown.out.splitlines()] == list(range(200))
    assert shown.err.rstrip().endswith("dead")


def test_keys_without_a_column_are_named(start: Callable[..., None], data_root: Path, rla: Command) -> None:
    start(seed=1)
    for number in range(200):
        logger.record_tabular(f"metric {number:03}", number)
    logger.record_tabular("eval/return", 1)
    logger.dump_tabular()
    exp_manager.finish()
    shown = rla("tail", "--root", data_root).out
    header = next(line for line in shown.splitlines() if line.startswith("time-step"))
    assert header.split()[1] == "eval/return"
    assert len(header) <= 1000
    assert "more keys (-k KEY shows one): metric " in shown


def test_a_run_without_rows_says_so(start: Callable[..., None], data_root: Path, rla: Command) -> None:
    start(seed=1)
    exp_manager.finish()
    assert rla("tail", "--root", data_root).out.endswith("It has no rows.\n")
    assert rla("tail", "--root", data_root, "--json").out == ""


def test_a_key_that_was_never_recorded_is_answered_with_the_nearest(run_of_20: Path, rla: Command) -> None:
    done = rla("tail", "-k", "eval/retrn", "-k", "loss")
    assert (done.code, done.out) == (2, "")
    assert "No row has 'eval/retrn'. Did you mean 'eval/return'?" in done.err


def test_without_any_experiment_there_is_nothing_to_show(tmp_path: Path, rla: Command) -> None:
    (tmp_path / "empty").mkdir()
    done = rla("tail", "--root", tmp_path / "empty")
    assert done.code == 2
    assert "There are no experiments" in done.err


# ---- following -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("", "The run has finished."),
        pytest.param(FAILED, "The run has failed: ValueError: diverged.", marks=pytest.mark.fault),
        (KILLED, "The run is dead: its process is gone without a word."),
    ],
)
def test_each_row_is_shown_once_until_the_run_ends(followed: Callable[..., tuple], end: str, told: str) -> None:
    training, tail = followed(end, "--json", "-n", "1000")
    rows = [json.loads(tail.stdout.readline()) for _ in range(50)]
    training.communicate("\n")
    rows += map(json.loads, tail.stdout.read().splitlines())
    _, err = tail.communicate(timeout=60)
    assert [row["time-step"] for row in rows] == list(range(200))
    assert tail.returncode == 0
    assert err.splitlines()[-1] == told


@pytest.mark.fault
def test_the_table_grows_below_one_header(followed: Callable[..., tuple]) -> None:
    training, tail = followed("", "-n", "1000")
    title, _, header, *rows = (tail.stdout.readline().split() for _ in range(60))
    assert title[-1] == "running"
    assert header == ["time-step", "loss"]
    training.communicate("\n")
    rows += cells(tail.stdout.read())
    assert [row[0] for row in rows[:-1]] == [str(step) for step in range(200)]
    assert " ".join(rows[-1]) == "The run has finished."


def test_ctrl_c_ends_it_without_a_trace(followed: Callable[..., tuple]) -> None:
    training, tail = followed("", "--json")
    tail.stdout.readline()
    tail.send_signal(signal.SIGINT)
    _, err = tail.communicate(timeout=60)
    assert tail.returncode == 0
    assert "Traceback" not in err
    assert "Aborted" not in err
    assert training.poll() is None, "the run goes on"


def test_columns_are_chosen_again_when_a_new_key_comes(capsys: pytest.CaptureFixture[str]) -> None:
    table = _Table([])
    for row in ({"loss": 0.5}, {"loss": 0.25}, {"loss": 0.2, "eval/return": 7.5}, {"loss": 0.1}):
        table.show([{"time-step": 1, **row}])
    assert cells(capsys.readouterr().out) == [
        [],
        ["time-step", "loss"],
        ["1", "0.5"],
        ["1", "0.25"],
        [],
        ["time-step", "eval/return", "loss"],
        ["1", "7.5", "0.2"],
        ["1", "0.1"],
    ]


@pytest.mark.fault
def test_a_run_of_an_older_tool_is_followed_until_ctrl_c(
    programs: Callable[..., subprocess.Popen[str]], data_root: Path
) -> None:
    folder = data_root / "log/demo_task/2022/03/01/21-10-11-000001 192.0.2.1 &lr=0.5"
    folder.mkdir(parents=True)
    (folder / "progress.csv").write_text("time-step,loss\n1,0.5\n")
    tail = programs("-m", "rla.cli.main", "tail", "-f", "--json")
    assert json.loads(tail.stdout.readline()) == {"time-step": 1, "loss": 0.5}
    with open(folder / "progress.csv", "a") as stream:
        stream.write("2,0.25\n")
    assert json.loads(tail.stdout.readline()) == {"time-step": 2, "loss": 0.25}
    tail.send_signal(signal.SIGINT)
    _, err = tail.communicate(timeout=60)
    assert tail.returncode == 0
    assert "no run card that says when it ends" in err
