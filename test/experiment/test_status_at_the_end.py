"""The run card tells how a run ended, and its process ends as it would have without rla."""

from __future__ import annotations

import csv
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess, Popen
from typing import Any

import pytest

from rla import LOG, read_progress
from rla.database.query import find_experiments

Runner = Callable[..., CompletedProcess[str]]
Starter = Callable[..., "Popen[str]"]
Card = Callable[[], dict[str, Any]]


@pytest.mark.parametrize(
    ("program", "status", "reason", "code"),
    [
        ("", "finished", None, 0),
        ("exp_manager.finish()", "finished", None, 0),
        ("sys.exit(0)", "finished", None, 0),
        ("sys.exit()", "finished", None, 0),
        ("sys.exit(3)", "failed", "exit 3", 3),
        ("sys.exit('no data')", "failed", "exit no data", 1),
        ("raise ValueError('bad\\nline')", "failed", "ValueError: bad", 1),
        ("1 / 0", "failed", "ZeroDivisionError: division by zero", 1),
        ("assert False", "failed", "AssertionError", 1),
        ("raise KeyboardInterrupt", "interrupted", "KeyboardInterrupt", -signal.SIGINT),
        ("signal.raise_signal(signal.SIGINT)", "interrupted", "KeyboardInterrupt", -signal.SIGINT),
        ("signal.raise_signal(signal.SIGTERM)", "interrupted", "SIGTERM", -signal.SIGTERM),
        ("signal.raise_signal(signal.SIGHUP)", "interrupted", "SIGHUP", -signal.SIGHUP),
        ("exp_manager.finish('failed', 'diverged')", "failed", "diverged", 0),
    ],
)
def test_each_end_is_noted_with_its_reason(
    run_experiment: Runner, card: Card, program: str, status: str, reason: str | None, code: int
) -> None:
    done = run_experiment(program)
    assert done.returncode == code, done.stderr
    noted = card()
    assert (noted["status"], noted["reason"]) == (status, reason)
    assert noted["end"] >= noted["start"]


def test_an_exit_that_was_caught_is_no_end(run_experiment: Runner, card: Card) -> None:
    done = run_experiment("try:\n    sys.exit(3)\nexcept SystemExit:\n    pass\nlogger.record_tabular('a', 1)\n")
    assert done.returncode == 0
    assert card()["status"] == "finished"


def test_an_exception_that_was_caught_is_no_end(run_experiment: Runner, card: Card) -> None:
    run_experiment("try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass\n")
    assert card()["status"] == "finished"


def test_an_exception_of_a_thread_is_no_end_of_the_run(run_experiment: Runner, card: Card) -> None:
    run_experiment("thread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()\n")
    assert card()["status"] == "finished"


def test_the_traceback_of_an_exception_is_still_shown(run_experiment: Runner) -> None:
    assert "ZeroDivisionError: division by zero" in run_experiment("1 / 0").stderr


def test_no_variable_of_the_environment_reaches_a_file(run_experiment: Runner, data_root: Path) -> None:
    run_experiment("1 / 0", env={"API_TOKEN": "hunter2hunter2"})
    content = [path.read_bytes() for path in data_root.rglob("*") if path.is_file()]
    assert not any(b"hunter2hunter2" in each for each in content)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_from_outside_ends_the_run_with_all_rows(
    start_experiment: Starter, card: Card, data_root: Path, number: signal.Signals
) -> None:
    process = start_experiment(
        """
for step in range(50):
    time_step_holder.set_time(step)
    logger.record_tabular("step", step)
    logger.dump_tabular()
print("going", flush=True)
while True:
    time.sleep(0.01)  # a signal that comes just before a call that waits for long is seen behind it
"""
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    assert process.wait(timeout=20) == -number
    assert card()["status"] == "interrupted"
    (record,) = find_experiments(data_root, "demo_task", None, LOG)
    with open(record.log_dir / "progress.csv", newline="") as stream:
        assert [int(row["step"]) for row in csv.DictReader(stream)] == list(range(50))
    assert not (record.log_dir / ".journal").exists()


def test_a_signal_in_the_midst_of_a_dump_ends_the_run_at_once_with_that_row(
    run_experiment: Runner, card: Card, data_root: Path
) -> None:
    program = """
from rla import files
append = files.append

def append_and_be_interrupted(fd, data):
    append(fd, data)
    if files.append is append_and_be_interrupted and threading.current_thread() is threading.main_thread():
        files.append = append
        signal.raise_signal(signal.SIGTERM)

logger.record_tabular("step", 1)
logger.dump_tabular()
logger.record_tabular("step", 2)
files.append = append_and_be_interrupted
logger.dump_tabular()
"""
    done = run_experiment(program, timeout=3)
    assert done.returncode == -signal.SIGTERM
    assert card()["status"] == "interrupted"
    (record,) = find_experiments(data_root, "demo_task", None, LOG)
    assert [row["step"] for row in read_progress(record.log_dir).rows] == [1, 2]


def test_a_handler_of_the_users_is_left_alone(run_experiment: Runner, card: Card) -> None:
    program = """
assert signal.getsignal(signal.SIGTERM) is handler
signal.raise_signal(signal.SIGTERM)
logger.info("still here")
print("end")
"""
    before = "import signal\ndef handler(number, frame): print('mine')\nsignal.signal(signal.SIGTERM, handler)\n"
    done = run_experiment(program, before=before)
    assert (done.returncode, done.stdout) == (0, "mine\nend\n")
    assert card()["status"] == "finished"


def test_a_signal_that_is_ignored_stays_ignored(run_experiment: Runner, card: Card) -> None:
    before = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    assert run_experiment("signal.raise_signal(signal.SIGHUP)\n", before=before).returncode == 0
    assert card()["status"] == "finished"


def test_a_hook_for_exceptions_of_the_users_is_still_called(run_experiment: Runner, card: Card) -> None:
    before = "import sys\nsys.excepthook = lambda *error: print('hooked', error[0].__name__)\n"
    assert run_experiment("1 / 0", before=before).stdout == "hooked ZeroDivisionError\n"
    assert card()["status"] == "failed"


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_an_end_that_nobody_can_see_leaves_running_which_readers_call_dead(
    run_experiment: Runner, card: Card, data_root: Path, end: str
) -> None:
    run_experiment(f"logger.record_tabular('a', 1)\nlogger.dump_tabular()\n{end}\n")
    assert card()["status"] == "running"
    assert card()["end"] is None
    (record,) = find_experiments(data_root, "demo_task", None, LOG)
    assert record.status() == "dead"


def test_a_live_run_is_running(start_experiment: Starter, data_root: Path) -> None:
    process = start_experiment("sys.stdin.read()")
    (record,) = find_experiments(data_root, "demo_task", None, LOG)
    assert record.status() == "running"
    process.communicate("")
    assert record.status() == "finished"


def test_a_forked_child_does_not_change_the_status(run_experiment: Runner, card: Card) -> None:
    program = """
child = os.fork()
if not child:
    exp_manager.finish("failed", "child")
    sys.exit(3)
os.waitpid(child, 0)
worker = os.fork()
if not worker:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
print(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]))
import json
print(json.load(open(exp_manager.log_dir + "experiment.json"))["status"])
logger.record_tabular("a", 1)
logger.dump_tabular()
"""
    done = run_experiment(program)
    assert done.stdout.split() == ["-15", "running"], done.stderr
    assert card()["status"] == "finished"


def test_a_multiprocessing_worker_does_not_change_the_status(run_experiment: Runner, card: Card) -> None:
    program = """
import multiprocessing
context = multiprocessing.get_context("fork")
worker = context.Process(target=lambda: 1 / 0)
worker.start()
worker.join()
print(worker.exitcode)
"""
    assert run_experiment(program).stdout == "1\n"
    assert card()["status"] == "finished"


def test_a_child_that_was_forked_records_an_experiment_of_its_own(
    run_experiment: Runner, cards: Callable[[], list[dict[str, Any]]]
) -> None:
    program = """
child = os.fork()
if not child:
    exp_manager.log_files_gen()
    sys.exit(3)
os.waitpid(child, 0)
"""
    run_experiment(program)
    assert [(each["status"], each["reason"]) for each in cards()] == [("finished", None), ("failed", "exit 3")]
    assert len({each["pid"] for each in cards()}) == 2


def test_only_the_last_of_several_experiments_gets_the_reason(
    run_experiment: Runner, cards: Callable[[], list[dict[str, Any]]]
) -> None:
    run_experiment("exp_manager.log_files_gen()\n1 / 0\n")
    assert [each["status"] for each in cards()] == ["finished", "failed"]
