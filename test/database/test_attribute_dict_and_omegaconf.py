"""`OmegaConf.merge` accepts an attribute dict in each position."""

from __future__ import annotations

from typing import Any

import pytest
from omegaconf import OmegaConf

from rla.database.attribute_dict import AttributeDict

pytestmark = pytest.mark.filterwarnings("ignore:Class `AttributeDict` subclasses:UserWarning")

VALUES = {"lr": 0.1, "agent": {"layers": [64, 64], "list": [{"name": "a"}]}}


def merged(*parts: Any) -> Any:
    return OmegaConf.to_container(OmegaConf.merge(*parts))


def test_as_the_last_one_it_overwrites() -> None:
    config = OmegaConf.create({"lr": 1, "agent": {"gamma": 0.9}})
    assert merged(config, AttributeDict(VALUES)) == {
        "lr": 0.1,
        "agent": {"gamma": 0.9, "layers": [64, 64], "list": [{"name": "a"}]},
    }


def test_as_the_first_one_it_takes_new_keys_and_values_of_another_type() -> None:
    result = merged(AttributeDict(VALUES), {"new": 1, "lr": "auto", "agent": {"depth": 2}})
    assert result == {**VALUES, "new": 1, "lr": "auto", "agent": {**VALUES["agent"], "depth": 2}}  # type: ignore[dict-item]


def test_in_the_middle_the_later_one_counts() -> None:
    assert merged({"lr": 1, "seed": 0}, AttributeDict(VALUES), {"lr": 2}) == {**VALUES, "seed": 0, "lr": 2}


def test_several_of_them_can_be_merged() -> None:
    assert merged(AttributeDict({"a": 1, "b": 1}), AttributeDict({"b": 2, "c": 2})) == {"a": 1, "b": 2, "c": 2}


def test_a_part_of_it_can_be_merged() -> None:
    assert merged({}, AttributeDict(VALUES).agent) == VALUES["agent"]


def test_one_inside_a_dict_can_be_merged() -> None:
    assert merged({}, {"loaded": AttributeDict(VALUES)}) == {"loaded": VALUES}


def test_an_empty_one_changes_nothing() -> None:
    assert merged({"a": 1}, AttributeDict()) == {"a": 1}


def test_create_takes_it() -> None:
    assert OmegaConf.to_container(OmegaConf.create(AttributeDict(VALUES))) == VALUES


def test_what_was_changed_and_added_afterwards_counts() -> None:
    parameters = AttributeDict(VALUES)
    parameters.lr = 7
    parameters["new"] = {"inner": 1}
    assert merged({}, parameters) == {**VALUES, "lr": 7, "new": {"inner": 1}}


def test_what_was_deleted_afterwards_is_gone() -> None:
    parameters = AttributeDict(VALUES)
    del parameters["lr"]
    assert merged({}, parameters) == {"agent": VALUES["agent"]}
