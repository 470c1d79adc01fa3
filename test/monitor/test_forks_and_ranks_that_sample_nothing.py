"""Only the process that records an experiment samples: no forked child, and no rank that records nothing."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from rla import exp_manager, logger

KEY = "system/memory_percent"

Sampled = Callable[..., dict[str, float]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork")


def in_a_fork(program: Callable[[], object]) -> None:
    """Run a program in a forked child; what fails there fails here."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            program()
        except BaseException:
            os.write(writing, traceback.format_exc().encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        problem = stream.read()
    os.waitpid(pid, 0)
    assert not problem, problem


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "rla-system-monitor"]


def test_a_forked_child_samples_nothing(start: Callable[..., None], sampled: Sampled) -> None:
    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    sampled(KEY)

    def child() -> None:
        exp_manager.track_system(every=0.2)
        assert threads() == []
        exp_manager.track_system(every=None)
        exp_manager.finish()
        assert threads() == []

    in_a_fork(child)
    assert KEY in sampled(KEY)


def test_a_forked_child_with_an_experiment_of_its_own_samples_for_it(
    start: Callable[..., None], sampled: Sampled
) -> None:
    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    sampled(KEY)

    def child() -> None:
        exp_manager.log_files_gen()
        assert KEY in sampled(KEY)
        exp_manager.finish()

    in_a_fork(child)
    assert KEY in sampled(KEY)


def test_children_that_are_forked_in_the_middle_of_samples_are_not_held_up(
    start: Callable[..., None], sampled: Sampled
) -> None:
    exp_manager.track_system(every=0.1)
    start(lr=0.1)
    for _ in range(30):

        def child() -> None:
            exp_manager.track_system(every=None)
            logger.info("a line")
            exp_manager.finish()

        in_a_fork(child)
    assert KEY in sampled(KEY)


PROGRAM = """
import sys, threading, time
from rla import exp_manager, logger
exp_manager.track_system(every=0.1)
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
exp_manager.track_system(every=0.1)
print(sum(thread.name == "rla-system-monitor" for thread in threading.enumerate() if thread.is_alive()))
"""


@pytest.mark.parametrize(("rank", "monitors"), [("1", "0"), ("0", "1")])
def test_only_the_rank_that_records_samples(
    run_python: Callable[..., CompletedProcess[str]], data_root: Path, rank: str, monitors: str
) -> None:
    done = run_python(PROGRAM, data_root, env={"RANK": rank, "WORLD_SIZE": "2"})
    assert done.stdout.split()[-1] == monitors, done.stderr
