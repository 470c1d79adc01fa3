"""A run that is preempted ends between two steps, with its state saved, a status, and an exit code that says: again."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess, Popen
from typing import Any

import pytest

from rla import read_progress
from rla.experiment.preemption import EXIT_PREEMPTED

Runner = Callable[..., CompletedProcess[str]]
Starter = Callable[..., "Popen[str]"]
Card = Callable[[], dict[str, Any]]

LOOP = """
while True:
    time_step_holder.inc_time()
    step = time_step_holder.get_time()
    logger.record_tabular("step", step)
    logger.dump_tabular()
    exp_manager.stop_if_preempted(lambda: exp_manager.save_state(last_step=step))
    time.sleep(0.001)
"""
WATCH = "exp_manager.watch_preemption()\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_it_saves_its_state_and_ends_with_a_code_of_its_own(
    start_experiment: Starter, data_root: Path, card: Card, number: signal.Signals
) -> None:
    process = start_experiment(LOOP, ready=WATCH + "print('ready', flush=True)\n")
    process.send_signal(number)
    assert process.wait(timeout=30) == EXIT_PREEMPTED == 75
    assert (card()["status"], card()["reason"]) == ("interrupted", number.name)
    (log,) = data_root.glob("log/demo_task/*/*/*/*")
    last = read_progress(log).rows[-1]["step"]
    (state,) = data_root.rglob("checkpoint/**/state_*")
    assert state.stem == f"state_{last}"


def test_without_a_signal_nothing_happens(run_experiment: Runner, card: Card) -> None:
    program = WATCH + "exp_manager.stop_if_preempted(lambda: sys.exit(3))\nassert not exp_manager.preempted"
    assert run_experiment(program).returncode == 0
    assert card()["status"] == "finished"


def test_a_state_that_cannot_be_saved_is_told_and_the_run_ends_all_the_same(
    run_experiment: Runner, card: Card, data_root: Path
) -> None:
    program = WATCH + (
        "signal.raise_signal(signal.SIGUSR1)\nassert exp_manager.preempted\n"
        "exp_manager.stop_if_preempted(lambda: exp_manager.load_state(at=7))\n"
    )
    done = run_experiment(program)
    assert done.returncode == EXIT_PREEMPTED
    assert card()["status"] == "interrupted"
    assert "the state could not be saved after SIGUSR1: There is no checkpoint 'state'" in done.stderr + done.stdout


def test_forked_children_end_by_the_signal_as_ever(run_experiment: Runner, card: Card) -> None:
    program = WATCH + (
        "child = os.fork()\n"
        "if not child: time.sleep(600)\n"
        "time.sleep(0.2)\n"
        "os.kill(child, signal.SIGTERM)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM\n"
        "assert not exp_manager.preempted\n"
    )
    done = run_experiment(program)
    assert done.returncode == 0, done.stderr
    assert card()["status"] == "finished"


def test_a_signal_that_does_not_exist_is_refused(run_experiment: Runner) -> None:
    done = run_experiment("exp_manager.watch_preemption('SIGUSER1')")
    assert "'SIGUSER1' is no signal of this system" in done.stderr
