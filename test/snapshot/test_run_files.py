"""`run_file` names further files: below the code root they keep their place, from elsewhere their base name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.config import load_settings
from rla.errors import RLAWarning
from rla.snapshot.selection import Selection, find_files
from rla.snapshot.take import Snapshot

Project = Callable[..., Path]
Keep = Callable[..., tuple[Snapshot, Path]]


def selected(root: Path, run_file: Any, **options: Any) -> Selection:
    return Selection.from_settings(load_settings({}), str(root), run_file=run_file, **options)


@pytest.fixture
def root(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = project({"train.py": "", "scripts/run.sh": "", "scripts/more/a.sh": ""})
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "job.sh").write_text("")
    (tmp_path / "cwd" / "train.py").write_text("another one")
    monkeypatch.chdir(tmp_path / "cwd")
    return root


@pytest.mark.parametrize("run_file", ["scripts/run.sh", Path("scripts/run.sh"), ["scripts/run.sh"], {"scripts/run.sh"}])
def test_a_path_below_the_code_root_keeps_its_place(root: Path, run_file: Any) -> None:
    assert set(find_files(selected(root, run_file)).files) == {"scripts/run.sh"}


def test_the_code_root_goes_before_the_working_directory(root: Path) -> None:
    assert find_files(selected(root, "train.py")).files == {"train.py": str(root / "train.py")}


def test_a_path_from_the_working_directory_is_kept_by_its_base_name(root: Path, tmp_path: Path) -> None:
    assert find_files(selected(root, "job.sh")).files == {"job.sh": str(tmp_path / "cwd" / "job.sh")}


def test_an_absolute_path_outside_is_kept_by_its_base_name(root: Path, tmp_path: Path) -> None:
    assert set(find_files(selected(root, tmp_path / "cwd" / "job.sh")).files) == {"job.sh"}


def test_several_are_kept(root: Path) -> None:
    assert set(find_files(selected(root, ["train.py", Path("scripts/run.sh"), "job.sh"])).files) == {
        "train.py",
        "scripts/run.sh",
        "job.sh",
    }


def test_a_folder_is_kept_with_all_below_it(root: Path) -> None:
    assert set(find_files(selected(root, "scripts")).files) == {"scripts/run.sh", "scripts/more/a.sh"}


def test_no_ignore_file_leaves_it_out(root: Path) -> None:
    (root / ".gitignore").write_text("*\n")
    selection = selected(root, "scripts/run.sh", ignore_file_path=".gitignore")
    assert set(find_files(selection).files) == {"scripts/run.sh", ".gitignore"}


def test_a_missing_one_warns_with_the_nearest_name(root: Path) -> None:
    with pytest.warns(RLAWarning, match=r"run_file='scripts/rum\.sh'.*'run\.sh'"):
        selection = selected(root, ["scripts/rum.sh", "train.py"])
    assert set(find_files(selection).files) == {"train.py"}


def test_the_script_and_the_configuration_are_kept(root: Path, tmp_path: Path) -> None:
    (root / "rla_config.yaml").write_text("")
    settings = load_settings(root / "rla_config.yaml")
    selection = Selection.from_settings(settings, str(root), script=str(root / "train.py"))
    assert set(find_files(selection).files) == {"train.py", "rla_config.yaml"}
    elsewhere = Selection.from_settings(load_settings({}), str(root), script=str(tmp_path / "cwd" / "job.sh"))
    assert set(find_files(elsewhere).files) == {"job.sh"}


def test_a_program_that_is_installed_is_not_kept(root: Path) -> None:
    assert pytest.__file__ is not None
    selection = Selection.from_settings(load_settings({}), str(root), script=pytest.__file__)
    assert find_files(selection).files == {}


def test_one_from_elsewhere_does_not_take_the_place_of_a_file_of_the_project(
    root: Path, keep: Keep, tmp_path: Path
) -> None:
    _, code = keep(root, single_files=[str(tmp_path / "cwd" / "train.py")])
    assert (code / "train.py").read_text() == ""


def test_two_of_the_same_base_name_are_both_kept_or_named(root: Path, keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "job.sh").write_text("a second one")
    snapshot, _ = keep(root, names=[], single_files=[str(tmp_path / "job.sh"), str(tmp_path / "cwd" / "job.sh")])
    assert len(snapshot.manifest.files) + len(snapshot.manifest.left_out) == 2


def test_a_base_name_that_is_a_folder_of_the_project_ends_no_snapshot(root: Path, keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "scripts").write_text("no folder")
    _, code = keep(root, single_files=[str(tmp_path / "scripts")])
    assert (code / "scripts" / "run.sh").exists()


def test_the_root_itself_is_kept_once(root: Path, keep: Keep) -> None:
    snapshot, _ = keep(root, single_files=[str(root)])
    assert set(snapshot.manifest.files) == {"train.py", "scripts/run.sh", "scripts/more/a.sh"}


def test_a_script_that_is_a_link_is_kept_beside_its_target(root: Path, keep: Keep) -> None:
    (root / "run.sh").symlink_to("scripts/run.sh")
    _, code = keep(root, single_files=[str(root / "run.sh")])
    assert os.path.samefile(code / "run.sh", code / "scripts" / "run.sh") or (code / "run.sh").read_text() == ""
