"""Of several ignore files a later one overrules an earlier one; nested ones count only where a .gitignore was named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.selection import Selection, find_files

Project = Callable[..., Path]


def kept(root: Path, *ignore_files: str) -> list[str]:
    selection = Selection(str(root), names=["."], ignore_files=[str(root / name) for name in ignore_files])
    return sorted(name for name in find_files(selection).files if "ignore" not in name)


@pytest.fixture
def root(project: Project) -> Path:
    return project({"a.txt": "", "net/a.txt": "", "net/b.txt": ""})


def test_nested_files_count_where_a_gitignore_was_named(root: Path) -> None:
    (root / ".gitignore").write_text("")
    (root / "net" / ".gitignore").write_text("/a.txt\n")
    assert kept(root, ".gitignore") == ["a.txt", "net/b.txt"]


def test_nested_files_do_not_count_where_the_named_one_is_called_otherwise(root: Path) -> None:
    (root / ".rlaignore").write_text("b.txt\n")
    (root / "net" / ".gitignore").write_text("a.txt\n")
    (root / "net" / ".rlaignore").write_text("a.txt\n")
    assert kept(root, ".rlaignore") == ["a.txt", "net/a.txt"]


def test_a_gitignore_that_nobody_named_does_not_count(root: Path) -> None:
    (root / ".gitignore").write_text("*\n")
    assert kept(root) == ["a.txt", "net/a.txt", "net/b.txt"]


def test_a_later_file_overrules_an_earlier_one(root: Path) -> None:
    (root / "first.ignore").write_text("a.txt\n")
    (root / "second.ignore").write_text("!/a.txt\nb.txt\n")
    assert kept(root, "first.ignore", "second.ignore") == ["a.txt"]
    assert kept(root, "second.ignore", "first.ignore") == []


def test_the_deepest_nested_file_overrules_all_others(root: Path) -> None:
    (root / ".gitignore").write_text("!b.txt\n*.txt\n")
    (root / "net" / ".gitignore").write_text("!b.txt\n")
    assert kept(root, ".gitignore") == ["net/b.txt"]


def test_what_is_in_an_ignored_folder_cannot_be_taken_back(root: Path) -> None:
    (root / ".gitignore").write_text("net/\n!net/b.txt\n")
    assert kept(root, ".gitignore") == ["a.txt"]


def test_anchors_mean_the_code_root_also_from_a_file_elsewhere(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.ignore").write_text("/a.txt\n")
    assert kept(root, "../elsewhere.ignore") == ["net/a.txt", "net/b.txt"]


def test_the_rules_above_a_listed_folder_hold_in_it(root: Path) -> None:
    (root / ".gitignore").write_text("/net/a.txt\n")
    selection = Selection(str(root), names=["net"], ignore_files=[str(root / ".gitignore")])
    assert list(find_files(selection).files) == ["net/b.txt"]


def test_a_listed_folder_that_is_ignored_is_left_out_and_named(root: Path) -> None:
    (root / ".gitignore").write_text("net\n")
    found = find_files(Selection(str(root), names=["net"], ignore_files=[str(root / ".gitignore")]))
    assert found.files == {}
    assert "ignore file" in found.left_out["net"]


def test_a_single_listed_file_is_not_filtered(root: Path) -> None:
    (root / ".gitignore").write_text("*\n")
    selection = Selection(str(root), names=["net/b.txt"], ignore_files=[str(root / ".gitignore")])
    assert list(find_files(selection).files) == ["net/b.txt"]


def test_a_missing_file_of_the_configuration_is_named_with_the_nearest_name(root: Path) -> None:
    (root / ".gitignore").write_text("a.txt\n")
    found = find_files(Selection(str(root), names=["."], ignore_files=[str(root / ".gitignor")]))
    assert "'.gitignore'" in found.left_out[".gitignor"]
    assert "net/a.txt" in found.files
