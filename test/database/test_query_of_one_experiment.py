"""A single query gives exactly one experiment, or an error that helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import CHECKPOINT, LOG, exp_manager, experiment_data_query, single_experiment_query
from rla.errors import AmbiguousExperimentError, DataRootError, ExperimentNotFoundError

Maker = Callable[..., Path]


def test_the_record_date_names_it_in_both_formats(found_experiment: Maker, data_root: Path) -> None:
    new = found_experiment("2022/03/01/21-10-11-000001_a_&lr=1")
    old = found_experiment("2022/03/01/21-10-11-000002 a &lr=1")
    found_experiment("2022/03/01/21-10-11-000003_a_&lr=1")
    assert single_experiment_query(data_root, "demo_task", "2022/03/01/21-10-11-000001", LOG).dirname == str(new)
    assert single_experiment_query(data_root, "demo_task", "2022/03/01/21-10-11-000002", LOG).dirname == str(old)


@pytest.mark.parametrize("asked", ["2022/03/01/21-10-11-000001_a_&lr=1", " 2022/03/01/21-10-11-000001/", "2022/03"])
def test_a_whole_name_or_a_beginning_that_only_one_has_will_do(
    found_experiment: Maker, data_root: Path, asked: str
) -> None:
    folder = found_experiment("2022/03/01/21-10-11-000001_a_&lr=1")
    found_experiment("2022/04/01/21-10-11-000003_a_&lr=1")
    assert single_experiment_query(data_root, "demo_task", asked, LOG).dirname == str(folder)


@pytest.mark.parametrize("asked", ["2022/03/01/00-00-00-000000", "", "2021", "nonsense", "*", "2022/*", "%"])
def test_none_is_an_assertion_error_that_names_the_newest(found_experiment: Maker, data_root: Path, asked: str) -> None:
    found_experiment("2022/03/01/21-10-11-000001_a_&lr=1")
    with pytest.raises(ExperimentNotFoundError, match="2022/03/01/21-10-11-000001") as caught:
        single_experiment_query(data_root, "demo_task", asked, LOG)
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, ValueError)


def test_an_unknown_task_suggests_the_nearest(found_experiment: Maker, data_root: Path) -> None:
    found_experiment("2022/03/01/21-10-11-000001_a_&lr=1")
    found_experiment("2022/03/01/21-10-11-000001_a_&lr=1", task="group/other")
    with pytest.raises(ExperimentNotFoundError, match="Did you mean 'demo_task'") as caught:
        single_experiment_query(data_root, "demo_tsk", "2022/03/01/21-10-11-000001", LOG)
    assert "group/other" in str(caught.value)


def test_an_experiment_without_a_folder_in_that_tree_is_not_found_there(
    found_experiment: Maker, data_root: Path
) -> None:
    found_experiment("2022/03/01/21-10-11-000001_a_&lr=1")
    with pytest.raises(ExperimentNotFoundError, match="checkpoint"):
        single_experiment_query(data_root, "demo_task", "2022/03/01/21-10-11-000001", CHECKPOINT)


def test_several_are_all_listed(found_experiment: Maker, data_root: Path) -> None:
    for number in range(3):
        found_experiment(f"2022/03/01/21-10-11-00000{number}_a_&lr={number}")
    with pytest.raises(AmbiguousExperimentError, match="names 3 experiments") as caught:
        single_experiment_query(data_root, "demo_task", "2022/03/01", LOG)
    assert all(f"lr={number}" in str(caught.value) for number in range(3))


def test_a_query_that_expects_one_lists_what_it_found(found_experiment: Maker, data_root: Path) -> None:
    for number in range(2):
        found_experiment(f"2022/03/01/21-10-11-00000{number}_a_&lr={number}")
    with pytest.raises(AssertionError, match="lr=1"):
        experiment_data_query(data_root, "demo_task", "2022/*", LOG, single_res_filter=True)
    one = experiment_data_query(data_root, "demo_task", "2022/*/*/*lr=1", LOG, single_res_filter=True)
    assert list(one) == ["2022/03/01/21-10-11-000001"]


@pytest.mark.parametrize("query", [experiment_data_query, single_experiment_query])
def test_a_data_root_that_is_missing_or_a_file_is_named(query: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataRootError, match="there is no such folder") as caught:
        query(tmp_path / "missing", "demo_task", "2022/03/01/21-10-11-000001", LOG)
    assert str(tmp_path / "missing") in str(caught.value)
    assert isinstance(caught.value, OSError)
    with pytest.raises(DataRootError, match="a file, not a folder"):
        query(tmp_path / "file", "demo_task", "2022/03/01/21-10-11-000001", LOG)
    assert not (tmp_path / "missing").exists()


def test_the_moment_of_a_run_names_it(start: Callable[..., None], data_root: Path) -> None:
    start(lr=1)
    moment, log_dir = exp_manager.record_date, exp_manager.log_dir
    exp_manager.finish()
    assert f"{single_experiment_query(data_root, 'demo_task', moment, LOG).dirname}/" == log_dir
