"""What a query tells of an experiment that rla recorded, by tree."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import (
    ARCHIVE,
    CHECKPOINT,
    CODE,
    HYPERPARAMETER,
    LOG,
    RESULTS,
    TMP_DATA,
    TREES,
    exp_manager,
    experiment_data_query,
    single_experiment_query,
)

Start = Callable[..., None]


@pytest.fixture
def date(start: Start) -> str:
    """The record date of an experiment with some parameters."""
    start(lr=0.1, agent={"net": {"layers": (64, 64)}})
    return exp_manager.record_date_to_str(exp_manager.record_date)


@pytest.mark.parametrize("tree", TREES)
def test_a_query_and_a_single_query_give_the_same_without_a_slash(date: str, data_root: Path, tree: str) -> None:
    results = experiment_data_query(data_root, "demo_task", None, tree)
    assert list(results) == [date]
    single = single_experiment_query(data_root, "demo_task", date, tree)
    assert results[date].dirname == single.dirname
    assert type(results[date]) is type(single)
    folders = {
        LOG: exp_manager.log_dir,
        CODE: exp_manager.code_dir,
        CHECKPOINT: exp_manager.checkpoint_dir,
        RESULTS: exp_manager.results_dir,
        TMP_DATA: exp_manager.tmp_data_dir,
        HYPERPARAMETER: exp_manager.hyperparameter_dir,
        ARCHIVE: exp_manager.pkl_file,
    }
    assert single.dirname == folders[tree].rstrip("/")


def test_hyper_parameters_come_with_attributes_and_types(date: str, data_root: Path) -> None:
    result = single_experiment_query(data_root, "demo_task", date, HYPERPARAMETER)
    assert result.hyper_param.agent.net.layers == (64, 64)  # type: ignore[union-attr]
    assert result.hyper_param == exp_manager.hyper_param  # type: ignore[union-attr]


def test_checkpoints_come_with_the_users_files_by_time_then_ours_by_step(date: str, data_root: Path) -> None:
    names = ["b.txt", "a.bin", "checkpoint.pt", "checkpoint-3.pt", "best_20.pt", "checkpoint_100.pt", "checkpoint_9.pt"]
    for place, name in enumerate(names):
        path = Path(exp_manager.checkpoint_dir, name)
        path.write_text("")
        os.utime(path, (1e9 + place, 1e9 + place))
    Path(exp_manager.checkpoint_dir, ".checkpoint_200.pt.x.tmp").write_text("half")
    result = single_experiment_query(data_root, "demo_task", date, CHECKPOINT)
    assert result.all_ckps == [  # type: ignore[union-attr]
        "b.txt",
        "a.bin",
        "checkpoint.pt",
        "checkpoint-3.pt",
        "checkpoint_9.pt",
        "best_20.pt",
        "checkpoint_100.pt",
    ]


def test_an_experiment_without_checkpoints_has_an_empty_list(date: str, data_root: Path) -> None:
    assert single_experiment_query(data_root, "demo_task", date, CHECKPOINT).all_ckps == []  # type: ignore[union-attr]


def test_the_archive_gives_a_manager_with_custom_data(date: str, data_root: Path) -> None:
    exp_manager.add_custom_data("returns", 1.5)
    exp_manager.finish()
    result = single_experiment_query(data_root, "demo_task", date, ARCHIVE)
    assert result.exp_manager.get_custom_data("returns") == [1.5]  # type: ignore[union-attr]


def test_the_old_names_of_the_query_functions_are_the_same(date: str, data_root: Path) -> None:
    from RLA.query_tool import experiment_data_query as old_query

    assert old_query is experiment_data_query
    assert list(old_query(data_root, "demo_task", reg="*", data_type=LOG)) == [date]
    assert list(old_query(data_root=str(data_root), task_table_name="demo_task", reg=date[:10], data_type=LOG)) == [
        date
    ]


@pytest.mark.parametrize("tree", [LOG, CHECKPOINT, HYPERPARAMETER, RESULTS])
def test_an_experiment_that_vanishes_while_it_is_asked_for_is_no_error(
    date: str, data_root: Path, monkeypatch: pytest.MonkeyPatch, tree: str
) -> None:
    from rla.experiment import query

    def find_and_lose(*arguments: object) -> object:
        found = find(*arguments)
        for record in found:
            record.path.rename(data_root / "gone")
        return found

    find = query.find_experiments
    monkeypatch.setattr(query, "find_experiments", find_and_lose)
    assert len(experiment_data_query(data_root, "demo_task", None, tree)) <= 1
