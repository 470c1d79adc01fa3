"""Each name of `easy_log.exp_loader`: called once, and its result looked at."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from RLA.easy_log import exp_loader as module
from RLA.easy_log.exp_loader import ExperimentLoader, fork_log_file_fn, update_hyper_parameters_fn

from rla import RLAWarning, exp_manager, logger, read_progress
from rla.errors import (
    AmbiguousExperimentError,
    CheckpointNotFoundError,
    ExperimentNotFoundError,
    QueryError,
    UntrustedPickleError,
)

Begin = Callable[..., None]


class Normalizer:
    """What is no plain data."""

    def __init__(self) -> None:
        self.mean = 0.5


@pytest.fixture
def begin(data_root: Path) -> Begin:
    """Begin an experiment of the global manager: ``begin(lr=0.1)``."""

    def begin_experiment(trust: bool = False, **hyper_param: Any) -> None:
        exp_manager.hyper_param = hyper_param
        config = {"LOG_USED": ["csv", "log"], "DL_FRAMEWORK": "plain", "trust_own_archives": trust}
        exp_manager.configure("demo", config, data_root=data_root, code_root=data_root)
        exp_manager.log_files_gen()

    return begin_experiment


@pytest.fixture
def earlier(begin: Begin) -> str:
    """The record date of an experiment with rows up to step 30 and a checkpoint of step 20."""
    begin(lr=0.1, agent={"net": {"layers": [64, 64]}, "device": "cuda"}, key=lambda: 0, token="abc", loaded_date="")
    for step in (10, 20, 30):
        exp_manager.set_timestep(step)
        logger.record_tabular("loss", step)
        logger.dump_tabular()
        if step == 20:
            exp_manager.save_checkpoint({"weights": np.arange(3)}, {"best": 7.5, "normalizer": Normalizer()})
    date = exp_manager.record_date_to_str(exp_manager.record_date)
    exp_manager.finish()
    exp_manager.hyper_param = {}
    return date


@pytest.fixture
def loader(earlier: str, data_root: Path) -> ExperimentLoader:
    """A loader for that experiment."""
    configured = ExperimentLoader()
    configured.config(task_name="demo", record_date=earlier, root=str(data_root))
    return configured


def parameters() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(exp_manager.log_dir, "parameter.json").read_text())
    return content


# ---- the loader ------------------------------------------------------------------------------------------------------


def test_exp_loader_and_experimental_loader_are_one_and_not_configured() -> None:
    assert module.exp_loader is module.experimental_loader
    assert isinstance(module.exp_loader, ExperimentLoader)
    assert not module.exp_loader.is_valid_config


@pytest.mark.parametrize("values", [("", "", ""), ("demo", True, "data"), ("", True, ""), ("demo", None, "data")])
def test_what_is_not_configured_changes_nothing(values: tuple[Any, Any, Any], begin: Begin) -> None:
    loader = ExperimentLoader()
    loader.config(*values)
    assert not loader.is_valid_config
    begin(lr=0.2, agent={"net": "small"})
    assert loader.load_from_record_date() == (0, {}, {})
    current = loader.import_hyper_parameters()
    assert (current.lr, current.agent.net) == (0.2, "small")
    assert loader.get_hyperparameters() == current
    with pytest.warns(RLAWarning, match=r"fork_log_files\(\) does nothing: config\("):
        loader.fork_log_files()
    assert read_progress(exp_manager.log_dir).rows == []


def test_config_takes_the_task_by_both_names(earlier: str, data_root: Path) -> None:
    loader = ExperimentLoader()
    loader.config(task_table_name="demo", record_date=datetime.now(), root=data_root)  # type: ignore[call-arg]
    assert loader.is_valid_config
    assert loader.task_name == "demo"
    with pytest.raises(TypeError, match="got both 'task_table_name' and 'task_name'"):
        loader.config("demo", earlier, data_root, task_name="a", task_table_name="b")  # type: ignore[call-arg,misc]


def test_get_hyperparameters_changes_nothing(loader: ExperimentLoader, earlier: str) -> None:
    exp_manager.set_hyper_param(lr=0.2, seed=3)
    values = loader.get_hyperparameters()
    assert (values.lr, values.seed, values.loaded_date, values.loaded_task_name) == (0.1, 3, earlier, "demo")
    assert exp_manager.hyper_param == {"lr": 0.2, "seed": 3}


def test_import_hyper_parameters(loader: ExperimentLoader, earlier: str, begin: Begin) -> None:
    begin(lr=0.2, seed=3, agent={"net": {"layers": [8]}, "device": "cpu"}, key=print, token="mine", loaded_date="old")
    exp_manager.set_timestep(0)
    values = loader.import_hyper_parameters(hp_to_overwrite=["agent.device", "seed"], sync_timestep=True)
    assert values.agent.net.layers == [64, 64]
    assert values.agent.device == "cpu"
    assert (values.lr, values.seed, values.loaded_date) == (0.1, 3, earlier)
    assert exp_manager.get_timestep() == 20
    held = exp_manager.hyper_param
    assert (held["lr"], held["key"], held["token"], held["loaded_date"]) == (0.1, print, "mine", earlier)
    assert "loaded_task_name" not in held
    written = parameters()
    assert written["agent"] == {"net": {"layers": [64, 64]}, "device": "cpu"}
    assert (written["lr"], written["token"]) == (0.1, "***")
    logger.flush()
    assert "changed" in Path(exp_manager.log_dir, "backup.txt").read_text()


def test_a_name_of_hp_to_overwrite_that_is_not_set_is_told(loader: ExperimentLoader) -> None:
    exp_manager.set_hyper_param(device="cpu")
    with pytest.warns(RLAWarning, match="names 'devise', which is not set now. Did you mean 'device'?"):
        loader.get_hyperparameters(["devise"])


def test_load_from_record_date(loader: ExperimentLoader) -> None:
    with pytest.warns(RLAWarning, match=r"normalizer of 'demo/.*' is no plain data, and was not loaded"):
        step, content, variables = loader.load_from_record_date(verbose=False)
    assert (step, content["weights"].tolist(), variables) == (20, [0, 1, 2], {"best": 7.5})


def test_load_from_record_date_with_names(loader: ExperimentLoader) -> None:
    found = loader.load_from_record_date(
        var_prefix="", variable_list=["best"], ckp_index=20, checkpoint_name="checkpoint"
    )
    assert (found[0], found[2]) == (20, {"best": 7.5})
    with pytest.raises(UntrustedPickleError, match="normalizer"):
        loader.load_from_record_date(variable_list=["normalizer"])
    with pytest.raises(KeyError, match="has no variable 'bset'; it has: best, normalizer"):
        loader.load_from_record_date(variable_list=["bset"])
    with pytest.raises(CheckpointNotFoundError):
        loader.load_from_record_date(ckp_index=21)


@pytest.mark.parametrize("by_argument", [True, False])
def test_what_is_no_plain_data_comes_when_it_is_trusted(
    loader: ExperimentLoader, begin: Begin, by_argument: bool
) -> None:
    begin(trust=not by_argument)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        variables = loader.load_from_record_date(trust=True if by_argument else None)[2]
    assert variables["normalizer"].mean == 0.5


def test_fork_log_files(loader: ExperimentLoader, begin: Begin) -> None:
    begin(lr=0.2)
    loader.fork_log_files(hp_to_overwrite=["lr"], sync_timestep=False)
    assert exp_manager.get_timestep() == 0
    assert [row["loss"] for row in read_progress(exp_manager.log_dir).rows] == [10, 20, 30]
    assert parameters() == {"lr": 0.2}


# ---- the functions ---------------------------------------------------------------------------------------------------

ORDERS = [
    lambda task, date, root: ((root, task, date), {}),
    lambda task, date, root: ((task, date, root), {}),
    lambda task, date, root: ((task,), {"record_date": date, "root": root}),
    lambda task, date, root: ((), {"task_table_name": task, "record_date": date, "root": Path(root)}),
]


def test_fork_log_file_fn_takes_both_orders(earlier: str, begin: Begin, data_root: Path) -> None:
    for order in (ORDERS[0], ORDERS[1], ORDERS[3]):
        begin()
        arguments, keywords = order("demo", earlier, str(data_root))
        fork_log_file_fn(*arguments, **keywords, sync_timestep=True)
        assert exp_manager.get_timestep() == 20


def test_update_hyper_parameters_fn_takes_both_orders(earlier: str, data_root: Path) -> None:
    for order in ORDERS:
        exp_manager.hyper_param = {"lr": 0.2, "device": "cpu"}
        arguments, keywords = order("demo", earlier, str(data_root))
        values = update_hyper_parameters_fn(*arguments, **keywords, hp_to_overwrite=["device"], sync_timestep=True)
        assert (values.lr, values.device, exp_manager.hyper_param["lr"]) == (0.1, "cpu", 0.1)
        assert values.loaded_task_name == "demo"


def test_a_record_date_that_matches_none_or_several(earlier: str, begin: Begin, data_root: Path) -> None:
    begin(lr=0.2)
    for function in (fork_log_file_fn, update_hyper_parameters_fn):
        with pytest.raises(ExperimentNotFoundError, match="No experiment '1999/01/01/00-00-00-000000' in log/demo"):
            function("demo", "1999/01/01/00-00-00-000000", str(data_root))
        with pytest.raises(AmbiguousExperimentError, match="names 2 experiments"):
            function("demo", earlier[:10], str(data_root))
        with pytest.raises(ExperimentNotFoundError, match=r"there is no such task. Did you mean 'demo'\?"):
            function("domo", earlier, str(data_root))


def test_an_experiment_without_checkpoint_gives_its_last_row(begin: Begin, data_root: Path) -> None:
    begin()
    logger.record_tabular("loss", 1)
    logger.dump_tabular(7)
    date = exp_manager.record_date_to_str(exp_manager.record_date)
    begin()
    fork_log_file_fn(str(data_root), "demo", date, sync_timestep=True)
    assert exp_manager.get_timestep() == 7
    loader = ExperimentLoader()
    loader.config("demo", date, data_root)
    with pytest.raises(CheckpointNotFoundError):
        loader.load_from_record_date()
    own = exp_manager.record_date_to_str(exp_manager.record_date)
    with pytest.raises(QueryError, match="cannot be forked into itself"):
        fork_log_file_fn(str(data_root), "demo", own)


def test_an_experiment_of_which_only_parameters_are_left(begin: Begin, data_root: Path) -> None:
    folder = data_root / "hyperparameter/old/2026/11/20/13-05-01-000001_10.0.0.1_&lr=0.1"
    folder.mkdir(parents=True)
    (folder / "parameter.json").write_text('{"lr": 0.1, "net": {"layers": 2}}')
    begin(lr=0.2)
    date = "2026/11/20/13-05-01-000001"
    assert update_hyper_parameters_fn("old", date, data_root).net.layers == 2
    with pytest.raises(ExperimentNotFoundError, match="has none of the trees checkpoint, tmp_data, results, log"):
        fork_log_file_fn("old", date, data_root)
    loader = ExperimentLoader()
    loader.config("old", date, data_root)
    with pytest.raises(CheckpointNotFoundError):
        loader.load_from_record_date()
