"""Learning curves from files to the numbers of a figure, against `pandas.read_csv` of the same two columns.

    python benchmark/plot.py                 100 runs x 10,000 rows of 21 columns: half a minute to record, 400 MB

Each measurement runs in a process of its own, imports done, from the call to its result; the two ways take turns. The
index is there, and is refreshed in the call. "First" has no cache of columns, "again" has one. Figures are medians of
--repeat processes, as multiples of what pandas took in the same round.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from rla import ExperimentManager

REST_SECONDS = 5
RUNS, ROWS, OTHER_KEYS = 100, 10_000, 18
FIRST, AGAIN = 1.2, 0.3
"""The limits, as multiples of what pandas takes."""

_ASK = """
import glob, json, resource, sys, time
import numpy, pandas
import rla.plot, rla.query
import rla.database.index.store

root, question, arms, metrics = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split(",")

def pandas_reads():
    files = sorted(glob.glob(f"{root}/log/*/*/*/*/*/progress.csv"))
    return [pandas.read_csv(path, usecols=["time-step", *metrics]) for path in files]

def curves():
    return rla.plot.curves(rla.query.experiments(root), metrics, arms)

ask = {"pandas": pandas_reads, "curves": curves, "index": lambda: len(rla.query.experiments(root))}[question]
begin = time.perf_counter()
answer = ask()
seconds = time.perf_counter() - begin
usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "memory": usage}))
"""


def record(root: Path, runs: int, rows: int) -> None:
    """Record runs with the csv output: each has its own time steps; arms of 10, of all and of 2 runs each."""
    random = np.random.default_rng(0)
    for number in range(runs):
        manager = ExperimentManager()
        manager.set_hyper_param(algo=f"algorithm {number // 10}", pair=number // 2, all="all", seed=number % 10)
        manager.add_record_param(["algo", "seed"])
        manager.configure("bench", {"LOG_USED": ["csv"]}, data_root=root, code_root=root.parent / "no_code")
        manager.log_files_gen()
        steps = np.sort(random.choice(1_000_000, rows, replace=False)).tolist()
        values = random.normal(0, 0.1, (rows, 1 + OTHER_KEYS)).tolist()
        for step, (noise, *others) in zip(steps, values, strict=True):
            manager.time_step_holder.set_time(step)
            manager.logger.record_tabular("eval/return", 1000 * (1 - math.exp(-step / 2e5) + noise))
            for key, value in enumerate(others):
                manager.logger.record_tabular(f"train/metric_{key}", value)
            manager.logger.dump_tabular()
        manager.finish()


def ask(root: Path, cache: Path, question: str, arms: str = "algo", metrics: str = "eval/return") -> dict[str, Any]:
    """Ask a question in a process of its own; return seconds, and peak memory in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(root), question, arms, metrics],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "RLA_CACHE": str(cache)},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def forget_columns(cache: Path) -> None:
    """Empty the cache of columns; the index stays."""
    for path in cache.rglob("*.columns*"):
        path.unlink()


def measure(root: Path, cache: Path, what: str, arms: str, metrics: str, repeat: int) -> None:
    """Print what a first and a second call cost beside pandas."""
    pandas, first, again = [], [], []
    for _ in range(repeat):
        forget_columns(cache)
        pandas.append(ask(root, cache, "pandas", arms, metrics))
        first.append(ask(root, cache, "curves", arms, metrics))
        again.append(ask(root, cache, "curves", arms, metrics))
    beside = f"pandas: {statistics.median(each['seconds'] for each in pandas):.2f} s"
    for name, found, limit in (("first", first, FIRST), ("again", again, AGAIN)):
        ratio = statistics.median(
            ours["seconds"] / theirs["seconds"] for ours, theirs in zip(found, pandas, strict=True)
        )
        memory = statistics.median(each["memory"] for each in found)
        bound = "" if "," in metrics else f"{limit} x"  # of several metrics, pandas reads all at once, we draw each
        print(f"{what + ', ' + name:<48}{ratio:>6.2f} x{bound:>10}   {beside}, {memory:.0f} MiB at most", flush=True)


def main() -> None:
    """Run the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--root", type=Path, help="a data root that this benchmark has recorded before, or shall keep")
    parser.add_argument(
        "--folder", type=Path, default=Path.cwd(), help="where to write; /tmp is memory on many machines"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        root, cache = options.root or Path(name) / "data", Path(name) / "cache"
        if not root.exists():
            record(root, options.runs, options.rows)
            time.sleep(REST_SECONDS)  # what changed within seconds is looked at again
        ask(root, cache, "index")
        print(f"{options.runs} runs x {options.rows:,} rows{'measured':>33}{'limit':>10}   beside")
        for what, arms, metrics in (
            ("10 arms x 10 runs", "algo", "eval/return"),
            ("1 arm x 100 runs", "all", "eval/return"),
            ("50 arms x 2 runs", "pair", "eval/return"),
            ("3 metrics", "algo", "eval/return,train/metric_0,train/metric_9"),
        ):
            measure(root, cache, what, arms, metrics, options.repeat)


if __name__ == "__main__":
    main()
