"""The manager answers to the attributes that older scripts read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import ARCHIVE, ExperimentManager, Logger, exp_manager, experiment_data_query
from rla.errors import NotConfiguredError

FOLDERS = {"hyparameter_dir": "hyperparameter_dir", "pkl_dir": "archive_dir", "pkl_file": "archive_file"}


def test_private_config_is_the_configuration_as_it_was_given(data_root: Path) -> None:
    config = {"LOG_USED": ["csv"], "SEND_LOG_FILE": False, "BACKUP_CONFIG": {"backup_code_dir": ["agents"]}}
    exp_manager.configure("demo_task", config, data_root=data_root, code_root=data_root)
    assert exp_manager.private_config == config
    assert exp_manager.private_config["BACKUP_CONFIG"]["backup_code_dir"] == ["agents"]


def test_private_config_is_the_content_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rla_config.yaml"
    path.write_text("LOG_USED: [csv]\nREMOTE_SETTING:\n  ftp_server: main\n", encoding="utf-8")
    exp_manager.configure("demo_task", path)
    assert exp_manager.private_config == {"LOG_USED": ["csv"], "REMOTE_SETTING": {"ftp_server": "main"}}


def test_ipaddr_is_the_node_of_the_name(start: Callable[..., None]) -> None:
    assert exp_manager.ipaddr == exp_manager.node
    start(lr=0.1)
    assert isinstance(exp_manager.ipaddr, str)
    assert f"_{exp_manager.ipaddr}_" in exp_manager.log_dir


@pytest.mark.parametrize(("old", "new"), FOLDERS.items())
def test_a_folder_by_its_old_name_is_that_of_today(start: Callable[..., None], old: str, new: str) -> None:
    start(lr=0.1)
    assert getattr(exp_manager, old) == getattr(exp_manager, new)


def test_the_old_folders_can_be_used_as_texts(start: Callable[..., None], data_root: Path) -> None:
    start(lr=0.1)
    assert exp_manager.hyparameter_dir.startswith(f"{data_root}/hyperparameter/demo_task/")
    assert exp_manager.hyparameter_dir.endswith("/")
    assert exp_manager.pkl_dir.endswith("/")
    assert exp_manager.pkl_file.startswith(exp_manager.pkl_dir)
    assert exp_manager.pkl_file.endswith(".pkl")
    assert Path(exp_manager.pkl_file).is_file()
    assert Path(exp_manager.hyparameter_dir + "parameter.json").is_file()


@pytest.mark.parametrize("old", FOLDERS)
def test_a_folder_by_its_old_name_needs_an_experiment(old: str) -> None:
    with pytest.raises(NotConfiguredError, match="log_files_gen"):
        getattr(exp_manager, old)


def test_the_twin_of_an_archived_experiment_has_the_old_names_of_the_folders(
    start: Callable[..., None], data_root: Path
) -> None:
    start(lr=0.1)
    expected = {old: getattr(exp_manager, old) for old in FOLDERS}
    exp_manager.finish()
    (result,) = experiment_data_query(data_root, "demo_task", None, ARCHIVE).values()
    assert {old: getattr(result.exp_manager, old) for old in FOLDERS} == expected


def test_old_methods_give_what_those_of_today_give(start: Callable[..., None]) -> None:
    start(lr=0.1)
    exp_manager.set_timestep(12)
    assert exp_manager.get_timstep() == 12
    assert exp_manager.get_task_table_name() == "demo_task"


def test_a_manager_of_ones_own_has_the_old_names_too(tmp_path: Path) -> None:
    manager = ExperimentManager(Logger())
    with pytest.warns(DeprecationWarning, match="is now configure"):
        manager.configure(task_name="demo_task", rla_config={"LOG_USED": []}, code_root=tmp_path)
    assert manager.private_config == {"LOG_USED": []}
    assert manager.ipaddr == exp_manager.ipaddr
    assert exp_manager.settings is None
