"""Training, sending process or both are killed at random: in the end both trees are equal, and at no time is a file
under its name that is not whole.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from rla import files
from rla.database.trees import ExperimentPlace
from rla.experiment.fsck import check_data_root_files
from rla.sync.remote import parse_remote
from rla.sync.selection import grows
from rla.sync.sender import Sender
from rla.sync.transport import is_part

TREES = ("log", "checkpoint")

PROGRAM = """
from rla.sync.background import training_side as background
from rla.sync.background.backoff import Backoff
background.Backoff = lambda first, longest: Backoff(0.02, 0.05)
background._LONGEST_LOOK_SECONDS = 0.02
from rla import files

step = 0
while True:
    step += 1
    dump(step)
    logger.info("at step", step)
    if step % 10 == 0:
        files.write_atomic(exp_manager.checkpoint_dir + f"policy_{step}.pt", os.urandom(150_000 + step))
    exp_manager.sync_log_file()
    time.sleep(0.002)
"""

START = Callable[..., "subprocess.Popen[str]"]


def travelling(root: Path) -> dict[str, bytes]:
    """Return the files that travel, with their content."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for tree in TREES
        for path in (root / tree).rglob("*")
        if path.is_file()
        and ".journal" not in path.parts
        and not files.is_written_aside(path.name)
        and not is_part(path.name)
    }


@dataclass
class Watcher:
    """Looks at the files of the main node all the time."""

    here: Path
    there: Path
    wrong: set[str] = field(default_factory=set)
    looks: int = 0
    ended: bool = False

    def run(self) -> None:
        while not self.ended:
            with contextlib.suppress(FileNotFoundError):  # a part that has just got its name
                for name, content in travelling(self.there).items():
                    if not self._is_whole(name, content):
                        self.wrong.add(name)
            self.looks += 1
            time.sleep(0.001)

    def _is_whole(self, name: str, content: bytes) -> bool:
        source = (self.here / name).read_bytes()  # after the copy: what grows has at least as much
        if grows(name):
            return source.startswith(content)
        if name.endswith("experiment.json"):
            with contextlib.suppress(ValueError):
                return json.loads(content)["status"] == "running"
            return False
        return source == content


@contextlib.contextmanager
def watched(here: Path, there: Path) -> Iterator[Watcher]:
    watcher = Watcher(here, there)
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.ended = True
        thread.join()


def kill_at_random(
    training: START, agents: Callable[[int], list[psutil.Process]], here: Path, there: Path, seed: int, mutant: str = ""
) -> tuple[set[str], list[str]]:
    """Kill something; return names of files that were not whole, and of those that were sent again."""
    chance = random.Random(seed)
    process = training(
        PROGRAM, "Leisurely", env={"RLA_TEST_MUTANT": mutant},
        REMOTE_SETTING={"trees": list(TREES), "every": 0.02},
    )  # fmt: skip
    with watched(here, there) as watcher:
        end = time.monotonic() + 60
        while not (there.exists() and any(there.rglob("*.pt"))):
            assert time.monotonic() < end
            time.sleep(0.01)
        for _ in range(chance.randrange(4)):  # it is replaced
            time.sleep(chance.random() * 0.5)
            for agent in agents(process.pid):
                agent.kill()
        time.sleep(chance.random() * 0.5)
        left = agents(process.pid)
        process.kill()
        process.wait()
        if chance.random() < 0.5:
            for agent in left:
                agent.kill()
        psutil.wait_procs(left, timeout=90)
        before, source = travelling(there), travelling(here)
        (log_dir,) = here.glob("log/demo/*/*/*/*")
        place = ExperimentPlace(here, "demo", "/".join(log_dir.parts[-4:-1]), log_dir.name)
        report = Sender(here, [parse_remote(str(there))], TREES).send([place])
    assert report.complete, str(report)
    assert watcher.looks > 10
    assert travelling(there) == travelling(here) == source
    again = [path for path in report.moved if path in before and before[path] == source[path]]
    return watcher.wrong, again


def check(training: START, agents: Callable, folder: Path, seeds: range, mutant: str = "") -> tuple[int, int]:
    """Return how many files were not whole, and the most that were sent again after one kill."""
    wrong, most = 0, 0
    for seed in seeds:
        here, there = folder / f"data {seed}", folder / f"there {seed}"
        broken, again = kill_at_random(
            lambda *args, **more: training(*args, here=here, there=there, **more),  # noqa: B023
            agents, here, there, seed, mutant,
        )  # fmt: skip
        wrong, most = wrong + len(broken), max(most, len(again))
        report = check_data_root_files(there)
        assert [finding.problem for finding in report.findings if "part" not in finding.problem] == []
    return wrong, most


@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 31), marks=pytest.mark.fault)], ids=["1", "30"])
def test_both_trees_are_equal_no_file_is_short_and_at_most_one_is_sent_again(
    training: START, agents: Callable, tmp_path: Path, seeds: range
) -> None:
    wrong, most = check(training, agents, tmp_path, seeds)
    assert wrong == 0
    assert most <= 1


@pytest.mark.fault
def test_a_version_that_writes_files_in_place_would_be_seen(training: START, agents: Callable, tmp_path: Path) -> None:
    assert check(training, agents, tmp_path, range(3), "write_in_place")[0] > 0


@pytest.mark.fault
def test_a_version_that_keeps_no_notes_would_be_seen(training: START, agents: Callable, tmp_path: Path) -> None:
    assert check(training, agents, tmp_path, range(3), "note_nothing")[1] > 1
