"""Eight processes that start at once on an empty store have complete and equal `code/` folders."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rla.snapshot.manifest import read_manifest

REPOSITORY = Path(__file__).resolve().parents[2]

PROGRAM = """
import os, sys
from rla.snapshot.selection import Selection
from rla.snapshot.take import take_snapshot
root, data_root, number = sys.argv[1:]
os.makedirs(f"{data_root}/code/{number}")
print("ready", flush=True)
sys.stdin.read(1)
take_snapshot(Selection(root, names=["."]), data_root, f"{data_root}/code/{number}")
"""


def test_all_are_complete_and_equal(project: Callable[..., Path], data_root: Path) -> None:
    contents = {f"net_{number % 5}/a_{number}.py": f"{number}\n" * 100 for number in range(60)} | {"__init__.py": ""}
    root = project(contents)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(root), str(data_root), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        for number in range(8)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("x")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=30)
    assert [process.returncode for process in processes] == [0] * 8
    manifests = []
    for number in range(8):
        folder = data_root / "code" / str(number)
        assert {name: (folder / name).read_text() for name in contents} == contents
        manifests.append(read_manifest(folder))
    assert manifests.count(manifests[0]) == 8
    assert manifests[0] is not None
    assert set(manifests[0].files) == set(contents)
    names = {path.name for path in (data_root / ".rla" / "objects").iterdir()}
    assert set(manifests[0].files.values()) - names == {manifests[0].files["__init__.py"]}
    assert [name for name in names if name.endswith(".tmp")] == []
