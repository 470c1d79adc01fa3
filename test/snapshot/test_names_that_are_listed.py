"""`backup_code_dir` lists files and folders below the code root; whatever else it lists is left out and named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.selection import Selection, find_files

Project = Callable[..., Path]


@pytest.fixture
def root(project: Project, tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("outside")
    (tmp_path / "project_2").mkdir()
    (tmp_path / "project_2" / "a.py").write_text("outside")
    return project({"train.py": "", "net/mlp.py": "", "net/deep/block.py": "", "docs/a.md": ""})


def test_files_and_folders_are_found_with_all_below_them(root: Path) -> None:
    found = find_files(Selection(str(root), names=["train.py", "net"]))
    assert set(found.files) == {"train.py", "net/mlp.py", "net/deep/block.py"}
    assert found.left_out == {}


@pytest.mark.parametrize("name", ["net/", "./net", "net/../net", "docs/../net//"])
def test_any_spelling_of_a_folder_is_that_folder(root: Path, name: str) -> None:
    assert set(find_files(Selection(str(root), names=[name])).files) == {"net/mlp.py", "net/deep/block.py"}


def test_what_is_listed_twice_is_kept_once(root: Path) -> None:
    found = find_files(Selection(str(root), names=["net", ".", "net/mlp.py", "./net/deep"]))
    assert set(found.files) == {"train.py", "net/mlp.py", "net/deep/block.py", "docs/a.md"}


@pytest.mark.parametrize("name", ["..", "../secret.txt", "../project_2", "net/../../secret.txt", "../project_2/a.py"])
def test_a_name_that_leads_out_of_the_root_is_left_out(root: Path, name: str) -> None:
    found = find_files(Selection(str(root), names=[name]))
    assert found.files == {}
    assert "outside" in found.left_out[name]


def test_an_absolute_path_outside_is_left_out(root: Path, tmp_path: Path) -> None:
    for name in (str(tmp_path / "secret.txt"), str(tmp_path), "/", "/etc/passwd"):
        found = find_files(Selection(str(root), names=[name]))
        assert found.files == {}
        assert "outside" in found.left_out[name]


def test_an_absolute_path_inside_is_found(root: Path) -> None:
    assert set(find_files(Selection(str(root), names=[str(root / "train.py")])).files) == {"train.py"}


@pytest.mark.parametrize(("name", "near"), [("trian.py", "train.py"), ("net/mlpp.py", "mlp.py"), ("Docs", "docs")])
def test_a_missing_name_is_left_out_with_the_nearest_one(root: Path, name: str, near: str) -> None:
    found = find_files(Selection(str(root), names=[name, "train.py"]))
    assert set(found.files) == {"train.py"}
    assert f"'{near}'" in found.left_out[name]


def test_a_root_that_is_a_link_is_like_the_folder_itself(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    found = find_files(Selection(str(tmp_path / "link"), names=["net", "train.py"]))
    assert set(found.files) == {"train.py", "net/mlp.py", "net/deep/block.py"}


def test_a_script_below_a_root_that_is_a_link_keeps_its_place(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    found = find_files(Selection(str(tmp_path / "link"), single_files=[os.path.realpath(root / "net" / "mlp.py")]))
    assert set(found.files) == {"net/mlp.py"}


def test_names_that_belong_to_rla_are_left_out_at_the_top_only(project: Project) -> None:
    names = ("parameter.json", "parameter.yaml", ".snapshot.json", "uncommitted.patch")
    root = project({**dict.fromkeys(names, ""), **{f"net/{name}": "" for name in names}})
    found = find_files(Selection(str(root), names=["."]))
    assert set(found.files) == {f"net/{name}" for name in names}
    assert set(found.left_out) == set(names)
