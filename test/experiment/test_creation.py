"""`log_files_gen` makes an experiment in seven trees, with its parameters and its card."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from rla import TREES, __version__, exp_manager, time_step_holder
from rla.errors import NotConfiguredError
from rla.machine import host_name, node_address, process_start

Start = Callable[..., None]
FOLDERS = {
    "log_dir": "log",
    "code_dir": "code",
    "checkpoint_dir": "checkpoint",
    "results_dir": "results",
    "tmp_data_dir": "tmp_data",
    "hyperparameter_dir": "hyperparameter",
    "hyparameter_dir": "hyperparameter",
}


def test_all_seven_trees_have_the_same_index_name(start: Start, data_root: Path) -> None:
    start(env_id="CartPole-v1", lr=0.001)
    (log,) = data_root.glob("log/demo_task/*/*/*/*")
    for tree in TREES:
        name = f"{log.name}.pkl" if tree == "archive_tester" else log.name
        assert [path.name for path in data_root.glob(f"{tree}/demo_task/*/*/*/*")] == [name]
    assert sorted(path.name for path in data_root.iterdir()) == sorted(TREES)


def test_the_index_name_is_made_of_date_node_and_tracked_parameters(start: Start, data_root: Path) -> None:
    start(env_id="CartPole-v1", layers=[64, 64])
    (log,) = data_root.glob("log/demo_task/*/*/*/*")
    node = re.escape(node_address())
    assert re.fullmatch(rf"\d\d-\d\d-\d\d-\d{{6}}_{node}_&env_id=CartPole-v1&layers={{64, 64}}", log.name)
    moment = exp_manager.record_date
    assert isinstance(moment, datetime)
    assert exp_manager.record_date_to_str(moment) == "/".join(log.parts[-4:-1]) + "/" + log.name.split("_")[0]


def test_an_index_name_without_tracked_parameters_ends_in_an_ampersand(start: Start) -> None:
    start()
    assert exp_manager.log_dir.endswith("_&/")


@pytest.mark.parametrize(("attribute", "tree"), FOLDERS.items())
def test_each_folder_is_a_text_that_ends_in_a_slash(start: Start, data_root: Path, attribute: str, tree: str) -> None:
    start(lr=0.1)
    folder = getattr(exp_manager, attribute)
    assert type(folder) is str
    assert folder.endswith("/")
    assert not folder.endswith("//")
    assert os.path.isdir(folder)
    assert os.path.isabs(folder)
    (made,) = data_root.glob(f"{tree}/demo_task/*/*/*/*")
    assert folder == f"{made}/"


def test_the_archive_file_lies_in_its_folder(start: Start) -> None:
    start(lr=0.1)
    assert exp_manager.pkl_file.endswith("_&lr=0.1.pkl")
    assert exp_manager.pkl_dir.endswith("/")
    assert os.path.dirname(exp_manager.pkl_file) + "/" == exp_manager.pkl_dir
    assert os.path.isfile(exp_manager.pkl_file)


def test_the_other_attributes_are_there(start: Start, data_root: Path) -> None:
    start("group/demo", lr=0.1)
    assert exp_manager.hyper_param == {"lr": 0.1}
    assert exp_manager.data_root == str(data_root)
    assert exp_manager.task_table_name == exp_manager.get_task_table_name() == "group/demo"
    assert exp_manager.ipaddr == node_address()
    assert exp_manager.private_config["LOG_USED"] == ["csv", "tensorboard", "log"]
    assert exp_manager.time_step_holder is time_step_holder
    assert exp_manager.custom_data == {}
    assert exp_manager.is_master_node is False
    assert callable(exp_manager.writer.add_text)


def test_its_parameters_stand_in_three_trees_as_plain_json_and_yaml(start: Start) -> None:
    start(lr=0.001, layers=[64, 64], name="größe: #1", agent={"on": True, "none": None})
    for folder in (exp_manager.log_dir, exp_manager.code_dir, exp_manager.hyperparameter_dir):
        in_json = json.loads(Path(folder, "parameter.json").read_text(encoding="utf-8"))
        in_yaml = yaml.safe_load(Path(folder, "parameter.yaml").read_text(encoding="utf-8"))
        assert in_json == in_yaml == exp_manager.hyper_param


def test_the_run_card_says_what_runs_where(start: Start) -> None:
    before = datetime.now().timestamp()
    start(size=(1, 2))
    card = json.loads(Path(exp_manager.log_dir, "experiment.json").read_text())
    date = exp_manager.record_date_to_str(exp_manager.record_date)
    assert card["id"] == f"{date}_{node_address()}"
    assert (card["task"], card["record_date"], card["node"]) == ("demo_task", date, node_address())
    assert card["index_name"] == Path(exp_manager.log_dir).name
    assert (card["status"], card["end"], card["reason"], card["dropped_rows"]) == ("running", None, None, 0)
    assert before <= card["start"] == card["heartbeat"]
    assert (card["host"], card["pid"], card["process_start"]) == (host_name(), os.getpid(), process_start())
    assert card["command"][0] == sys.executable
    assert card["working_directory"] == os.getcwd()
    assert (card["python"], card["rla_version"]) == (platform.python_version(), __version__)
    assert (card["schema"], card["parent"], card["tags"]) == (1, None, [])
    assert card["types"] == {"/size": "tuple"}
    assert card["user"]


@pytest.mark.parametrize("attribute", [*FOLDERS, "pkl_file", "pkl_dir", "record_date"])
def test_before_there_is_an_experiment_each_attribute_says_what_to_call(attribute: str) -> None:
    with pytest.raises(NotConfiguredError, match="log_files_gen") as caught:
        getattr(exp_manager, attribute)
    assert isinstance(caught.value, RuntimeError)


def test_log_files_gen_before_configure_says_so_and_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exp_manager.set_hyper_param(lr=0.1)
    with pytest.raises(NotConfiguredError, match=r"log_files_gen\(\) needs more.*configure"):
        exp_manager.log_files_gen()
    assert list(tmp_path.iterdir()) == []


def test_configure_makes_nothing_on_the_disk(tmp_path: Path) -> None:
    exp_manager.configure("demo_task", {}, data_root=tmp_path / "data", code_root=tmp_path)
    exp_manager.set_hyper_param(lr=0.1)
    assert list(tmp_path.iterdir()) == []


def test_other_users_may_read_what_was_written(start: Start, data_root: Path) -> None:
    before = os.umask(0o022)
    try:
        start(lr=0.1)
        exp_manager.finish()
    finally:
        os.umask(before)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in data_root.rglob("*") if path.is_file()}
    assert set(modes.values()) == {"0o644"}


def test_nothing_half_written_is_left(start: Start, data_root: Path) -> None:
    start(lr=0.1)
    exp_manager.finish()
    assert not [path for path in data_root.rglob("*") if path.name.endswith(".tmp") or path.name == ".journal"]
