"""What `exp_manager.track_system` costs a training: loops with it against the same loops without, in one process.

    python benchmark/monitor.py                  all loops, every=1 and every=0.1: some five minutes
    python benchmark/monitor.py --rounds 5       less often
    python benchmark/monitor.py --children 8     beside so many worker processes, as vectorised environments have them

A ratio of 1.00 is no cost. Stretches with and without take turns, since machines are noisy; `fastest` compares the
fastest stretch of each kind, in which others disturbed least. `processor` is the processor time of the whole process,
samples included, which others disturb less than the clock. `never` is a second stretch without: the noise.

The loops: `python` holds the interpreter all the time, `dumps` records 20 values a step as fast as it can, `numpy`
multiplies matrices for some milliseconds a step and records one value.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rla import exp_manager, logger, time_step_holder
from rla.monitor.host import Host

PACES = (1.0, 0.1)
STRETCH_SECONDS = 1.0
KEYS = [f"train/metric_{number}" for number in range(20)]
MATRIX = np.random.default_rng(0).standard_normal((500, 500))


def python_steps() -> None:
    """Compute in Python alone."""
    total = 0
    for number in range(10_000):
        total += number * number


def dumps() -> None:
    """Record a hundred rows of 20 values."""
    for _ in range(100):
        time_step_holder.inc_time()
        for key in KEYS:
            logger.record_tabular(key, 0.123456789)
        logger.dump_tabular()


def numpy_step() -> None:
    """Multiply matrices, and record one value."""
    product = MATRIX @ MATRIX
    time_step_holder.inc_time()
    logger.record_tabular("trace", product[0, 0])
    logger.dump_tabular()


LOOPS: dict[str, Callable[[], None]] = {"python": python_steps, "dumps": dumps, "numpy": numpy_step}


def new_experiment() -> None:
    """Record into a new experiment, and remove what was recorded so far."""
    exp_manager.finish()
    shutil.rmtree(Path(exp_manager.data_root) / "log", ignore_errors=True)
    exp_manager.log_files_gen()


def seconds_of(step: Callable[[], None], steps: int, every: float | None) -> tuple[float, float]:
    """Return how long some steps take while the machine is sampled, by the clock and in processor time."""
    logger.flush()
    exp_manager.track_system(every=every)
    time.sleep(0.2)  # what is done once: a thread, the search for graphics cards, a look at all processes
    begin, begin_of_work = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    spent = time.perf_counter() - begin, time.process_time() - begin_of_work
    exp_manager.track_system(every=None)
    return spent


def steps_of(step: Callable[[], None]) -> int:
    """Return how many steps make a stretch."""
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < 0.5:
        step()
        count += 1
    return max(1, int(count * STRETCH_SECONDS / (time.perf_counter() - begin)))


Stretches = list[tuple[float, float]]


def durations(step: Callable[[], None], rounds: int) -> dict[float | None, Stretches]:
    """Return how long stretches took, by pace; None is without sampling, once more under 0 to show the noise."""
    steps = steps_of(step)
    found: dict[float | None, Stretches] = {every: [] for every in (None, 0.0, *PACES)}
    for _ in range(rounds):
        new_experiment()  # the rows of one round are some hundred megabytes
        for every, stretches in random.sample(list(found.items()), len(found)):  # what comes first changes
            stretches.append(seconds_of(step, steps, every or None))
    return found


def median_ratio(sampled: Stretches, without: Stretches, clock: int) -> float:
    """Return the median of the ratios of stretches that followed each other."""
    return statistics.median(one[clock] / other[clock] for one, other in zip(sampled, without, strict=True))


def sample_milliseconds(folder: str) -> float:
    """Return the processor time that one sample of this machine takes, without graphics cards."""
    host = Host(Path(folder))
    found = []
    for _ in range(50):
        begin = time.thread_time()
        for _, source in host.sources:
            source()
        found.append((time.thread_time() - begin) * 1000)
    return statistics.median(found)


def main() -> None:
    """Print a table of ratios: loops by pace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loops", nargs="*", metavar="LOOP", help="all of them when none is named")
    parser.add_argument("--rounds", type=int, default=21, help="how often each figure is measured")
    parser.add_argument("--children", type=int, default=0, help="worker processes beside")
    parser.add_argument("--folder", default=".", help="where the runs are recorded and removed again")
    arguments = parser.parse_args()
    wait = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    children = [subprocess.Popen(wait, stdin=subprocess.PIPE) for _ in range(arguments.children)]
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        exp_manager.configure(
            "monitor", {"LOG_USED": ["csv", "tensorboard", "log"]}, data_root=folder, code_root=folder
        )
        exp_manager.log_files_gen()
        processes = sum(name.isdigit() for name in os.listdir("/proc")) if os.path.isdir("/proc") else 0
        print(
            f"a sample: {sample_milliseconds(folder):.2f} ms of one processor ({processes} processes on this machine)"
        )
        print(f"{'loop':8} {'every':>6} {'median':>8} {'fastest':>8} {'processor':>10}   ({arguments.rounds} rounds)")
        for name in arguments.loops or LOOPS:
            found = durations(LOOPS[name], arguments.rounds)
            without = found.pop(None)
            for every, sampled in found.items():
                wall, work = median_ratio(sampled, without, 0), median_ratio(sampled, without, 1)
                fastest = min(sampled)[0] / min(without)[0]
                print(f"{name:8} {every or 'never':>6} {wall:8.3f} {fastest:8.3f} {work:10.3f}", flush=True)
        exp_manager.finish()
    for child in children:
        child.communicate()


if __name__ == "__main__":
    main()
