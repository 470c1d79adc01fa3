"""An attribute dict is a dict in every respect, and its keys are attributes at every depth."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rla.database.attribute_dict import AttributeDict

VALUES = {
    "lr": 0.1,
    "agent": {"net": {"layers": [64, 64]}, "list": [{"name": "a"}, {"name": "b"}], "pair": (1, {"z": 2})},
}


@pytest.fixture
def parameters() -> AttributeDict:
    return AttributeDict(VALUES)


def test_attributes_reach_every_depth_also_inside_lists_and_tuples(parameters: AttributeDict) -> None:
    assert parameters.lr == 0.1
    assert parameters.agent.net.layers == [64, 64]
    assert parameters.agent.list[1].name == "b"
    assert parameters.agent.pair[1].z == 2


def test_keys_work_as_in_any_dict(parameters: AttributeDict) -> None:
    assert parameters["agent"]["net"]["layers"] == [64, 64]
    assert list(parameters) == ["lr", "agent"]
    assert parameters.get("nothing") is None
    assert {**parameters} == VALUES


def test_it_equals_the_plain_dict_both_ways(parameters: AttributeDict) -> None:
    assert parameters == VALUES
    assert dict.__eq__(VALUES, parameters) is True
    assert parameters == AttributeDict(VALUES)
    assert parameters != AttributeDict({**VALUES, "lr": 0.2})


def test_it_is_shown_like_a_dict(parameters: AttributeDict) -> None:
    assert repr(parameters) == repr(VALUES)
    assert isinstance(parameters, dict)


def test_a_missing_attribute_says_which_there_are(parameters: AttributeDict) -> None:
    with pytest.raises(AttributeError, match=r"'learning_rate'.*lr, agent"):
        _ = parameters.learning_rate
    assert not hasattr(parameters, "learning_rate")
    assert getattr(parameters, "learning_rate", 3) == 3


def test_attributes_can_be_set_and_deleted(parameters: AttributeDict) -> None:
    parameters.agent.net.depth = 2
    del parameters.lr
    assert parameters["agent"]["net"]["depth"] == 2
    assert "lr" not in parameters
    with pytest.raises(AttributeError):
        del parameters.lr


def test_a_dict_that_is_set_later_has_attributes_too(parameters: AttributeDict) -> None:
    parameters.new = {"inner": 1}
    parameters["other"] = {"inner": 2}
    assert (parameters.new.inner, parameters.other.inner) == (1, 2)


def test_completion_in_a_shell_knows_the_keys(parameters: AttributeDict) -> None:
    assert {"lr", "agent", "items"} <= set(dir(parameters))


def test_changes_do_not_reach_the_dict_it_came_from() -> None:
    source: dict[str, Any] = {"a": {"b": 1}}
    AttributeDict(source).a.b = 2
    assert source == {"a": {"b": 1}}


def test_copies_are_attribute_dicts_of_their_own(parameters: AttributeDict) -> None:
    for made in (copy.deepcopy(parameters), pickle.loads(pickle.dumps(parameters))):
        assert made == VALUES
        made.agent.net.layers.append(1)
        assert made.agent.net.layers == [64, 64, 1]
    assert parameters == VALUES
    assert copy.copy(parameters).agent.net.layers == [64, 64]


def test_a_pickle_is_read_in_another_process(
    parameters: AttributeDict, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    program = "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])).agent.list[0].name)"
    done = run_python(program, pickle.dumps(parameters).hex())
    assert done.stdout == "a\n", done.stderr


def test_json_writes_it_like_a_dict(parameters: AttributeDict) -> None:
    assert json.dumps(parameters) == json.dumps(VALUES)


def test_yaml_writes_it_like_a_dict(parameters: AttributeDict) -> None:
    del parameters["agent"]["pair"]
    plain = json.loads(json.dumps(parameters))
    assert yaml.safe_dump(parameters) == yaml.safe_dump(plain)


def test_yaml_dump_without_safe_writes_it_like_a_dict(parameters: AttributeDict) -> None:
    del parameters["agent"]["pair"]
    assert yaml.safe_load(yaml.dump(parameters)) == parameters


def test_keyword_arguments_come_from_it(parameters: AttributeDict) -> None:
    assert dict(**parameters) == VALUES


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.text() | st.integers(), st.integers() | st.dictionaries(st.text(), st.integers(), max_size=3))
)
def test_any_dict_stays_equal_and_survives_a_pickle(values: dict[Any, Any]) -> None:
    made = AttributeDict(values)
    assert made == values
    assert pickle.loads(pickle.dumps(made)) == values
