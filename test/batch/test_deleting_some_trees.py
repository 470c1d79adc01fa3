"""Only some trees of an experiment are deleted, such as its checkpoints; the rest stays, and all can come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import query
from rla.batch import Outcome, choose, plan_deletion
from rla.errors import QueryError
from rla.names import TREES

Delete = Callable[..., Outcome]
Undo = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]


def test_the_other_trees_stay(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, looks: Looks
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    before = looks(data_root)
    assert [entry.trees for entry in delete("*", trees=["checkpoint"]).done] == [("checkpoint",)]
    assert {path for path in before if path not in looks(data_root)} == {
        path for path in before if path.startswith(f"checkpoint/demo/2026/11/20/{log_dir.name}")
    }
    undo()
    assert looks(data_root) == before


def test_the_plan_is_about_these_trees_alone(data_root: Path, whole: Callable[..., Path]) -> None:
    whole("13-05-01-000001", lr=0.1)
    plan = plan_deletion(choose(data_root, "demo", "*"), trees=["checkpoint", "results"])
    assert plan.trees == {"checkpoint": 1000, "results": 700 + len("inside/of_results")}
    assert plan.files == 3


def test_an_experiment_that_is_in_none_of_them_is_left_out(data_root: Path, experiment: Callable[..., Path]) -> None:
    experiment("13-05-01-000001", lr=0.1)
    plan = plan_deletion(choose(data_root, "demo", "*"), trees=["checkpoint"])
    assert (plan.items, plan.refused) == ([], [])


def test_the_rest_can_be_deleted_afterwards_and_both_come_back(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    before = looks(data_root)
    first = delete("*", trees=["checkpoint", "tmp_data"])
    second = delete("*")
    assert [set(entry.trees) for entry in second.done] == [set(TREES) - {"checkpoint", "tmp_data"}]
    assert len(query.experiments(data_root)) == 0
    undo(first.operation)  # an experiment without a log, which the index knows, too
    assert [set(each.sizes) for each in query.experiments(data_root)] == [{"checkpoint", "tmp_data"}]
    undo(second.operation)
    assert looks(data_root) == before


def test_a_log_that_went_alone_comes_back(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    before = looks(data_root)
    delete("*", trees=["log"])
    assert [each.status for each in query.experiments(data_root)] == ["unknown"]
    undo()
    assert looks(data_root) == before
    assert [each.status for each in query.experiments(data_root)] == ["finished"]


def test_a_tree_that_is_none_is_refused_with_those_there_are(data_root: Path, whole: Callable[..., Path]) -> None:
    whole("13-05-01-000001", lr=0.1)
    with pytest.raises(QueryError, match=r"no tree 'checkpoints'.*'checkpoint'.*Those there are: log, code"):
        plan_deletion(choose(data_root, "demo", "*"), trees=["checkpoints"])
