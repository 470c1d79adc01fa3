"""What a value of `ma_record_tabular` costs: a window of 1,000 beside one of 10, in turn in one process.

python benchmark/moving_average.py [rounds]
"""

from __future__ import annotations

import random
import statistics
import sys
import time

from rla import logger

WINDOWS = (10, 1000)
VALUES = 50_000
LIMIT = 1.2


def microseconds(window: int, values: list[float]) -> float:
    """Return what a value costs once the window is full."""
    record = logger.ma_record_tabular
    logger.reset()
    for value in values[:window]:
        record("return", value, window)
    begin = time.perf_counter()
    for value in values:
        record("return", value, window)
    return (time.perf_counter() - begin) / len(values) * 1e6


def main() -> None:
    """Print the medians, and the ratio."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    source = random.Random(0)
    values = [source.gauss(0, 1) * 10 ** source.randint(-4, 4) for _ in range(VALUES)]
    costs: dict[int, list[float]] = {window: [] for window in WINDOWS}
    for _ in range(rounds):  # in turn, so that a noisy machine is noisy to both
        for window, found in costs.items():
            found.append(microseconds(window, values))
    for window, found in costs.items():
        print(f"window of {window:5}: {statistics.median(found):.2f} µs for a value   ({rounds} rounds)")
    ratio = statistics.median(large / small for small, large in zip(*costs.values(), strict=True))
    print(f"ratio          : {ratio:.2f}   (limit {LIMIT})")


if __name__ == "__main__":
    main()
