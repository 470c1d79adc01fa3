"""What experiments have written is no code: the trees of every data root are left out, however they are reached."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.names import TREES
from rla.snapshot.selection import Selection, find_files
from rla.snapshot.take import Snapshot

Project = Callable[..., Path]

RUN = "demo_task/2026/11/20/13-05-01-123456_10.0.0.5_&lr=1"
DATA = {f"{tree}/{RUN}/file.txt": "" for tree in (*TREES, "arc/log", ".rla")}


def kept(root: Path, *names: str) -> set[str]:
    return set(find_files(Selection(str(root), names=names)).files)


@pytest.mark.parametrize("folder", ["", "results/", "deep/in/the/project/"])
def test_a_data_root_inside_the_project_loses_its_trees_and_keeps_the_rest(project: Project, folder: str) -> None:
    root = project({"train.py": "", f"{folder}notes.md": "", **{f"{folder}{name}": "" for name in DATA}})
    assert kept(root, ".") == {"train.py", f"{folder}notes.md"}


@pytest.mark.parametrize("mark", ["archive_tester/a.pkl", ".rla/objects/a"])
def test_another_data_root_is_known_by_its_marks(project: Project, mark: str) -> None:
    root = project({"train.py": "", f"old/{mark}": "", "old/log/a/b.txt": "", "old/checkpoint/a.pt": ""})
    assert kept(root, ".") == {"train.py"}


def test_a_package_of_the_name_of_a_tree_is_kept_where_no_data_root_is(project: Project) -> None:
    root = project({"log/__init__.py": "", "net/code/a.py": "", "net/results/b.py": ""})
    assert kept(root, ".") == {"log/__init__.py", "net/code/a.py", "net/results/b.py"}


def test_a_package_of_the_name_of_a_tree_is_kept_beside_a_data_root(project: Project) -> None:
    root = project({"net/log/a.py": "", **{f"results/{name}": "" for name in DATA}})
    assert kept(root, ".") == {"net/log/a.py"}


@pytest.mark.parametrize(
    "name", ["results/log", "results/checkpoint/demo_task", "results/.rla/demo_task", "results/arc"]
)
def test_a_tree_that_is_listed_by_name_is_left_out_and_named(project: Project, name: str) -> None:
    root = project({f"results/{path}": "" for path in DATA})
    found = find_files(Selection(str(root), names=[name]))
    assert found.files == {}
    assert "data root" in found.left_out[name]


@pytest.mark.parametrize("name", [f"results/log/{RUN}/file.txt", ".git/config"])
def test_a_file_of_a_tree_that_is_listed_by_name_is_left_out_and_named(project: Project, name: str) -> None:
    root = project({".git/config": "", **{f"results/{path}": "" for path in DATA}})
    found = find_files(Selection(str(root), names=[name]))
    assert found.files == {}
    assert name in found.left_out


def test_a_tree_that_is_listed_through_a_link_is_left_out_and_named(project: Project) -> None:
    root = project({f"results/{path}": "" for path in DATA})
    (root / "latest").symlink_to("results/log")
    found = find_files(Selection(str(root), names=["latest"]))
    assert found.files == {}
    assert "latest" in found.left_out


def test_a_tree_that_is_a_run_file_is_left_out(project: Project) -> None:
    root = project({f"results/{path}": "" for path in DATA})
    assert find_files(Selection(str(root), single_files=[str(root / "results" / "log")])).files == {}


def test_git_and_compiled_files_are_left_out_at_any_depth(project: Project) -> None:
    root = project(
        {"a.py": "", "__pycache__/a.pyc": "", "net/__pycache__/b.pyc": "", ".git/HEAD": "", "sub/.git/a": ""}
    )
    assert kept(root, ".") == {"a.py"}
    assert kept(root, ".git", "net/__pycache__", "net") == set()


def test_the_file_that_stands_for_a_repository_of_a_submodule_is_left_out(project: Project) -> None:
    root = project({"sub/.git": "gitdir: ../.git/modules/sub\n", "sub/a.py": ""})
    assert kept(root, ".") == {"sub/a.py"}


def test_a_second_snapshot_into_the_project_does_not_hold_the_first(
    project: Project, keep: Callable[..., tuple[Snapshot, Path]]
) -> None:
    root = project({"train.py": "a" * 100})
    assert keep(root.parent)[0].manifest.files.keys() == keep(root.parent)[0].manifest.files.keys()
