"""Experiments in worker processes end as they should, and workers can be ended."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager, logger

SWEEP = """
import multiprocessing, sys
from rla import exp_manager, logger

def train(seed, root):
    exp_manager.set_hyper_param(seed=seed)
    exp_manager.add_record_param(["seed"])
    exp_manager.configure("sweep", {"LOG_USED": ["csv"]}, data_root=root, code_root=".")
    exp_manager.log_files_gen()
    for step in range(30):
        logger.record_tabular("step", step)
        logger.dump_tabular(step)
    if seed == 2:
        raise ValueError("bad seed")
    if seed == 3:
        sys.exit(4)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=train, args=(seed, sys.argv[1])) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
"""


def test_each_forked_worker_finishes_its_own_experiment(run_python: Callable, data_root: Path) -> None:
    run_python(SWEEP, data_root)
    cards = {path.parent.name[-1]: json.loads(path.read_text()) for path in data_root.rglob("experiment.json")}
    assert {seed: card["status"] for seed, card in cards.items()} == {
        "0": "finished",
        "1": "finished",
        "2": "failed",
        "3": "failed",
    }
    assert [len(path.read_text().splitlines()) for path in data_root.rglob("progress.csv")] == [31] * 4
    assert not list(data_root.rglob(".journal"))


def handlers_in_a_fork() -> list[bool]:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        mine = [signal.getsignal(number) is signal.SIG_DFL for number in (signal.SIGTERM, signal.SIGHUP)]
        os.write(writing, json.dumps(mine).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        return json.loads(stream.read())


def test_a_forked_worker_can_be_ended_by_a_signal_at_any_moment(start: Callable[..., None]) -> None:
    """A handler in Python runs too late for a worker that is blocked: pools then wait for it for ever."""
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        from rla.experiment.endings import _handle_signals

        start(seed=0)
        _handle_signals()
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert handlers_in_a_fork() == [True, True]
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(sys.platform == "win32", reason="fork")
def test_a_pool_beside_an_experiment_ends(start: Callable[..., None]) -> None:
    start(seed=0)
    for _ in range(5):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(abs, range(-4, 0)) == [4, 3, 2, 1]
    logger.record_tabular("after", 1)
    logger.dump_tabular()
    exp_manager.finish()
