"""What `exp_manager.sync_log_file()` in each step costs a training, whatever the main node does.

    python benchmark/sync_step.py                  all main nodes, a transfer every second: some five minutes
    python benchmark/sync_step.py --rounds 5       less often
    python benchmark/sync_step.py --every 30       as rarely as the configuration says where nobody changes it

A ratio of 1.00 is no cost. Stretches with and without take turns, since machines are noisy; `fastest` compares the
fastest stretch of each kind, in which others disturbed least. `processor` is the processor time of the training's own
process, which others disturb less than the clock. `never` compares two stretches without: the noise. `p99` compares the
99th percentile of the time that recording a row takes. `calls` is the share of the time that was spent in the calls,
which nothing disturbs much; `beside` is the processor time of the process that sends, 100 % being one processor.

The main nodes: `fast` is a folder of this machine, `slow` the same at 100 KB a second with a checkpoint that never gets
through, `dead` does not exist, `closed` refuses connections, and `hole` accepts them and never says a word.

A step multiplies matrices for some milliseconds, computes in Python alone for about one, and records 20 values.
"""

from __future__ import annotations

import argparse
import random
import shutil
import socket
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rla import exp_manager, logger, time_step_holder

STRETCH_STEPS = 150
KEYS = [f"train/metric_{number}" for number in range(20)]
MATRIX = np.random.default_rng(0).standard_normal((400, 400))


class Stretch(NamedTuple):
    """How long some steps took, in seconds.

    Attributes:
        clock: by the clock.
        processor: of the processor, in this process.
        row: the 99th percentile of recording a row.
        calls: in `sync_log_file`.
        beside: of the processor, in the process that sends.
    """

    clock: float
    processor: float
    row: float
    calls: float
    beside: float


Pair = tuple[Stretch, Stretch]


@contextmanager
def main_nodes(folder: Path) -> Iterator[dict[str, dict[str, Any] | None]]:
    """Yield the settings of main nodes by name; None sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as hole, socket.create_server(("127.0.0.1", 0)) as closed:
        closed_port = closed.getsockname()[1]
        closed.close()
        sftp = {"file_transfer_protocol": "sftp", "ftp_server": "127.0.0.1", "remote_data_root": "data"}
        local = {"file_transfer_protocol": "local", "remote_data_root": str(folder / "there")}
        yield {
            "never": None,
            "fast": local,
            "slow": {**local, "bandwidth_limit": "100K", "trees": "log checkpoint"},
            "dead": {**local, "remote_data_root": str(folder / "not mounted" / "there")},
            "closed": {**sftp, "port": closed_port},
            "hole": {**sftp, "port": hole.getsockname()[1]},
        }


def step(rows: list[float], sends: bool) -> float:
    """Train a little, record a row, and have it sent; return how long the latter took."""
    MATRIX @ MATRIX
    total = 0
    for number in range(10_000):
        total += number * number
    begin = time.perf_counter()
    time_step_holder.inc_time()
    for key in KEYS:
        logger.record_tabular(key, 0.123456789)
    logger.dump_tabular()
    recorded = time.perf_counter()
    rows.append(recorded - begin)
    if sends:
        exp_manager.sync_log_file()
    return time.perf_counter() - recorded


def seconds_beside() -> float:
    """Return the processor time of processes that this one has started."""
    times = [child.cpu_times() for child in psutil.Process().children()]
    return sum(each.user + each.system for each in times)


def stretch_of(folder: Path, remote: dict[str, Any] | None, every: float) -> Stretch:
    """Return how long some steps take in a run of their own."""
    shutil.rmtree(folder / "there", ignore_errors=True)
    shutil.rmtree(folder / "data", ignore_errors=True)
    settings: dict[str, Any] = {"LOG_USED": ["csv", "tensorboard", "log"], "SEND_LOG_FILE": remote is not None}
    settings["REMOTE_SETTING"] = {**(remote or {}), "every": every, "wait_at_end": 0.1}
    exp_manager.configure("sync", settings, data_root=folder / "data", code_root=folder)
    exp_manager.log_files_gen()
    Path(exp_manager.checkpoint_dir, "policy.pt").write_bytes(bytes(50_000_000))
    if remote is not None:
        exp_manager.sync_log_file()
    time.sleep(1.0)  # what is done once: a process, its modules
    rows: list[float] = []
    beside, begin, begin_of_work = seconds_beside(), time.perf_counter(), time.process_time()
    calls = sum(step(rows, remote is not None) for _ in range(STRETCH_STEPS))
    clock, processor = time.perf_counter() - begin, time.process_time() - begin_of_work
    beside = seconds_beside() - beside
    exp_manager.finish()
    return Stretch(clock, processor, statistics.quantiles(rows, n=100)[98], calls, beside)


def call_microseconds(folder: Path) -> float:
    """Return what a call costs that has nothing to do."""
    remote = {"file_transfer_protocol": "local", "remote_data_root": str(folder / "there"), "every": 30}
    settings = {"LOG_USED": ["csv"], "SEND_LOG_FILE": True, "REMOTE_SETTING": remote}
    exp_manager.configure("sync", settings, data_root=folder / "data", code_root=folder)
    exp_manager.log_files_gen()
    exp_manager.sync_log_file()
    found = []
    for _ in range(20):
        begin = time.perf_counter()
        for _ in range(20_000):
            exp_manager.sync_log_file()
        found.append((time.perf_counter() - begin) / 20_000 * 1e6)
    exp_manager.finish()
    return min(found)


def median_ratio(pairs: list[Pair], kind: int) -> float:
    """Return the median of the ratios of stretches that followed each other."""
    return statistics.median(one[kind] / other[kind] for one, other in pairs)


def main() -> None:
    """Print a table of ratios by main node."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="how often each figure is measured")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two transfers")
    arguments = parser.parse_args()
    logger.set_level(logger.DISABLED)  # what is not sent at the end is of no interest
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name, main_nodes(Path(name)) as nodes:
        folder = Path(name)
        print(f"a call: {call_microseconds(folder):.2f} µs")
        found: dict[str, list[Pair]] = {node: [] for node in nodes}
        for _ in range(arguments.rounds):
            for node in random.sample(list(nodes), len(nodes)):  # what comes first changes
                both = [nodes[node], None] if random.random() < 0.5 else [None, nodes[node]]
                one, other = (stretch_of(folder, remote, arguments.every) for remote in both)
                found[node].append((one, other) if both[1] is None else (other, one))
        columns = f"{'median':>8} {'fastest':>8} {'processor':>10} {'p99':>8} {'calls':>8} {'beside':>8}"
        print(f"{'main node':10} {columns}   ({arguments.rounds} rounds)")
        for node, pairs in found.items():
            clock, processor, row = (median_ratio(pairs, kind) for kind in range(3))
            fastest = min(one.clock for one, _ in pairs) / min(other.clock for _, other in pairs)
            total = sum(one.clock for one, _ in pairs)
            calls, beside = sum(one.calls for one, _ in pairs) / total, sum(one.beside for one, _ in pairs) / total
            ratios = f"{clock:8.3f} {fastest:8.3f} {processor:10.3f} {row:8.3f}"
            print(f"{node:10} {ratios} {calls:8.3%} {beside:8.1%}", flush=True)


if __name__ == "__main__":
    main()
