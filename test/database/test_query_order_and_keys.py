"""Results come sorted by record date and keyed by it; empty folders count, other formats mix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import CODE, LOG, RESULTS, TMP_DATA, TREES, experiment_data_query

DATES = [
    "2021/12/31/23-59-59-999999",
    "2022/01/01/00-00-00-000000",
    "2022/01/01/00-00-00-000001",
    "2022/11/02/09-00-00-000000",
    "2023/02/02/13-27-13-132216",
]


def test_results_are_sorted_by_record_date_whatever_the_order_and_format(
    found_experiment: Callable[..., Path], data_root: Path
) -> None:
    for index in (3, 0, 4, 2, 1):
        gap = "_ "[index % 2]
        found_experiment(f"{DATES[index]}{gap}a{gap}&z={9 - index}")
    assert list(experiment_data_query(data_root, "demo_task", None, LOG)) == DATES


@pytest.mark.parametrize("tree", [tree for tree in TREES if tree != "archive_tester"])
def test_empty_folders_count_in_every_tree(found_experiment: Callable[..., Path], data_root: Path, tree: str) -> None:
    for date in DATES[:2]:
        found_experiment(f"{date}_a_&", tree)
    results = experiment_data_query(data_root, "demo_task", None, tree)
    assert list(results) == DATES[:2]
    for date, result in results.items():
        assert result.dirname == str(data_root / tree / "demo_task" / f"{date}_a_&")


@pytest.mark.parametrize("tree", [CODE, RESULTS, TMP_DATA])
def test_other_trees_tell_place_and_time_of_change(
    found_experiment: Callable[..., Path], data_root: Path, tree: str
) -> None:
    folder = found_experiment(f"{DATES[0]}_a_&", tree)
    (result,) = experiment_data_query(data_root, "demo_task", None, tree).values()
    assert result.location == result.dirname == str(folder)  # type: ignore[union-attr]
    assert result.ctime == folder.stat().st_ctime  # type: ignore[union-attr]


def test_a_task_or_tree_that_is_not_there_has_no_experiments(data_root: Path) -> None:
    data_root.mkdir()
    assert experiment_data_query(data_root, "demo_task", None, LOG) == {}
    assert experiment_data_query(data_root, "demo_task", "2022/*", CODE) == {}


def test_a_data_root_may_be_a_text_with_a_slash_at_its_end(
    found_experiment: Callable[..., Path], data_root: Path
) -> None:
    folder = found_experiment(f"{DATES[0]}_a_&")
    (result,) = experiment_data_query(f"{data_root}/", "demo_task/", None, LOG).values()
    assert result.dirname == str(folder)
