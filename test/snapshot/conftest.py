"""Fixtures for the tests of snapshots: projects made of a dict, a git without anybody's settings, a second user."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from rla.snapshot.git import read_git_state
from rla.snapshot.selection import Selection
from rla.snapshot.take import Snapshot, take_snapshot

REPOSITORY = Path(__file__).resolve().parents[2]
NOBODY = 65534

BECOME_NOBODY = f"""
import json, os, sys, yaml
from rla.snapshot.take import take_snapshot
from rla.snapshot.store import CodeStore
from rla.snapshot.selection import Selection
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
"""
"""All that is needed is imported before: the packages may lie where a second user cannot read."""


@pytest.fixture(autouse=True)
def git_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The git of these tests has the same settings everywhere."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.org")


@pytest.fixture
def git() -> Callable[..., bytes]:
    """Run git in a folder and return what it prints: ``git(folder, "add", "--all")``."""

    def run(folder: str | Path, *arguments: str, stdin: bytes = b"", ends_with: tuple[int, ...] = (0,)) -> bytes:
        done = subprocess.run(["git", "-C", folder, *arguments], input=stdin, capture_output=True, check=False)
        assert done.returncode in ends_with, done.stderr.decode()
        return done.stdout

    return run


@pytest.fixture
def make_files() -> Callable[[Path, Mapping[str, str | bytes]], None]:
    """Write files, with the folders that they need: ``make_files(folder, {"net/mlp.py": "…"})``."""

    def make(folder: Path, contents: Mapping[str, str | bytes]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return make


@pytest.fixture
def project(tmp_path: Path, make_files: Callable[[Path, Mapping[str, str | bytes]], None]) -> Callable[..., Path]:
    """Make a project: ``root = project({"train.py": "…"})``."""

    def make(contents: Mapping[str, str | bytes]) -> Path:
        make_files(tmp_path / "project", contents)
        return tmp_path / "project"

    return make


@pytest.fixture
def code_dirs(data_root: Path) -> Iterator[Path]:
    """The `code/` folders of one experiment after the other."""
    return (data_root / "code" / "demo_task" / str(number) for number in itertools.count())


@pytest.fixture
def keep(data_root: Path, code_dirs: Iterator[Path]) -> Callable[..., tuple[Snapshot, Path]]:
    """Take a snapshot: ``snapshot, code = keep(root, names=["."])``."""

    def take(root: Path, **options: Any) -> tuple[Snapshot, Path]:
        selection = Selection(str(root), **{"names": ["."], **options})
        code_dir = next(code_dirs)
        code_dir.mkdir(parents=True)
        return take_snapshot(selection, data_root, code_dir, read_git_state(str(root))), code_dir

    return take


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that other users of the machine can go into, as they cannot into ``tmp_path``."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture
def as_nobody(shared_folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program as a second user of the machine: ``as_nobody("print(os.getuid())", "argument")``."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")

    def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", BECOME_NOBODY + program, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "HOME": str(shared_folder)},
            cwd=shared_folder,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run
