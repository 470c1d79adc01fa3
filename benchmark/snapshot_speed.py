"""How long the code snapshot of a project of 2,000 files takes, as a multiple of `shutil.copytree` of it.

    python benchmark/snapshot_speed.py [folder]

The folder (the current one by default) says which disk is measured. Beside the project lies an ignored folder of
20,000 files. Each round copies the project, takes a first snapshot into a new data root, and takes a second one.
Nothing is removed before the end: ext4 avoids inodes that were freed in the last half minute, which makes new files
many times slower.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rla.snapshot.selection import Selection
from rla.snapshot.take import take_snapshot

ROUNDS = 7


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def make_project(root: Path) -> None:
    """Write 2,000 files of 0.2 to 12 kB in 100 folders, and an ignored folder of 20,000 files beside them."""
    numbers = random.Random(0)
    for folder in range(100):
        path = root / "project" / f"package{folder // 10}" / f"module{folder}"
        path.mkdir(parents=True)
        for file in range(20):
            (path / f"part{file}.py").write_bytes(numbers.randbytes(numbers.randint(200, 12_000)))
    (root / ".gitignore").write_text("/project/data/\n")
    for folder in range(20):
        path = root / "project" / "data" / str(folder)
        path.mkdir(parents=True)
        for file in range(1000):
            (path / f"{file}.txt").touch()


def used(root: Path) -> int:
    """Return the bytes that a folder takes on the disk; a file with several names counts once."""
    found = {}
    for path in [root, *root.rglob("*")]:
        status = path.lstat()
        found[status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def main() -> None:
    """Measure, and print medians of all rounds."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else ".") as folder:
        root = Path(folder).resolve()
        make_project(root)
        selection = Selection(str(root), names=["project"], ignore_files=[str(root / ".gitignore")])
        plain, first, second, added = [], [], [], []
        for number in range(ROUNDS):
            data_root = root / f"data{number}"
            copy, ignored = root / f"copy{number}", shutil.ignore_patterns("data")
            plain.append(seconds(lambda: shutil.copytree(root / "project", copy, ignore=ignored)))  # noqa: B023
            for times, name in ((first, "first"), (second, "second")):
                before = used(data_root) if data_root.exists() else 0
                code_dir = data_root / "code" / name
                code_dir.mkdir(parents=True)
                times.append(seconds(lambda: take_snapshot(selection, data_root, code_dir)))  # noqa: B023
                added.append(used(data_root) - before)
            os.sync()
        print(f"shutil.copytree     {statistics.median(plain) * 1000:6.1f} ms")
        for name, times, grown in (("first snapshot", first, added[::2]), ("second snapshot", second, added[1::2])):
            ratio = statistics.median(time / base for time, base in zip(times, plain, strict=True))
            size = statistics.median(grown) / 1e6
            print(
                f"{name:<19} {statistics.median(times) * 1000:6.1f} ms = {ratio:.2f} x copytree, {size:.2f} MB on disk"
            )


if __name__ == "__main__":
    main()
