"""A dict serves as configuration, together with the folder of the code."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from rla import exp_manager
from rla.errors import ConfigError


def test_a_dict_needs_code_root(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="code_root"):
        exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=tmp_path)


def test_a_dict_with_code_root_configures(tmp_path: Path) -> None:
    config = {"LOG_USED": ["csv"], "DL_FRAMEWORK": "torch"}
    exp_manager.configure("demo_task", config, data_root=tmp_path / "data", code_root=tmp_path)
    assert exp_manager.data_root == str(tmp_path / "data")
    assert exp_manager.private_config == config


def test_without_a_data_root_the_code_root_serves(tmp_path: Path) -> None:
    exp_manager.configure("demo_task", {}, code_root=tmp_path)
    assert exp_manager.data_root == str(tmp_path)


def test_a_mapping_of_another_package_is_as_good_as_a_dict(tmp_path: Path) -> None:
    config = OmegaConf.create({"LOG_USED": ["csv"], "REMOTE_SETTING": {"port": 21}})
    exp_manager.configure("demo_task", config, data_root=tmp_path, code_root=tmp_path)
    assert exp_manager.settings is not None
    assert exp_manager.settings.log_used == ("csv",)
    assert exp_manager.settings.get("REMOTE_SETTING.port") == 21


def test_a_change_of_the_dict_afterwards_changes_nothing(tmp_path: Path) -> None:
    config = {"LOG_USED": ["csv"], "REMOTE_SETTING": {"port": 21}}
    exp_manager.configure("demo_task", config, data_root=tmp_path, code_root=tmp_path)
    config["REMOTE_SETTING"]["port"] = 99  # type: ignore[call-overload]
    assert exp_manager.settings is not None
    assert exp_manager.settings.get("REMOTE_SETTING.port") == 21
