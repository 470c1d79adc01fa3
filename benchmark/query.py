"""Questions to the database: against walking the JSON files, and against `pandas.read_csv`, measured in the same run.

    python benchmark/query.py                      1,000 experiments, and one metric of 100 runs x 1,000 rows
    python benchmark/query.py --experiments 100000 a large lab too: half an hour, 8 GB below --folder

Each measurement runs in a process of its own, from the call to its result: imports are done, the refresh is included.
Figures are medians of --repeat processes, as multiples of the other way to get the same answer.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lab import make_lab

REST_SECONDS = 5

_ASK = """
import glob, json, resource, sys, time
import numpy, pandas
import rla.query
import rla.query.disk_usage, rla.query.loading, rla.query.tables
import rla.database.index.store

root = sys.argv[1]
condition = "lr < 1e-3 and env_id == 'Hopper-v4'"

def walk():
    found = []
    for path in glob.glob(f"{root}/hyperparameter/*/*/*/*/*/parameter.json"):
        with open(path) as stream:
            found.append(json.load(stream))
    return found

def files():
    return sorted(glob.glob(f"{root}/log/*/*/*/*/*/progress.csv"))[:100]

questions = {
    "walk": lambda: walk(),
    "list": lambda: [each.parameters for each in rla.query.experiments(root)],
    "filtered walk": lambda: [each for each in walk() if each["lr"] < 1e-3 and each["env_id"] == "Hopper-v4"],
    "filtered": lambda: [each.parameters for each in rla.query.experiments(root, where=condition)],
    "without refresh": lambda: [
        each.parameters for each in rla.query.experiments(root, where=condition + " and seed == 4", refresh=False)
    ],
    "with refresh": lambda: [
        each.parameters for each in rla.query.experiments(root, where=condition + " and seed == 4")
    ],
    "pandas": lambda: pandas.concat(
        [pandas.read_csv(path, usecols=["time-step", "eval/return"]).assign(run=path) for path in files()]
    ),
    "load": lambda: rla.query.experiments(root)[:100].load("eval/return"),
    "rebuild": lambda: rla.query.experiments(root, refresh=True),
    "all sizes": lambda: rla.query.disk_usage.disk_usage(root, number_of_largest=10, outside=False).largest,
}
begin = time.perf_counter()
answer = questions[sys.argv[2]]()
length = len(answer)
seconds = time.perf_counter() - begin
usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "length": length, "memory": usage}))
"""


def ask(root: Path, cache: Path, question: str) -> dict[str, Any]:
    """Ask a question in a process of its own; return seconds, length of the answer and peak memory in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(root), question],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "RLA_CACHE": str(cache)},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def settle(root: Path, cache: Path) -> None:
    """Build the index once the data root is at rest: what changed within seconds is looked at again."""
    time.sleep(REST_SECONDS)
    ask(root, cache, "list")


def ratio(root: Path, cache: Path, question: str, other: str, repeat: int) -> tuple[float, float]:
    """Return the median of a question as a multiple of another way to its answer, and the other's seconds."""
    ours, others = [], []
    for _ in range(repeat):
        ours.append(ask(root, cache, question))
        others.append(ask(root, cache, other))
    lengths = {each["length"] for each in (*ours, *others)}
    assert len(lengths) == 1, f"{question} and {other} have different answers: {lengths}"
    median = statistics.median(each["seconds"] for each in others)
    return statistics.median(each["seconds"] for each in ours) / median, median


def show(what: str, figure: str, limit: str, beside: str) -> None:
    """Print a line of the table."""
    print(f"{what:<52}{figure:>10}{limit:>12}   {beside}", flush=True)


def small(folder: Path, repeat: int) -> None:
    """Measure 1,000 experiments, and curves of 100."""
    root, cache = folder / "thousand", folder / "cache"
    make_lab(root, 1000, days=30)
    settle(root, cache)
    for question, other, limit in (("list", "walk", 0.5), ("filtered", "filtered walk", 0.3)):
        found, seconds = ratio(root, cache, question, other, repeat)
        show(f"1,000 experiments, {question}", f"{found:.2f} x", f"{limit} x", f"{other}: {seconds * 1000:.0f} ms")
    root = folder / "hundred"
    make_lab(root, 100, rows=1000, days=30)
    first = []
    for _ in range(repeat):
        shutil.rmtree(cache)
        settle(root, cache)
        pandas = ask(root, cache, "pandas")["seconds"]
        first.append(ask(root, cache, "load")["seconds"] / pandas)
    show(
        "one metric of 100 runs x 1,000 rows", f"{statistics.median(first):.2f} x", "0.6 x", "pandas.read_csv(usecols)"
    )
    found, seconds = ratio(root, cache, "load", "pandas", repeat)
    show("the same, asked again", f"{found:.2f} x", "0.2 x", f"pandas: {seconds * 1000:.0f} ms")


def large(folder: Path, number: int, repeat: int, root: Path | None) -> None:
    """Measure a large lab."""
    cache = folder / "large_cache"
    if root is None:
        root = folder / "large"
        make_lab(root, number, rows=5)
    for question, what, limit, times in (
        ("rebuild", "rebuild", "60 s", 1),
        ("with refresh", "with refresh", "1 s", repeat),
        ("without refresh", "without refresh", "0.2 s", repeat),
        ("all sizes", "all sizes, the first time", "", 1),
        ("all sizes", "all sizes, asked again", "", repeat),
    ):
        answers = [ask(root, cache, question) for _ in range(times)]
        seconds = statistics.median(answer["seconds"] for answer in answers)
        beside = f"{answers[0]['length']:,} found, {answers[0]['memory']:.0f} MiB at most"
        show(f"{number:,} experiments, {what}", f"{seconds:.2f} s", limit, beside)
    size = sum(path.stat().st_size for path in cache.iterdir())
    show(f"{number:,} experiments, size of the index", f"{size / 2**20:.0f} MiB", "", "")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--experiments", type=int, default=0, help="also measure a lab of so many")
    parser.add_argument("--root", type=Path, help="a lab that `lab.py` has made before, for --experiments")
    parser.add_argument(
        "--folder", type=Path, default=Path.cwd(), help="where to write; /tmp is memory on many machines"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        show("", "measured", "limit", "beside")
        if options.experiments:
            large(Path(name), options.experiments, options.repeat, options.root)
        else:
            small(Path(name), options.repeat)


if __name__ == "__main__":
    main()
