"""`RLA` is one file: a folder of that name would be the folder `rla` on macOS and Windows."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def collisions(paths: Iterable[str]) -> list[list[str]]:
    """Return the files and folders that a file system without cases takes for one."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        pure = PurePosixPath(path)
        for part in (pure, *pure.parents):
            spellings[str(part).casefold()].add(str(part))
    return sorted(sorted(names) for names in spellings.values() if len(names) > 1)


def test_there_is_no_folder_RLA() -> None:  # noqa: N802
    assert [name for name in os.listdir(REPOSITORY) if name.lower() == "rla"] == ["rla"]


def test_there_is_the_file_RLA_beside_the_package() -> None:  # noqa: N802
    assert "RLA.py" in os.listdir(REPOSITORY)
    assert "__init__.py" in os.listdir(REPOSITORY / "rla")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_no_two_paths_of_the_repository_differ_by_case_only() -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip(f"this is no git repository: {listed.stderr.strip()}")
    paths = listed.stdout.split("\0")[:-1]
    assert "rla/__init__.py" in paths
    assert collisions(paths) == []


def test_a_collision_of_files_or_folders_is_found() -> None:
    assert collisions(["RLA.py", "rla/__init__.py", "rla/names.py"]) == []
    assert collisions(["RLA/const.py", "rla/names.py"]) == [["RLA", "rla"]]
    assert collisions(["docs/a/Formats.md", "docs/a/formats.md"]) == [["docs/a/Formats.md", "docs/a/formats.md"]]
