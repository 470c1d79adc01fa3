"""No error message, no file and no index name shows the password of the configuration."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.config import Settings, load_settings
from rla.errors import ConfigSyntaxError, ConfigValueError

SECRET = "hunter2hunter2"


def test_a_syntax_error_on_its_line_shows_the_key_alone(settings_of: Callable[[str], Settings]) -> None:
    with pytest.raises(ConfigSyntaxError, match="line 2") as caught:
        settings_of(f"REMOTE_SETTING:\n  password: {SECRET}: [\n")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_value_of_a_wrong_kind_is_not_shown() -> None:
    with pytest.raises(ConfigValueError, match=r"REMOTE_SETTING\.password") as caught:
        load_settings({"REMOTE_SETTING": {"password": [SECRET]}}).get("REMOTE_SETTING.password")
    assert SECRET not in str(caught.value)


def test_no_file_of_an_experiment_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "rla_config.yaml"
    path.write_text(f"LOG_USED: [csv, log, tensorboard, json]\nREMOTE_SETTING:\n  password: {SECRET}\n")
    exp_manager.configure("demo_task", path, data_root=tmp_path / "data")
    exp_manager.log_files_gen()
    exp_manager.print_args()
    exp_manager.add_custom_data("a", 1)
    exp_manager.finish()
    files = [file for file in (tmp_path / "data").rglob("*") if file.is_file()]
    assert len(files) > 8
    assert not [file for file in files if SECRET.encode() in file.read_bytes()]
    assert exp_manager.private_config["REMOTE_SETTING"]["password"] == SECRET
