"""With `backup_code_by: lib` a package is kept as a whole: by its folder, or by its name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.selection import Selection, find_files

Project = Callable[..., Path]


def test_a_folder_is_kept_under_its_own_name(project: Project) -> None:
    root = project({"src/mylib/__init__.py": "", "src/mylib/net/a.py": "", "src/other/b.py": ""})
    found = find_files(Selection(str(root), mode="lib", lib_dir="src/mylib/", names=["src/other"]))
    assert set(found.files) == {"mylib/__init__.py", "mylib/net/a.py"}


def test_a_package_is_found_by_its_name_and_not_imported(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = project({"some_lib/__init__.py": "raise SystemExit", "some_lib/a.py": "1", "other.py": ""})
    monkeypatch.syspath_prepend(str(site))
    root = tmp_path / "elsewhere"
    root.mkdir()
    found = find_files(Selection(str(root), mode="lib", lib_dir="some_lib"))
    assert found.files == {
        "some_lib/__init__.py": str(site / "some_lib" / "__init__.py"),
        "some_lib/a.py": str(site / "some_lib" / "a.py"),
    }
    assert "some_lib" not in sys.modules


def test_a_folder_of_the_project_goes_before_an_installed_package(project: Project) -> None:
    root = project({"json/mine.py": ""})
    assert set(find_files(Selection(str(root), mode="lib", lib_dir="json")).files) == {"json/mine.py"}


def test_ignore_files_do_not_count(project: Project) -> None:
    root = project({".gitignore": "*.txt\n", "mylib/.gitignore": "*.txt\n", "mylib/a.txt": "", "mylib/b.py": ""})
    selection = Selection(str(root), mode="lib", lib_dir="mylib", ignore_files=[str(root / ".gitignore")])
    assert set(find_files(selection).files) == {"mylib/.gitignore", "mylib/a.txt", "mylib/b.py"}


def test_what_is_never_code_is_left_out_here_too(project: Project) -> None:
    root = project({"mylib/a.py": "", "mylib/__pycache__/a.pyc": "", "mylib/.git/config": ""})
    assert set(find_files(Selection(str(root), mode="lib", lib_dir="mylib")).files) == {"mylib/a.py"}


@pytest.mark.parametrize("lib_dir", ["there_is_no_such_package", "no/such/folder", "no-such-folder", "os"])
def test_a_package_that_is_not_there_is_left_out_and_named(project: Project, lib_dir: str) -> None:
    found = find_files(Selection(str(project({})), mode="lib", lib_dir=lib_dir))
    assert found.files == {}
    assert "neither" in found.left_out[lib_dir]


def test_a_package_that_was_not_named_is_said_so(project: Project) -> None:
    found = find_files(Selection(str(project({"a.py": ""})), mode="lib", names=["."]))
    assert found.files == {}
    assert list(found.left_out) == ["BACKUP_CONFIG.lib_dir"]


def test_links_inside_a_package_are_kept_and_others_are_not(project: Project) -> None:
    root = project({"mylib/a.py": "", "b.py": ""})
    (root / "mylib" / "inside.py").symlink_to(root / "mylib" / "a.py")
    (root / "mylib" / "outside.py").symlink_to(root / "b.py")
    found = find_files(Selection(str(root), mode="lib", lib_dir="mylib"))
    assert set(found.files) == {"mylib/a.py"}
    assert found.links == {"mylib/inside.py": "a.py"}
    assert set(found.left_out) == {"mylib/outside.py"}
