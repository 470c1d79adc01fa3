"""While a large checkpoint travels over a slow link, new rows get through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = """
with open(exp_manager.checkpoint_dir + "policy.pt", "wb") as stream:
    for _ in range(3):
        stream.write(os.urandom(1 << 20))
count = dump_until(lambda: part_of_checkpoint() and not arrived("policy.pt"))
first = rows_there()
count = dump_until(lambda: rows_there() > first + 5, count)
print(arrived("policy.pt"), flush=True)
dump_until(lambda: arrived("policy.pt"), count)
"""

HELPERS = """
dump_it = dump

def dump(step):
    dump_it(step)
    logger.flush()

def below(name):
    return [os.path.join(folder, each) for folder, _, names in os.walk(sys.argv[2]) for each in names if name in each]

def part_of_checkpoint():
    return [path for path in below("policy.pt") if path.endswith(".part")]

def rows_there():
    return sum(len(open(path).readlines()) for path in below("progress.csv") if not path.endswith(".part"))
"""


def test_rows_arrive_before_the_checkpoint_that_began_before_them(
    training: Callable, data_root: Path, there: Path, content_of: Callable
) -> None:
    remote = {"trees": "log checkpoint", "wait_at_end": 60}
    process = training(HELPERS + PROGRAM, "Slow", REMOTE_SETTING=remote)
    output, errors = process.communicate(timeout=100)
    assert output == "False\n", errors
    assert content_of(there, "log", "checkpoint") == content_of(data_root, "log", "checkpoint")


@pytest.mark.fault
def test_an_end_that_comes_too_soon_says_how_much_is_missing(training: Callable, data_root: Path) -> None:
    program = PROGRAM.partition("first = ")[0] + "exp_manager.finish()\n"
    remote = {"trees": "log checkpoint", "wait_at_end": 0.2}
    output, errors = training(HELPERS + program, "Slow", REMOTE_SETTING=remote).communicate(timeout=100)
    assert "1 file of this run (3.0 MiB) has not reached the main node. To send it later: rla push" in output, errors
