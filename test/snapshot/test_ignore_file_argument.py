"""`ignore_file_path` of configure stands in place of the ignore files that the configuration names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.config import Settings, load_settings
from rla.errors import RLAWarning
from rla.snapshot.selection import Selection, find_files


@pytest.fixture
def root(project: Callable[..., Path]) -> Path:
    return project({"a.txt": "", "b.txt": "", "first.ignore": "a.txt\n*.ignore", "second.ignore": "b.txt\n*.ignore"})


@pytest.fixture
def settings() -> Settings:
    return load_settings({"BACKUP_CONFIG": {"backup_code_dir": ["."], "ignore_code_paths": ["first.ignore"]}})


def kept(settings: Settings, root: Path, ignore_file_path: Any = None) -> set[str]:
    """Return what is kept, without the ignore files that count: they always are."""
    selection = Selection.from_settings(settings, str(root), ignore_file_path)
    return set(find_files(selection).files) - {Path(path).name for path in selection.ignore_files}


def test_the_files_that_count_are_kept_themselves(settings: Settings, root: Path) -> None:
    assert "first.ignore" in find_files(Selection.from_settings(settings, str(root))).files


def test_without_it_those_of_the_configuration_count(settings: Settings, root: Path) -> None:
    assert kept(settings, root) == {"b.txt"}


@pytest.mark.parametrize("given", ["second.ignore", Path("second.ignore"), ["second.ignore"]])
def test_it_replaces_those_of_the_configuration(settings: Settings, root: Path, given: Any) -> None:
    assert kept(settings, root, given) == {"a.txt"}


def test_several_count_together(settings: Settings, root: Path) -> None:
    assert kept(settings, root, ["second.ignore", "first.ignore"]) == set()


def test_an_empty_list_ignores_nothing(settings: Settings, root: Path) -> None:
    assert kept(settings, root, []) == {"a.txt", "b.txt", "first.ignore", "second.ignore"}


def test_it_is_found_from_the_working_directory_too(
    settings: Settings, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "third.ignore").write_text("*.ignore\n")
    monkeypatch.chdir(tmp_path)
    assert kept(settings, root, "third.ignore") == {"a.txt", "b.txt"}


def test_a_missing_one_warns_with_the_nearest_name(settings: Settings, root: Path) -> None:
    with pytest.warns(RLAWarning, match=r"ignore_file_path='secnd\.ignore'.*'second\.ignore'"):
        assert "a.txt" in kept(settings, root, ["secnd.ignore"])


def test_a_missing_one_of_the_configuration_is_left_out_and_does_not_warn(root: Path) -> None:
    settings = load_settings({"BACKUP_CONFIG": {"backup_code_dir": ["."], "ignore_code_paths": ["frst.ignore"]}})
    found = find_files(Selection.from_settings(settings, str(root)))
    assert "'first.ignore'" in found.left_out["frst.ignore"]


def test_the_largest_file_is_told_in_mib(root: Path) -> None:
    settings = load_settings({"BACKUP_CONFIG": {"largest_file_mb": 3}})
    assert Selection.from_settings(settings, str(root)).largest == 3 * 2**20
