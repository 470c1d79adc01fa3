"""Hyper-parameters of every kind go in, stand on the disk as plain JSON and YAML, and come back equal."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import json
import math
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from dotmap import DotMap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from rla import HYPERPARAMETER, exp_manager, experiment_data_query
from rla.errors import RLAWarning
from rla.experiment.run import start_run


class Color(enum.Enum):
    RED = "red"
    SIZE = (1, 2)


class Level(enum.IntEnum):
    HIGH = 3


class Mode(str, enum.Enum):
    FAST = "fast"


class Flags(enum.Flag):
    A = 1
    B = 2


@dataclasses.dataclass(frozen=True)
class Net:
    layers: tuple[int, ...] = (64, 64)
    activation: Color = Color.RED


@dataclasses.dataclass
class Agent:
    lr: float = 0.1
    net: Net = dataclasses.field(default_factory=Net)


Point = collections.namedtuple("Point", ["x", "y"])


class Numbers(list):  # type: ignore[type-arg]
    """A list of the user's."""


class Broken:
    """A value that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("not shown")


NET = {"layers": (64, 64), "activation": Color.RED}

KINDS: dict[str, tuple[Any, Any]] = {
    # name: (what goes in, what is equal to it when it comes back)
    "dataclass": (Agent(), {"lr": 0.1, "net": NET}),
    "namespace": (argparse.Namespace(a=1, b=argparse.Namespace(c=(1,))), {"a": 1, "b": {"c": (1,)}}),
    "nested dict": ({"a": {"b": [{"c": None}]}}, {"a": {"b": [{"c": None}]}}),
    "OmegaConf": (OmegaConf.create({"a": [1, {"b": 2}], "c": "x"}), {"a": [1, {"b": 2}], "c": "x"}),
    "OmegaConf list": (OmegaConf.create([1, {"b": 2}]), [1, {"b": 2}]),
    "OmegaConf in a dict": ({"cfg": OmegaConf.create({"a": {"b": 1}})}, {"cfg": {"a": {"b": 1}}}),
    "DotMap": (DotMap(a=1, b=DotMap(c=[1, 2])), {"a": 1, "b": {"c": [1, 2]}}),
    "ordered dict": (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    "enum": (Color.RED, Color.RED),
    "enum of a tuple": (Color.SIZE, Color.SIZE),
    "int enum": (Level.HIGH, Level.HIGH),
    "text enum": (Mode.FAST, Mode.FAST),
    "one flag": (Flags.A, Flags.A),
    "path": (Path("/data/a b"), Path("/data/a b")),
    "pure path": (PurePosixPath("a/b"), Path("a/b")),
    "tuple": ((1, (2, "a"), []), (1, (2, "a"), [])),
    "empty tuple": ((), ()),
    "set": ({1, "a", (2,)}, {1, "a", (2,)}),
    "frozenset": (frozenset({frozenset({1}), 2}), frozenset({frozenset({1}), 2})),
    "infinity": ([math.inf, -math.inf], [math.inf, -math.inf]),
    "minus zero": (-0.0, -0.0),
    "datetime": (datetime.datetime(2026, 1, 2, 3, 4, 5, 6), datetime.datetime(2026, 1, 2, 3, 4, 5, 6)),
    "datetime with zone": (
        datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
        datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
    ),
    "date, time, span": (
        [datetime.date(2026, 1, 2), datetime.time(3, 4), datetime.timedelta(days=-1, microseconds=5)],
        [datetime.date(2026, 1, 2), datetime.time(3, 4), datetime.timedelta(days=-1, microseconds=5)],
    ),
    "bytes": (b"\x00\xff", b"\x00\xff"),
    "complex": (1 - 2j, 1 - 2j),
    "decimal": (decimal.Decimal("1.10"), decimal.Decimal("1.10")),
    "range": (range(1, 10, 3), range(1, 10, 3)),
    "int keys": ({0: 0.1, 100: {"a": 0.01}}, {0: 0.1, 100: {"a": 0.01}}),
    "huge int": (2**200, 2**200),
    "bool": ([True, False], [True, False]),
    "text": ("größe 🚀\n\t\"'\\ \x00\x7f\u2028", "größe 🚀\n\t\"'\\ \x00\x7f\u2028"),
    "text like yaml": (["no", "1e-3", "null", "~", "2022-01-01", "= ", "1:30", ""],) * 2,
    "small float": (1e-05, 1e-05),
    "keys with signs": ({"a/b": 1, "~": 2, "": (3,), "a.b": 4}, {"a/b": 1, "~": 2, "": (3,), "a.b": 4}),
    "numpy scalars": (
        [np.float32(0.5), np.float64(0.1), np.int8(-3), np.uint64(2**63), np.bool_(True), np.str_("a")],
        [0.5, 0.1, -3, 2**63, True, "a"],
    ),
    "numpy nan-free complex": (np.complex64(1 + 2j), 1 + 2j),
    "torch scalars": ([torch.tensor(3), torch.tensor(0.5), torch.tensor(True)], [3, 0.5, True]),
    "parameter of torch": (torch.nn.Parameter(torch.tensor(2.0)), 2.0),
}


def through_an_experiment(data_root: Path, **parameters: Any) -> Any:
    """Start an experiment with these parameters, end it, and ask the database for them."""
    exp_manager.set_hyper_param(**parameters)
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
    exp_manager.log_files_gen()
    exp_manager.finish()
    (result,) = experiment_data_query(data_root, "demo_task", None, HYPERPARAMETER).values()
    return result.hyper_param  # type: ignore[union-attr]


def plain(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back_equal(data_root: Path, kind: str) -> None:
    given_value, expected = KINDS[kind]
    back = through_an_experiment(data_root, value=given_value).value
    assert back == expected
    assert type(back) is type(expected) or isinstance(back, dict)


def test_not_a_number_comes_back(data_root: Path) -> None:
    back = through_an_experiment(data_root, value=[math.nan, np.float32("nan"), torch.tensor(math.nan)]).value
    assert [type(number) for number in back] == [float] * 3
    assert all(map(math.isnan, back))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.array([1, np.nan, np.inf], dtype=np.float32),
        np.array([True, False]),
        np.array(["a", "bc"]),
        np.array(["2026-01-01"], dtype="datetime64[D]"),
        torch.arange(4).reshape(2, 2),
        torch.ones(2, 2, requires_grad=True),
        torch.tensor([1.5], dtype=torch.float16),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays_and_tensors_come_back_as_arrays_of_their_kind(data_root: Path, array: Any) -> None:
    back = through_an_experiment(data_root, value=array).value
    expected = array.detach().numpy() if isinstance(array, torch.Tensor) else array
    assert isinstance(back, np.ndarray)
    assert back.dtype == expected.dtype
    assert np.array_equal(back, expected, equal_nan=expected.dtype.kind == "f")


def test_a_function_is_written_as_its_repr(data_root: Path) -> None:
    function = lambda step: 0.1  # noqa: E731
    back = through_an_experiment(data_root, schedule=function, kind=dict, device=torch.device("cpu"))
    assert back.schedule == repr(function)
    assert back.kind == "<class 'dict'>"
    assert back.device == "device(type='cpu')"


def test_a_class_that_is_not_imported_leaves_the_value_of_the_enum(
    data_root: Path, run_python: Callable[..., Any]
) -> None:
    through_an_experiment(data_root, color=Color.RED, size=Color.SIZE)
    program = """
import sys
from rla import HYPERPARAMETER, experiment_data_query
(result,) = experiment_data_query(sys.argv[1], "demo_task", None, HYPERPARAMETER).values()
print(result.hyper_param, [name for name in sys.modules if name.endswith("test_parameters_of_every_kind")])
"""
    assert run_python(program, data_root).stdout == "{'color': 'red', 'size': [1, 2]} []\n"


def test_all_kinds_together_stand_in_strict_json_and_in_safe_yaml(data_root: Path) -> None:
    everything = {name: value for name, (value, _) in KINDS.items()}
    everything |= {"nan": math.nan, "array": np.array([np.nan, 1.0]), "function": len, "surrogate": "\ud800"}
    exp_manager.hyper_param = everything
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
    exp_manager.log_files_gen()
    folder = Path(exp_manager.log_dir)
    in_json = plain((folder / "parameter.json").read_text(encoding="utf-8"))
    in_yaml = yaml.safe_load((folder / "parameter.yaml").read_text(encoding="utf-8"))
    assert in_yaml == in_json
    assert set(in_json) == set(everything)
    assert in_json["dataclass"]["net"]["layers"] == [64, 64]
    assert in_json["path"] == "/data/a b"
    assert in_json["nan"] == "nan"
    assert in_json["enum"] == "red"
    assert in_json["int keys"] == {"0": 0.1, "100": {"a": 0.01}}


TEXT = st.text(max_size=8)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
PLAIN = st.recursive(LEAF, lambda x: st.lists(x, max_size=3) | st.dictionaries(TEXT, x, max_size=3), max_leaves=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parameters=st.dictionaries(TEXT, PLAIN, max_size=4))
def test_any_nested_plain_values_stand_in_both_files_alike_and_come_back(
    data_root: Path, parameters: dict[str, Any]
) -> None:
    run = start_run(data_root, "demo_task", "noip", parameters, {}, temporary=False)
    in_json = plain((run.log_dir / "parameter.json").read_text(encoding="utf-8"))
    assert yaml.safe_load((run.log_dir / "parameter.yaml").read_text(encoding="utf-8")) == in_json
    results = experiment_data_query(data_root, "demo_task", None, HYPERPARAMETER)
    assert repr(results[run.card.record_date].hyper_param) == repr(parameters)  # type: ignore[union-attr]


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029"])
def test_line_ends_of_unicode_stand_in_the_yaml_file_too(data_root: Path, sign: str) -> None:
    run = start_run(data_root, "demo_task", "noip", {"text": f"a{sign}b", sign: 1}, {}, temporary=False)
    in_yaml = yaml.safe_load((run.log_dir / "parameter.yaml").read_text(encoding="utf-8"))
    assert in_yaml == {"text": f"a{sign}b", sign: 1}


def test_the_callers_objects_are_not_changed(data_root: Path) -> None:
    agent, config = Agent(), OmegaConf.create({"a": 1})
    back = through_an_experiment(data_root, agent=agent, config=config)
    assert exp_manager.hyper_param == {"agent": agent, "config": config}
    assert exp_manager.hyper_param["agent"] is agent
    assert back.agent == dataclasses.asdict(agent)


def test_a_secret_that_omegaconf_would_fetch_from_the_environment_stays_there(
    data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLA_TEST_TOKEN", "hunter2hunter2")
    config = OmegaConf.create({"token": "${oc.env:RLA_TEST_TOKEN}"})
    through_an_experiment(data_root, config=config)
    files = [path for path in data_root.rglob("*") if path.is_file() and b"hunter2hunter2" in path.read_bytes()]
    assert files == []


@pytest.mark.parametrize("text", ["???", "${nowhere}"], ids=["missing", "broken interpolation"])
def test_a_value_that_omegaconf_cannot_give_does_not_stop_the_experiment(data_root: Path, text: str) -> None:
    assert through_an_experiment(data_root, config=OmegaConf.create({"a": text, "b": 1})).config.b == 1


def test_a_named_tuple_comes_back_equal(data_root: Path) -> None:
    assert through_an_experiment(data_root, value=Point(1, 2)).value == Point(1, 2)


def test_a_list_of_a_class_of_its_own_comes_back_equal(data_root: Path) -> None:
    assert through_an_experiment(data_root, value=Numbers([1, 2])).value == [1, 2]


def test_several_flags_at_once_come_back_equal(data_root: Path) -> None:
    assert through_an_experiment(data_root, value=Flags.A | Flags.B).value == Flags.A | Flags.B


def test_a_value_that_cannot_be_shown_does_not_stop_the_experiment(data_root: Path) -> None:
    exp_manager.hyper_param = {"broken": Broken(), "lr": 0.1}
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
    exp_manager.log_files_gen()
    assert plain(Path(exp_manager.log_dir, "parameter.json").read_text())["lr"] == 0.1


def test_a_value_that_holds_itself_twice_does_not_stop_the_experiment(run_python: Callable[..., Any]) -> None:
    program = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from rla.database.plain_values import plain_parameters
value = {"lr": 0.1}
value["left"] = value["right"] = value
print(plain_parameters({"value": value})[0]["value"]["lr"])
"""
    assert run_python(program).stdout == "0.1\n"


def test_ten_thousand_digits_do_not_stop_the_experiment(data_root: Path) -> None:
    assert through_an_experiment(data_root, value=10**10_000).value == 10**10_000


def test_nothing_of_all_this_warns(data_root: Path, recwarn: pytest.WarningsRecorder) -> None:
    through_an_experiment(data_root, **{name.replace(" ", "_"): value for name, (value, _) in KINDS.items()})
    assert not [warning for warning in recwarn.list if issubclass(warning.category, RLAWarning)]
