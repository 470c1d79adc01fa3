"""Relative paths: the file's from the working directory, those inside it from the file's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rla import exp_manager


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    path = tmp_path / "project" / "rla_config.yaml"
    path.write_text("LOG_USED: [csv]\n")
    return path


def test_a_bare_file_name_in_the_working_directory_works(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(config.parent)
    exp_manager.configure("demo_task", "rla_config.yaml")
    exp_manager.log_files_gen()
    assert exp_manager.data_root == str(config.parent)
    assert (config.parent / "log" / "demo_task").is_dir()


def test_a_relative_path_is_meant_from_the_working_directory(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (config.parent / "inner").mkdir()
    monkeypatch.chdir(config.parent / "inner")
    for path in ("../rla_config.yaml", Path("..") / "rla_config.yaml", "./../rla_config.yaml"):
        exp_manager.configure("demo_task", path)
        assert os.path.samefile(exp_manager.data_root, config.parent)


def test_the_data_root_of_the_file_is_meant_from_the_folder_of_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("DATA_ROOT: ../database\n")
    monkeypatch.chdir(config.parent.parent)
    exp_manager.configure("demo_task", "project/rla_config.yaml")
    assert exp_manager.data_root == str(config.parent.parent / "database")


def test_an_absolute_data_root_of_the_file_stays(config: Path, tmp_path: Path) -> None:
    config.write_text(f"DATA_ROOT: {tmp_path}/elsewhere\n")
    exp_manager.configure("demo_task", config)
    assert exp_manager.data_root == str(tmp_path / "elsewhere")


def test_the_older_name_of_the_data_root_is_understood(config: Path) -> None:
    config.write_text("LOG_ROOT: old\n")
    exp_manager.configure("demo_task", config)
    assert exp_manager.data_root == str(config.parent / "old")


def test_a_home_folder_in_the_file_is_the_users(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(config.parent.parent / "home"))
    config.write_text("DATA_ROOT: ~/database\n")
    exp_manager.configure("demo_task", config)
    assert exp_manager.data_root == str(config.parent.parent / "home" / "database")


def test_an_argument_goes_before_the_file(config: Path, tmp_path: Path) -> None:
    config.write_text("DATA_ROOT: from_file\n")
    exp_manager.configure("demo_task", config, data_root=tmp_path / "argument")
    assert exp_manager.data_root == str(tmp_path / "argument")


def test_a_later_change_of_the_working_directory_does_not_move_the_data(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)
    exp_manager.configure("demo_task", "rla_config.yaml", data_root="data")
    monkeypatch.chdir("/")
    exp_manager.log_files_gen()
    assert (config.parent / "data" / "log" / "demo_task").is_dir()
