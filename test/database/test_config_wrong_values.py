"""A wrong value is an error where it is used, which names key, file and accepted values, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.config import Settings, load_settings
from rla.errors import ConfigValueError

Reader = Callable[[str | bytes], Settings]


def test_an_unknown_framework_is_told_at_configure_with_the_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "rla_config.yaml"
    path.write_text("DL_FRAMEWORK: tensorflw\n")
    with pytest.raises(ConfigValueError, match="Did you mean 'tensorflow'") as caught:
        exp_manager.configure("demo_task", path)
    for part in ("DL_FRAMEWORK", str(path), "'tensorflw'", "torch, plain, jax, tensorflow"):
        assert part in str(caught.value)


def test_an_unknown_log_format_is_told_at_configure_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigValueError, match="Did you mean 'tensorboard'") as caught:
        exp_manager.configure("demo_task", {"LOG_USED": ["csv", "tensorbord"]}, tmp_path, code_root=tmp_path)
    assert "stdout, log, tensorboard, csv, json" in str(caught.value)
    assert "the configuration dict" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SEND_LOG_FILE", "maybe"),
        ("REMOTE_SETTING.port", "twenty"),
        ("REMOTE_SETTING.port", True),
        ("REMOTE_SETTING.file_transfer_protocol", "scp"),
        ("PROJECT_TYPE.backup_code_by", "zip"),
        ("BACKUP_CONFIG.backup_code_dir", {"a": 1}),
        ("BACKUP_CONFIG.backup_code_dir", [1, 2]),
        ("DATA_ROOT", ["a"]),
        ("LOG_USED", 5),
    ],
)
def test_a_value_of_a_wrong_kind_names_key_and_value_where_it_is_used(key: str, value: object) -> None:
    section, _, name = key.rpartition(".")
    settings = load_settings({section: {name: value}} if section else {name: value})
    with pytest.raises(ConfigValueError, match=key) as caught:
        settings.get(key)
    assert repr(value) in str(caught.value)


def test_a_section_that_is_no_section_is_an_error_only_where_it_is_used() -> None:
    settings = load_settings({"REMOTE_SETTING": ["host", "me"], "DL_FRAMEWORK": "torch"})
    assert settings.framework == "torch"
    with pytest.raises(ConfigValueError, match=r"REMOTE_SETTING\.port"):
        settings.get("REMOTE_SETTING.port")


def test_a_needed_key_without_a_value_is_named() -> None:
    with pytest.raises(ConfigValueError, match=r"REMOTE_SETTING\.ftp_server in the configuration dict is nothing"):
        load_settings({}).require("REMOTE_SETTING.ftp_server")


@pytest.mark.parametrize("remote", ["", "REMOTE_SETTING:\n", "REMOTE_SETTING: none of your business\n"])
def test_wrong_values_of_keys_that_nobody_uses_do_not_stop_an_experiment(tmp_path: Path, remote: str) -> None:
    path = tmp_path / "rla_config.yaml"
    path.write_text(f"LOG_USED: [csv]\nSEND_LOG_FILE: False\n{remote}")
    exp_manager.configure("demo_task", path, data_root=tmp_path / "data")
    exp_manager.log_files_gen()
    assert Path(exp_manager.log_dir).is_dir()


def test_a_format_may_be_named_twice(settings_of: Reader) -> None:
    assert settings_of("LOG_USED: [csv, log, csv]\n").log_used == ("csv", "log")


def test_tensorflow_as_framework_needs_no_tensorflow_to_log(tmp_path: Path) -> None:
    config = {"LOG_USED": ["csv"], "DL_FRAMEWORK": "tensorflow"}
    exp_manager.configure("demo_task", config, data_root=tmp_path, code_root=tmp_path)
    exp_manager.log_files_gen()
    exp_manager.logger.record_tabular("a", 1)
    assert exp_manager.logger.dump_tabular()["a"] == 1


def test_a_name_of_digits_is_a_text() -> None:
    assert load_settings({"REMOTE_SETTING": {"username": 1234}}).get("REMOTE_SETTING.username") == "1234"
