"""A configuration of older days is read: `LOG_ROOT`, `remote_log_root`, and no data root at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla import exp_manager
from rla.config import load_settings


def write(folder: Path, text: str) -> Path:
    path = folder / "rla_config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_log_root_in_the_file_is_the_data_root(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    exp_manager.configure("demo_task", write(tmp_path, "LOG_ROOT: my_data\nLOG_USED: [csv]\n"))
    assert exp_manager.data_root == str(tmp_path / "my_data")
    exp_manager.log_files_gen()
    assert (tmp_path / "my_data" / "log" / "demo_task").is_dir()
    assert not [warning for warning in recwarn if "LOG_ROOT" in str(warning.message)]


def test_an_absolute_log_root_stays_as_it_is(tmp_path: Path) -> None:
    exp_manager.configure("demo_task", write(tmp_path, f"LOG_ROOT: {tmp_path / 'far' / 'away'}\n"))
    assert exp_manager.data_root == str(tmp_path / "far" / "away")


def test_the_argument_counts_more_than_the_log_root_of_the_file(tmp_path: Path) -> None:
    exp_manager.configure("demo_task", write(tmp_path, "LOG_ROOT: my_data\n"), data_root=tmp_path / "other")
    assert exp_manager.data_root == str(tmp_path / "other")


@pytest.mark.parametrize("text", ["DATA_ROOT: new\nLOG_ROOT: old\n", "LOG_ROOT: old\nDATA_ROOT: new\n"])
def test_the_key_of_today_counts_more_than_the_old_one(tmp_path: Path, text: str) -> None:
    exp_manager.configure("demo_task", write(tmp_path, text))
    assert exp_manager.data_root == str(tmp_path / "new")


def test_without_any_data_root_the_folder_of_the_file_serves(tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match="is now configure"):
        exp_manager.configure(task_name="demo_task", private_config_path=str(write(tmp_path, "LOG_USED: [csv]\n")))
    assert exp_manager.data_root == str(tmp_path)


def test_remote_log_root_is_the_remote_data_root(recwarn: pytest.WarningsRecorder) -> None:
    settings = load_settings({"REMOTE_SETTING": {"ftp_server": "main", "remote_log_root": "/srv/data"}})
    assert settings.require("REMOTE_SETTING.remote_data_root") == "/srv/data"
    assert settings.get("REMOTE_SETTING.ftp_server") == "main"
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize("order", [("remote_log_root", "remote_data_root"), ("remote_data_root", "remote_log_root")])
def test_the_remote_key_of_today_counts_more_than_the_old_one(order: tuple[str, str]) -> None:
    settings = load_settings({"REMOTE_SETTING": {key: f"/{key}" for key in order}})
    assert settings.require("REMOTE_SETTING.remote_data_root") == "/remote_data_root"


def test_old_keys_are_read_where_rla_is_used_under_its_old_name_only(tmp_path: Path) -> None:
    from RLA.easy_log.tester import tester

    tester.configure("demo_task", {"LOG_ROOT": str(tmp_path / "data")}, code_root=tmp_path)
    assert tester.data_root == str(tmp_path / "data")
