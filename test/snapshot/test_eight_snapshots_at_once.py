"""Eight processes that start at once on an empty store have complete and equal `code/` folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rla.snapshot.manifest import read_manifest

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


def test_all_are_complete_and_equal(
    project: Callable[..., Path], data_root: Path, at_once: Callable[..., list[tuple[Any, str]]]
) -> None:
    contents = {f"net_{number % 5}/a_{number}.py": f"{number}\n" * 100 for number in range(60)} | {"__init__.py": ""}
    root = project(contents)
    ended = at_once(PROGRAM, [[root, data_root, number] for number in range(8)])
    assert [process.returncode for process, _ in ended] == [0] * 8
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
