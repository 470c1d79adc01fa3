"""Bodies that no experiment links to can be removed at any time; a run that starts meanwhile loses nothing."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import files
from rla.snapshot.selection import Selection
from rla.snapshot.store import CodeStore, Garbage
from rla.snapshot.take import Snapshot, take_snapshot

Keep = Callable[..., tuple[Snapshot, Path]]

COLLECTOR = """
import sys
from rla.snapshot.store import CodeStore
print("ready", flush=True)
removed = 0
while True:
    removed += CodeStore(sys.argv[1]).collect_garbage().bodies
    print(removed, flush=True)
"""


@pytest.fixture
def root(project: Callable[..., Path]) -> Path:
    return project({"train.py": "x = 1\n" * 100, "net/mlp.py": "y = 2\n" * 200})


@pytest.fixture
def store(data_root: Path) -> CodeStore:
    return CodeStore(data_root)


def names(store: CodeStore) -> set[str]:
    return {path.name for path in Path(store.folder).iterdir()}


def test_an_empty_data_root_has_none(store: CodeStore, data_root: Path) -> None:
    assert store.garbage() == store.collect_garbage() == Garbage(0, 0)
    assert not data_root.exists()


def test_linked_bodies_are_none(root: Path, keep: Keep, store: CodeStore) -> None:
    keep(root)
    before = names(store)
    assert store.garbage() == store.collect_garbage() == Garbage(0, 0)
    assert names(store) - {"lock"} == before


def test_bodies_of_a_removed_run_are_counted_and_removed(root: Path, keep: Keep, store: CodeStore) -> None:
    _, first = keep(root, names=["train.py"])
    keep(root, names=["net"])
    size = sum(path.stat().st_size for path in first.iterdir())
    shutil.rmtree(first)
    assert store.garbage() == Garbage(2, size)
    assert store.collect_garbage() == Garbage(2, size)
    assert store.garbage() == store.collect_garbage() == Garbage(0, 0)


def test_bodies_that_another_run_links_to_stay(root: Path, keep: Keep, store: CodeStore) -> None:
    _, first = keep(root)
    _, second = keep(root)
    shutil.rmtree(first)
    assert store.collect_garbage() == Garbage(0, 0)
    assert (second / "train.py").read_text() == "x = 1\n" * 100


def test_a_second_collector_is_refused(root: Path, keep: Keep, store: CodeStore) -> None:
    _, code = keep(root)
    shutil.rmtree(code)
    with files.descriptor(f"{store.folder}/lock", os.O_RDWR | os.O_CREAT) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX)
        assert store.collect_garbage() == Garbage(0, 0)
    assert store.collect_garbage().bodies == 3


def test_what_a_process_left_that_died_is_removed(root: Path, keep: Keep, store: CodeStore) -> None:
    _, code = keep(root)
    (Path(store.folder) / "0123-444.77.tmp").write_text("left")
    assert store.collect_garbage().bodies == 1
    assert (code / "train.py").exists()


def test_snapshots_lose_nothing_while_garbage_is_collected(
    root: Path, store: CodeStore, data_root: Path, start_python: Callable[..., subprocess.Popen[str]]
) -> None:
    collector = start_python(COLLECTOR, data_root)
    assert collector.stdout is not None
    taken = 0
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        code_dir = data_root / "code" / str(taken)
        code_dir.mkdir(parents=True)
        take_snapshot(Selection(str(root), names=["."]), data_root, code_dir)
        assert (code_dir / "train.py").read_text() == "x = 1\n" * 100
        assert (code_dir / "net" / "mlp.py").read_text() == "y = 2\n" * 200
        assert (code_dir / ".snapshot.json").exists()
        shutil.rmtree(code_dir)
        taken += 1
    collector.kill()
    removed = [int(line) for line in collector.communicate()[0].splitlines() if line.isdigit()]
    assert removed[-1] > 0


@pytest.fixture
def start_python() -> Callable[..., subprocess.Popen[str]]:
    """Start a program that prints ``ready``."""

    def start(program: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    return start
