"""`remove_tree` removes all of a folder and nothing else: no destination of a link, no folder above it."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import files

REPOSITORY = Path(__file__).resolve().parents[2]


def deep(top: Path, levels: int) -> None:
    """Make folders in folders, also where their path is longer than any system call takes."""
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for level in range(levels):
        (name := f"{level:03d}")
        os.mkdir(name, dir_fd=here)
        if level % 100 == 7:
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        inside = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inside
    os.close(here)


def test_a_file_a_link_and_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    files.remove_tree(tmp_path / "link")
    assert (tmp_path / "file").read_text() == "x"
    files.remove_tree(tmp_path / "file")
    files.remove_tree(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_what_links_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis").write_text("x")
    (tmp_path / "top" / "inside").mkdir(parents=True)
    (tmp_path / "top" / "inside" / "link").symlink_to(tmp_path / "home")
    (tmp_path / "also").symlink_to(tmp_path / "home")
    files.remove_tree(tmp_path / "top")
    files.remove_tree(tmp_path / "also")
    assert [path.name for path in tmp_path.rglob("*")] == ["home", "thesis"]


def test_folders_in_folders_deeper_than_python_calls(tmp_path: Path) -> None:
    deep(tmp_path / "top", sys.getrecursionlimit() + 100)
    files.remove_tree(tmp_path / "top")
    assert list(tmp_path.iterdir()) == []


def test_folders_in_folders_with_few_descriptors(tmp_path: Path) -> None:
    deep(tmp_path / "top", 300)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(map(int, os.listdir("/proc/self/fd"))) if os.path.isdir("/proc/self/fd") else 100
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 50, limits[1]))
    try:
        files.remove_tree(tmp_path / "top")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert list(tmp_path.iterdir()) == []


AS_NOBODY = """
import os, sys
from collections.abc import Callable
from pathlib import Path
from rla import files
top = Path(sys.argv[1])
for closed in (0o000, 0o400, 0o500, 0o555):
    folder = top / "tree" / "closed" / "deeper"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        (folder / name).write_text("x")
    os.chmod(folder, closed)
    os.chmod(folder.parent, closed)
    files.remove_tree(top / "tree")
    assert os.listdir(top) == [], closed
(top / "kept" / "tree").mkdir(parents=True)
os.chmod(top / "kept", 0o2555)
try:
    files.remove_tree(top / "kept" / "tree")
except PermissionError as error:
    print("refused", oct(os.stat(top / "kept").st_mode & 0o7777))
"""


def test_closed_folders_are_opened_but_none_above_them(
    open_place: Path, as_nobody: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    top = open_place / "top"
    top.mkdir()
    os.chown(top, 65534, 65534)
    result = as_nobody(AS_NOBODY, top)
    assert (result.stdout, result.stderr) == ("refused 0o2555\n", "")


def test_a_failure_that_is_none_of_permissions_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "top").mkdir()

    def fail(path: object, **_: object) -> None:
        raise OSError(5, "Input/output error", os.fspath(path))  # type: ignore[call-overload]

    monkeypatch.setattr(os, "rmdir", fail)
    with pytest.raises(OSError, match="Input/output error"):
        files.remove_tree(tmp_path / "top")
    assert stat.S_ISDIR((tmp_path / "top").stat().st_mode)
