"""How long `import rla` and `rla --help` take over a bare Python: medians of many processes, started in turn.

python benchmark/import_time.py [rounds]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

COMMAND = "import sys; from rla.cli.main import main; sys.argv = ['rla', *{}]; main()"
STATEMENTS = {
    "bare Python": "pass",
    "import rla": "import rla",
    "import click": "import click",
    "rla --help": COMMAND.format(["--help"]),
    "rla ls --help": COMMAND.format(["ls", "--help"]),
    "import numpy": "import numpy",
}
LIMITS_MILLISECONDS = {"import rla": 120, "rla --help": 150, "rla ls --help": 150}


def seconds(statement: str) -> float:
    """Return how long a fresh process takes to run a statement."""
    started = time.perf_counter()
    # compiled files are kept, as for users; a container may forbid it
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", statement], check=True, stdout=subprocess.DEVNULL, env=environment)
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
    print(f"{'':14} {'median':>9} {'over bare':>10} {'limit':>9}   ({rounds} rounds)")
    for name, values in times.items():
        median = statistics.median(values)
        limit = f"{LIMITS_MILLISECONDS[name]:6} ms" if name in LIMITS_MILLISECONDS else ""
        print(f"{name:14} {median * 1000:6.0f} ms {(median - bare) * 1000:7.0f} ms {limit}".rstrip())


if __name__ == "__main__":
    main()
