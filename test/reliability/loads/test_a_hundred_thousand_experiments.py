"""A hundred thousand experiments: the index is whole, questions find what they should, and memory stays bounded.

`benchmark/query.py --experiments 100000` measures how long it takes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

pytestmark = [pytest.mark.load, pytest.mark.timeout(3600)]

REPOSITORY = Path(__file__).resolve().parents[3]
NUMBER = 100_000
LARGEST_MEMORY = 400 << 20

PROGRAM = """
import json, sys
from rla.query import experiments
root = sys.argv[1]
every = experiments(root)
conditions = ["seed >= 0", "seed == 3", "status == dead", "tag == baseline"]
counts = [len(every.where(condition)) for condition in conditions]
counts.append(len(experiments(root, "sac", "lr < 1e-3 and env_id == 'Hopper-v4' and eval/return >= 0")))
counts.append(sum(1 for each in experiments(root, refresh=False) if each.stored_parameters["seed"] == 3))
status = open("/proc/self/status").read()  # what getrusage tells has the memory of the process that started this one
print(json.dumps([counts, int(status.partition("VmHWM:")[2].split()[0]) * 1024]))
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sys.path.insert(0, str(REPOSITORY / "benchmark"))
    try:
        from lab import make_lab
    finally:
        sys.path.pop(0)
    root = tmp_path_factory.mktemp("lab") / "data"
    make_lab(root, NUMBER, rows=3)
    return root


def test_they_are_found_and_memory_stays_bounded(lab: Path, run_python: Callable[..., CompletedProcess[str]]) -> None:
    for _ in range(2):  # without an index, and with one
        done = run_python(PROGRAM, lab, timeout=1800)
        assert done.returncode == 0, done.stderr
        (every, seeds, dead, tagged, chosen, listed), memory = json.loads(done.stdout)
        assert (every, seeds, dead, tagged) == (NUMBER, NUMBER // 10, NUMBER // 20, len(range(0, NUMBER, 7)))
        assert listed == seeds
        assert 0 < chosen < NUMBER // 20
        assert memory < LARGEST_MEMORY
