"""A hyper-parameter whose name says that it is a secret reaches no file."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla import HYPERPARAMETER, exp_manager, experiment_data_query
from rla.experiment.query import HyperParamResult


def start(data_root: Path, **hyper_param: object) -> None:
    exp_manager.set_hyper_param(**hyper_param)
    exp_manager.configure("demo_task", {"LOG_USED": ["csv", "log", "tensorboard"]}, data_root, code_root=data_root)
    exp_manager.add_record_param([key for key in ("lr", "api_key") if key in hyper_param])
    exp_manager.log_files_gen()
    exp_manager.print_args()
    exp_manager.finish()


SECRETS = {
    "api_key": "hunter2",
    "wandb": {"Password": "hunter2", "project": "cartpole"},
    "remote": [{"access-key": "hunter2"}],
    "token": ["hunter2", 3],
}


def test_no_file_of_the_data_root_has_them(data_root: Path) -> None:
    start(data_root, lr=0.1, **SECRETS)
    files = [path for path in data_root.rglob("*") if path.is_file()]
    assert len(files) > 8
    assert [path.name for path in files if b"hunter2" in path.read_bytes() or "hunter2" in path.name] == []


def test_what_is_no_secret_is_as_it_was(data_root: Path) -> None:
    start(data_root, lr=0.1, pad_token="<pad>", n_tokens=3, **SECRETS)
    (found,) = experiment_data_query(data_root, "demo_task", None, HYPERPARAMETER).values()
    assert isinstance(found, HyperParamResult)
    assert found.hyper_param["pad_token"] == "<pad>"
    assert found.hyper_param["wandb"] == {"Password": "***", "project": "cartpole"}
    assert found.hyper_param["token"] == ["***", 3]


def test_the_script_keeps_its_own_values(data_root: Path) -> None:
    start(data_root, **SECRETS)
    assert exp_manager.hyper_param["api_key"] == "hunter2"


def test_their_names_are_said_once(data_root: Path) -> None:
    start(data_root, **SECRETS)
    (warned,) = data_root.rglob("warn.txt")
    assert warned.read_text().count("api_key, wandb.Password, remote.0.access-key, token.0") == 1


@pytest.mark.parametrize("name", ["password", "PASSWORD", "api-key", "Private_Key"])
def test_a_secret_in_the_name_of_an_experiment_is_masked(data_root: Path, name: str) -> None:
    exp_manager.set_hyper_param(**{name: "hunter2"})
    exp_manager.add_record_param([name])
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root, code_root=data_root)
    exp_manager.log_files_gen()
    assert "hunter2" not in exp_manager.log_dir
    assert name in exp_manager.log_dir
