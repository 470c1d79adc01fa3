"""Experiments of two nodes at one record date are both found, and told apart by `<record date>_<node>`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import CHECKPOINT, LOG, experiment_data_query, single_experiment_query
from rla.errors import AmbiguousExperimentError

DATE = "2022/03/01/21-10-11-000001"


@pytest.fixture
def two(found_experiment: Callable[..., Path], data_root: Path) -> Path:
    for tree in (LOG, CHECKPOINT):
        found_experiment(f"{DATE}_10.0.0.5_&lr=1", tree)
        found_experiment(f"{DATE} 10.0.0.6 &lr=2", tree)
        found_experiment("2022/03/01/21-10-11-000002_10.0.0.5_&lr=3", tree)
    return data_root


def test_both_are_keyed_with_their_node_and_the_others_by_date(two: Path) -> None:
    assert list(experiment_data_query(two, "demo_task", None, LOG)) in (
        [f"{DATE}_10.0.0.5", f"{DATE}_10.0.0.6", "2022/03/01/21-10-11-000002"],
        [f"{DATE}_10.0.0.6", f"{DATE}_10.0.0.5", "2022/03/01/21-10-11-000002"],
    )


def test_the_date_alone_is_answered_with_a_list_of_both(two: Path) -> None:
    with pytest.raises(AmbiguousExperimentError) as caught:
        single_experiment_query(two, "demo_task", DATE, LOG)
    assert isinstance(caught.value, AssertionError)
    assert f"{DATE}_10.0.0.5_&lr=1" in str(caught.value)
    assert f"{DATE} 10.0.0.6 &lr=2" in str(caught.value)
    assert "<record date>_<node>" in str(caught.value)


@pytest.mark.parametrize(("node", "end"), [("10.0.0.5", "_&lr=1"), ("10.0.0.6", " &lr=2")])
@pytest.mark.parametrize("tree", [LOG, CHECKPOINT])
def test_date_and_node_name_one(two: Path, node: str, end: str, tree: str) -> None:
    assert single_experiment_query(two, "demo_task", f"{DATE}_{node}", tree).dirname.endswith(node + end)


def test_each_key_of_a_query_is_accepted_by_a_single_query(two: Path) -> None:
    for key, result in experiment_data_query(two, "demo_task", None, LOG).items():
        assert single_experiment_query(two, "demo_task", key, LOG) == result


def test_a_node_whose_name_begins_with_that_of_another_is_not_taken_for_it(
    found_experiment: Callable[..., Path], data_root: Path
) -> None:
    found_experiment(f"{DATE}_10.0.0.5_&lr=1")
    found_experiment(f"{DATE}_10.0.0.55_&lr=2")
    assert single_experiment_query(data_root, "demo_task", f"{DATE}_10.0.0.5", LOG).dirname.endswith("lr=1")


def test_two_of_one_node_at_one_date_as_older_tools_could_make_them_are_both_found(
    found_experiment: Callable[..., Path], data_root: Path
) -> None:
    found_experiment(f"{DATE} a &lr=1")
    found_experiment(f"{DATE} a &lr=2")
    results = experiment_data_query(data_root, "demo_task", None, LOG)
    assert [result.dirname[-4:] for result in results.values()] == ["lr=1", "lr=2"]
    for key, result in results.items():
        assert single_experiment_query(data_root, "demo_task", key, LOG) == result
    with pytest.raises(AmbiguousExperimentError, match="lr=2"):
        single_experiment_query(data_root, "demo_task", f"{DATE}_a", LOG)
