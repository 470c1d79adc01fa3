"""`add_record_param` chooses which hyper-parameters the name of an experiment shows."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import pytest
from dotmap import DotMap
from omegaconf import OmegaConf

from rla import exp_manager
from rla.errors import RLAWarning, UnknownParameterError


@pytest.fixture(autouse=True)
def configured(tmp_path: Path) -> None:
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=tmp_path, code_root=tmp_path)


def shown() -> str:
    exp_manager.log_files_gen()
    return exp_manager.log_dir.rstrip("/").partition("_&")[2]


def test_an_unknown_name_is_a_key_error_that_lists_those_there_are() -> None:
    exp_manager.set_hyper_param(learning_rate=1, seed=2)
    with pytest.raises(UnknownParameterError, match="Did you mean 'learning_rate'") as caught:
        exp_manager.add_record_param(["lerning_rate"])
    assert isinstance(caught.value, KeyError)
    assert "learning_rate, seed" in str(caught.value)


def test_with_no_parameters_at_all_it_says_what_to_call() -> None:
    with pytest.raises(KeyError, match="set_hyper_param"):
        exp_manager.add_record_param(["lr"])


def test_names_add_up_in_order_and_once() -> None:
    exp_manager.set_hyper_param(a=1, b=2, c=3)
    exp_manager.add_record_param(["c"])
    exp_manager.add_record_param(("a", "c"))
    assert shown() == "c=3&a=1"


def test_one_name_may_be_a_text() -> None:
    exp_manager.set_hyper_param(lr=1, l=2, r=3)
    exp_manager.add_record_param("lr")
    assert shown() == "lr=1"


def test_clear_record_param_empties() -> None:
    exp_manager.set_hyper_param(a=1, b=2)
    exp_manager.add_record_param(["a"])
    exp_manager.clear_record_param()
    exp_manager.add_record_param(["b"])
    assert shown() == "b=2"


@dataclasses.dataclass
class Agent:
    lr: float = 0.1
    net: dict[str, int] = dataclasses.field(default_factory=lambda: {"width": 64})


@pytest.mark.parametrize(
    "agent",
    [
        {"lr": 0.1, "net": {"width": 64}},
        Agent(),
        argparse.Namespace(lr=0.1, net=argparse.Namespace(width=64)),
        OmegaConf.create({"lr": 0.1, "net": {"width": 64}}),
        DotMap(lr=0.1, net=DotMap(width=64)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_dots_go_down_into_nested_values_of_every_kind(agent: object) -> None:
    exp_manager.set_hyper_param(agent=agent)
    exp_manager.add_record_param(["agent.lr", "agent.net.width"])
    assert shown() == "agent.lr=0.1&agent.net.width=64"


def test_a_number_after_a_dot_is_a_place_in_a_list() -> None:
    exp_manager.set_hyper_param(layers=[64, {"width": 32}])
    exp_manager.add_record_param(["layers.0", "layers.1.width"])
    assert shown() == "layers.0=64&layers.1.width=32"


def test_a_name_that_has_a_dot_itself_is_found() -> None:
    exp_manager.update_hyper_param("agent.lr", 3)
    exp_manager.add_record_param(["agent.lr"])
    assert shown() == "agent.lr=3"


@pytest.mark.parametrize("key", ["agent.learning_rate", "agnt.lr", "agent.lr.more", "layers.7", "agent."])
def test_a_missing_dotted_name_warns_and_is_left_out(key: str) -> None:
    exp_manager.set_hyper_param(agent={"lr": 0.1}, layers=[1])
    with pytest.warns(RLAWarning, match=f"'{key}' is left out") as caught:
        exp_manager.add_record_param([key, "agent.lr"])
    assert len(caught) == 1
    assert shown() == "agent.lr=0.1"


def test_the_warning_names_candidates_of_that_level() -> None:
    exp_manager.set_hyper_param(agent={"learning_rate": 0.1, "gamma": 1})
    with pytest.warns(RLAWarning, match=r"agent\.learning_rate, agent\.gamma"):
        exp_manager.add_record_param(["agent.lerning_rate"])


def test_the_value_is_that_at_the_start_of_the_experiment() -> None:
    exp_manager.set_hyper_param(lr=1)
    exp_manager.add_record_param(["lr"])
    exp_manager.hyper_param["lr"] = 2
    assert shown() == "lr=2"


def test_parameters_may_be_set_before_configure_too(tmp_path: Path) -> None:
    exp_manager.set_hyper_param(lr=1)
    exp_manager.add_record_param(["lr"])
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=tmp_path, code_root=tmp_path)
    exp_manager.set_hyper_param(seed=2)
    exp_manager.add_record_param(["seed"])
    assert shown() == "lr=1&seed=2"


def test_the_parameters_are_the_callers_own_objects_and_can_be_replaced() -> None:
    function = abs
    exp_manager.set_hyper_param(f=function)
    assert exp_manager.hyper_param["f"] is function
    assert type(exp_manager.hyper_param) is dict
    exp_manager.hyper_param = vars(argparse.Namespace(lr=0.5))
    exp_manager.add_record_param(["lr"])
    assert shown() == "lr=0.5"


@pytest.mark.parametrize(
    "value",
    ["a/b", "../..", "two\nlines", "x" * 300, "🚀🚀", "nul\0", "[1]*?", "\ud800"],
)
def test_any_value_can_be_tracked(value: str) -> None:
    exp_manager.set_hyper_param(value=value)
    exp_manager.add_record_param(["value"])
    assert shown().startswith("value=")
    assert len(Path(exp_manager.log_dir).name.encode()) <= 200
