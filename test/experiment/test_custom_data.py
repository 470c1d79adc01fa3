"""Custom data: values by key, kept in the archive of their experiment."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import ARCHIVE, exp_manager, experiment_data_query

Start = Callable[..., None]


@pytest.fixture
def archived(data_root: Path) -> Callable[[], Any]:
    """The manager's twin of the only experiment."""

    def ask() -> Any:
        (result,) = experiment_data_query(data_root, "demo_task", None, ARCHIVE).values()
        assert result.dirname.endswith(".pkl")
        return result.exp_manager  # type: ignore[union-attr]

    return ask


def test_values_of_a_key_become_a_list(start: Start) -> None:
    start(lr=1)
    exp_manager.add_custom_data("a", 1)
    exp_manager.add_custom_data("a", [2])
    assert exp_manager.get_custom_data("a") == [1, [2]]
    assert exp_manager.custom_data == {"a": [1, [2]]}


def test_max_len_keeps_the_last_ones(start: Start) -> None:
    start(lr=1)
    for value in range(5):
        exp_manager.add_custom_data("a", value, max_len=3)
    assert exp_manager.get_custom_data("a") == [2, 3, 4]


def test_extend_adds_each_and_overwrite_replaces(start: Start) -> None:
    start(lr=1)
    exp_manager.add_custom_data("a", [1, 2], mode="extend")
    exp_manager.add_custom_data("a", (3, 4), mode="extend", max_len=3)
    assert exp_manager.get_custom_data("a") == [2, 3, 4]
    exp_manager.add_custom_data("a", [9], mode="overwrite")
    assert exp_manager.get_custom_data("a") == [9]


def test_another_type_keeps_the_last_value_alone(start: Start) -> None:
    start(lr=1)
    for value in (1.5, 2.5):
        exp_manager.add_custom_data("best", value, dtype=float)
    assert exp_manager.get_custom_data("best") == 2.5


def test_an_unknown_mode_is_an_error_that_names_those_there_are(start: Start) -> None:
    start(lr=1)
    with pytest.raises(ValueError, match="'append', 'extend' or 'overwrite'; got 'prepend'"):
        exp_manager.add_custom_data("a", 1, mode="prepend")
    assert exp_manager.custom_data == {}


def test_an_unknown_key_is_a_key_error_that_names_those_there_are(start: Start) -> None:
    start(lr=1)
    exp_manager.add_custom_data("returns", 1)
    with pytest.raises(KeyError, match="returns"):
        exp_manager.get_custom_data("return")


def test_a_cleared_key_is_gone_and_clearing_twice_is_fine(start: Start) -> None:
    start(lr=1)
    exp_manager.add_custom_data("a", 1)
    exp_manager.clear_custom_data("a")
    exp_manager.clear_custom_data("a")
    assert exp_manager.custom_data == {}


def test_print_custom_data_shows_it(start: Start, data_root: Path) -> None:
    start(lr=1)
    exp_manager.add_custom_data("a", 1)
    exp_manager.print_custom_data("a", "after training, ")
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    assert "after training, a: [1]" in Path(log_dir, "log.txt").read_text()


def test_it_is_found_in_the_archive_with_its_types(start: Start, archived: Callable[[], Any]) -> None:
    start(lr=1)
    exp_manager.set_timestep(70)
    data = {"tuple": (1, 2), "array": np.arange(3), "nan": math.nan, "deep": {1: {"a": {2}}}}
    for key, value in data.items():
        exp_manager.add_custom_data(key, value, dtype=dict)
    exp_manager.add_custom_data("list", 1)
    exp_manager.finish()
    back = archived().custom_data
    assert back["tuple"] == (1, 2)
    assert np.array_equal(back["array"], np.arange(3))
    assert math.isnan(back["nan"])
    assert back["deep"] == {1: {"a": {2}}}
    assert archived().get_custom_data("list") == [1]
    assert archived().get_timestep() == 70
    with pytest.raises(KeyError):
        archived().get_custom_data("nothing")


def test_it_can_be_saved_while_the_run_goes_on(start: Start, archived: Callable[[], Any]) -> None:
    start(lr=1)
    exp_manager.add_custom_data("a", 1)
    assert archived().custom_data == {}
    exp_manager.serialize_object_and_save()
    assert archived().custom_data == {"a": [1]}


def test_what_was_cleared_after_it_was_saved_is_not_in_the_archive(start: Start, archived: Callable[[], Any]) -> None:
    start(lr=1)
    exp_manager.add_custom_data("a", 1)
    exp_manager.serialize_object_and_save()
    exp_manager.clear_custom_data("a")
    exp_manager.finish()
    assert archived().custom_data == {}


def test_the_archive_is_plain_data_that_any_pickle_reader_reads(start: Start) -> None:
    start(lr=1, net=(1, 2))
    exp_manager.add_custom_data("a", np.float32(0.5))
    exp_manager.serialize_object_and_save()
    content = pickle.loads(Path(exp_manager.pkl_file).read_bytes())
    assert content["hyper_param"] == {"lr": 1, "net": [1, 2]}
    assert content["custom_data"] == {"a": [0.5]}
    assert content["task_table_name"] == "demo_task"
    assert content["record_date"] == exp_manager.record_date


def test_the_twin_knows_parameters_folders_and_date(start: Start, archived: Callable[[], Any]) -> None:
    start(lr=1, agent={"net": (1, 2)})
    twin = archived()
    assert twin.hyper_param.agent.net == (1, 2)
    for folder in ("log_dir", "checkpoint_dir", "results_dir", "hyparameter_dir", "pkl_file", "pkl_dir"):
        assert getattr(twin, folder) == getattr(exp_manager, folder)
    assert twin.record_date == exp_manager.record_date
    assert twin.task_table_name == "demo_task"
