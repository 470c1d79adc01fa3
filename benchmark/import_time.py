"""How long `import rla` takes over a bare Python, as the median of many processes started in turn.

python benchmark/import_time.py [rounds]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

STATEMENTS = {"bare Python": "pass", "import rla": "import rla", "import numpy": "import numpy"}
LIMIT_MILLISECONDS = 120


def seconds(statement: str) -> float:
    """Return how long a fresh process takes to run a statement."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


def main() -> None:
    """Print the medians, and what each import adds to the bare interpreter."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for statement in STATEMENTS.values():
        seconds(statement)  # the first one reads the files from the disk
    for _ in range(rounds):  # in turn, so that a noisy machine is noisy to all of them
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    bare = statistics.median(times["bare Python"])
    print(f"{'':14} {'median':>9} {'over bare':>10}   ({rounds} rounds)")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:14} {median * 1000:6.0f} ms {(median - bare) * 1000:7.0f} ms")
    print(f"limit for rla: {LIMIT_MILLISECONDS} ms over bare Python")


if __name__ == "__main__":
    main()
