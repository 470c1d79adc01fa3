"""What the bootstrap of an interquartile mean costs beside that of a mean: whole curves of 10 runs, in turn.

OMP_NUM_THREADS=1 python benchmark/bootstrap.py [rounds]
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from rla.plot import estimate

RUNS, POINTS, DRAWS = 10, 512, 10_000
ESTIMATORS = ("mean", "iqm", "fractional_iqm", "median")
LIMIT = 5.0


def main() -> None:
    """Print the medians, and the ratio."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    scores = np.random.default_rng(0).normal(size=(RUNS, 1, POINTS))
    costs: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
    for name in ESTIMATORS:  # the first call of each loads and fills caches
        estimate(scores, name, n_boot=100)
    for _ in range(rounds):  # in turn, so that a noisy machine is noisy to all
        for name, found in costs.items():
            begin = time.perf_counter()
            estimate(scores, name, n_boot=DRAWS)
            found.append(time.perf_counter() - begin)
    print(f"{RUNS} runs x {POINTS} points, {DRAWS:,} draws, {rounds} rounds")
    for name, found in costs.items():
        print(f"{name:15}: {statistics.median(found):.3f} s")
    ratio = statistics.median(iqm / mean for iqm, mean in zip(costs["iqm"], costs["mean"], strict=True))
    print(f"iqm / mean     : {ratio:.2f}   (limit {LIMIT:g})")


if __name__ == "__main__":
    main()
