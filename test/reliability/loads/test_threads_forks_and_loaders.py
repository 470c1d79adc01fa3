"""Threads of a run write whole rows and lines; what it forks writes none, is told so once, and hangs nobody."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress

LINE = re.compile(r"<(\d+):(\d+)>x{200}|[|+-].*|Logging to .*|")
"""A line of text from a thread, or one of a table."""

PROGRAM = """
import json, multiprocessing, os, sys, threading, time, warnings
from rla import RLAWarning, files, logger
from rla.output import writer
folder, rows, loader, mutant = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "loader", sys.argv[4]
writer.FLUSH_SECONDS = 0.001
sys.setswitchinterval(1e-5)

def append_in_two_pieces(fd, data):
    os.write(fd, data[:len(data) // 2])
    time.sleep(0.0001)
    os.write(fd, data[len(data) // 2:])

def write_all_the_same(answers):
    for name, line in (("progress.csv", b"1,2,3,4,5\\n"), ("log.txt", b"<9:9>" + b"x" * 200 + b"\\n"),
                       ("progress.json", b'{"of 9": 1}\\n')):
        fd = files.open_append(os.path.join(folder, name))
        for _ in range(20):
            append_in_two_pieces(fd, line)

def use(number):
    for count in range(50):
        logger.record_tabular(f"of {number}", -count)
        assert logger.dump_tabular(step=count)[f"of {number}"] == -count
        logger.info("from a child")
    logger.flush()
    if mutant == "a child that writes":
        write_all_the_same(folder)

def child(number, answers):
    sys.stdout = open(os.devnull, "w")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        use(number)
    answers.send(sum(each.category is RLAWarning for each in caught))
    answers.close()

class Data:
    def __len__(self):
        return 8
    def __getitem__(self, index):
        sys.stdout = open(os.devnull, "w")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            use(100 + index)
        return sum(each.category is RLAWarning for each in caught)

def thread(number):
    while counts[number] < rows or not forked.is_set():
        count = counts[number]
        logger.record_tabular(f"of {number}", count)
        dumped.append(logger.dump_tabular(step=count))
        logger.info(f"<{number}:{count}>" + "x" * 200)
        counts[number] += 1
        time.sleep(0.0002)

if mutant == "a lock that is no lock":
    import types
    from rla.output import journal_writer
    class NoLock:
        acquire = release = __enter__ = __exit__ = lambda *_, **__: False
    journal_writer.threading = types.SimpleNamespace(**{**vars(threading), "RLock": NoLock})
    files.append = append_in_two_pieces

if loader:
    from torch.utils.data import DataLoader
logger.configure(folder, ["csv", "json", "log"])
dumped, warned, counts, forked = [], [], [0] * 8, threading.Event()
threads = [threading.Thread(target=thread, args=(number,)) for number in range(8)]
for each in threads:
    each.start()
fork = multiprocessing.get_context("fork")
processes, pipes = [], []
for number in (50, 51):
    here, there = fork.Pipe(duplex=False)
    processes.append(fork.Process(target=child, args=(number, there)))
    processes[-1].start()
    there.close()
    pipes.append(here)
pids = []
for number in (60, 61):
    here, there = fork.Pipe(duplex=False)
    pid = os.fork()
    if not pid:
        try:
            child(number, there)
        finally:
            os._exit(0)
    there.close()
    pids.append(pid)
    pipes.append(here)
if loader:
    loaded = [int(each) for each in DataLoader(Data(), batch_size=1, num_workers=2, multiprocessing_context="fork")]
    warned.append(loaded)
for pipe in pipes:
    warned.append(pipe.recv())
for each in processes:
    each.join()
codes = [each.exitcode for each in processes] + [os.waitpid(pid, 0)[1] for pid in pids]
forked.set()
for each in threads:
    each.join()
logger.close()
print(json.dumps({"warned": warned, "codes": codes, "dumped": sum(map(bool, dumped)), "counts": counts}))
"""


def check_files(folder: Path, dumped: int, counts: list[int]) -> None:
    """Each value and each line of each thread stands there once, whole and in order, and nothing else."""
    with open(folder / "progress.csv", newline="") as stream:
        header, *lines = csv.reader(stream)
    assert {len(line) for line in lines} == {len(header)}
    assert set(header) == {"time-step", "timestamp", *(f"of {thread}" for thread in range(8))}
    in_json = [json.loads(line) for line in (folder / "progress.json").read_text().splitlines()]
    read = read_progress(folder).rows
    assert len(lines) == len(in_json) == len(read) == dumped
    assert in_json == read
    for thread, count in enumerate(counts):
        key = f"of {thread}"
        assert [row[key] for row in read if key in row] == list(range(count))
        place = header.index(key)
        assert [int(line[place]) for line in lines if line[place]] == list(range(count))
    text: dict[int, list[int]] = {}
    for line in (folder / "log.txt").read_text().splitlines():
        found = LINE.fullmatch(line)
        assert found, f"torn: {line[:300]}"
        if found[1]:
            text.setdefault(int(found[1]), []).append(int(found[2]))
    assert text == {thread: list(range(count)) for thread, count in enumerate(counts)}


@pytest.fixture
def run(folder: Path, ask: Callable) -> Callable[..., dict[str, Any]]:
    """Run the program: ``run(rows, "loader", "a mutant")``; one that hangs is killed, and fails."""

    def run_program(rows: int, loader: str = "", mutant: str = "") -> dict[str, Any]:
        answer: dict[str, Any] = ask(PROGRAM, folder, rows, loader, mutant, limit=100)
        return answer

    return run_program


ROWS = pytest.mark.parametrize("rows", [100, pytest.param(5000, marks=pytest.mark.load)])


@ROWS
def test_eight_threads_and_four_forked_children(
    rows: int, run: Callable, folder: Path, data_root: Path, fsck: Callable
) -> None:
    answer = run(rows)
    assert answer["codes"] == [0] * 4
    assert answer["warned"] == [1] * 4, "each child is told once"
    check_files(folder, answer["dumped"], answer["counts"])
    fsck(data_root)


@ROWS
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="there is no torch")
def test_the_workers_of_a_data_loader_beside_them(
    rows: int, run: Callable, folder: Path, data_root: Path, fsck: Callable
) -> None:
    answer = run(rows, "loader")
    loader, *children = answer["warned"]
    assert (answer["codes"], children) == ([0] * 4, [1] * 4)
    assert sum(loader) == 2, "each of two workers is told once"
    check_files(folder, answer["dumped"], answer["counts"])
    fsck(data_root)


@pytest.mark.parametrize("mutant", ["a child that writes", "a lock that is no lock"])
def test_lines_that_are_torn_would_be_seen(mutant: str, run: Callable, folder: Path) -> None:
    """The check itself: it must fail where somebody else writes in two pieces."""
    answer = run(200, mutant=mutant)
    with pytest.raises((AssertionError, ValueError)):
        check_files(folder, answer["dumped"], answer["counts"])
