"""`DeleteLogTool` shows what it would delete, asks once, moves it to the trash, and counts folders and files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from RLA.easy_log.const import CODE, LOG, OTHER_RESULTS, TMP_DATA, default_log_types
from RLA.easy_log.log_tools import DeleteLogTool, Filter

from rla.batch import apply, plan_undo
from rla.batch.undo import find_operation
from rla.database.pins import pin
from rla.database.trees import ExperimentPlace
from rla.errors import QueryError
from rla.query import experiments

Record = Callable[..., ExperimentPlace]
Picture = Callable[..., dict[str, tuple[object, ...]]]


def tool(data_root: Path, regex: str = "*") -> DeleteLogTool:
    every = Filter()
    every.config(Filter.ALL, 100)
    return DeleteLogTool(data_root, "demo", regex, every)


def test_an_experiment_in_seven_trees_counts_seven_and_nothing_the_second_time(
    recorded_run: Record, data_root: Path
) -> None:
    run = recorded_run(lr=0.1)
    pattern = f"{run.day}/{run.index_name[:15]}*"
    assert tool(data_root, pattern).delete_related_log(skip_ask=True) == 7
    assert tool(data_root, pattern).delete_related_log(skip_ask=True) == 0
    assert not list(data_root.glob("*/demo/*/*/*/*"))


def test_an_experiment_in_five_trees_counts_five(recorded_run: Record, data_root: Path) -> None:
    run = recorded_run(lr=0.1)
    shutil.rmtree(run.path(OTHER_RESULTS))
    shutil.rmtree(run.path(TMP_DATA))
    assert tool(data_root).delete_related_log(skip_ask=True) == 5


def test_what_is_deleted_of_an_old_year_takes_its_task_with_it_and_is_counted_once(
    experiment: Callable[..., Path], data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment("13-05-01-000001", day="2022/03/01", lr=0.1)
    assert tool(data_root).delete_related_log(skip_ask=True) == 1
    assert not (data_root / "log/demo").exists()
    assert tool(data_root).delete_related_log(skip_ask=True) == 0
    assert "There is no task 'demo'" in capsys.readouterr().out


def test_some_trees_alone_are_deleted(recorded_run: Record, data_root: Path) -> None:
    run = recorded_run(lr=0.1)
    assert tool(data_root).delete_related_log(skip_ask=True, delete_log_types=[LOG]) == 1
    assert not run.path(LOG).exists()
    assert (run.path(CODE) / "train.py").exists()
    assert tool(data_root).delete_related_log(skip_ask=True, delete_log_types=CODE) == 1
    assert DeleteLogTool(data_root, "demo", "*", None, ["results", "code"]).delete_related_log(skip_ask=True) == 1
    assert tool(data_root).delete_related_log(skip_ask=True) == len(default_log_types) - 3


def test_no_trees_are_none_and_an_unknown_one_is_told(recorded_run: Record, data_root: Path) -> None:
    recorded_run(lr=0.1)
    assert tool(data_root).delete_related_log(skip_ask=True, delete_log_types=[]) == 0
    with pytest.raises(QueryError, match=r"There is no tree 'logs'. Did you mean 'log'\?"):
        tool(data_root).delete_related_log(skip_ask=True, delete_log_types=["logs"])
    with pytest.raises(QueryError, match="There is no tree 'resluts'"):
        DeleteLogTool(data_root, "demo", "*", None, optional_log_type=["resluts"])


@pytest.mark.parametrize("given", [(), ("n",), ("",), ("nyes",)], ids=repr)
def test_anything_but_yes_changes_nothing(
    given: tuple[str, ...],
    recorded_run: Record,
    data_root: Path,
    answers: Callable[..., list[str]],
    picture_of: Picture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = recorded_run(lr=0.1)
    before, asked = picture_of(data_root), answers(*given)
    assert tool(data_root).delete_related_log() == 0
    assert asked == ["\nDelete 1 experiment? [y/N] "]
    assert picture_of(data_root) == before
    out = capsys.readouterr().out
    assert run.index_name in out
    assert "7 folders and files" in out
    assert "Nothing was changed." in out


@pytest.mark.parametrize("yes", ["y", " YES "])
def test_yes_deletes_what_was_shown_and_it_can_be_taken_back(
    yes: str,
    recorded_run: Record,
    data_root: Path,
    answers: Callable[..., list[str]],
    picture_of: Picture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recorded_run(lr=0.1)
    before = picture_of(data_root, only_files=True)
    answers(yes)
    assert tool(data_root).delete_related_log() == 7
    assert picture_of(data_root, only_files=True) == {}
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("Take it back with: "))
    assert line == f"Take it back with: rla undo {find_operation(data_root).id} --root {data_root}"
    apply(plan_undo(find_operation(data_root)))
    assert picture_of(data_root, only_files=True) == before


def test_nothing_is_asked_when_there_is_nothing_to_do(data_root: Path, recorded_run: Record, nobody_answers: list[str]):
    recorded_run(lr=0.1)
    assert tool(data_root, "2021/*").delete_related_log() == 0
    assert nobody_answers == []


def test_pinned_and_living_experiments_are_left_alone_and_it_is_said(
    recorded_run: Record, data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pinned, living = recorded_run(lr=0.1), recorded_run(lr=0.2, finish=False)
    recorded_run(lr=0.3)
    (place,) = (each.place for each in experiments(data_root, "demo", where="lr == 0.1"))
    pin(place, "Table 2")
    assert tool(data_root).delete_related_log(skip_ask=True) == 7
    out = capsys.readouterr().out
    assert "it is pinned: Table 2" in out
    assert "it is under way: process " in out
    assert (pinned.path(LOG) / "progress.csv").exists()
    assert (living.path(LOG) / "experiment.json").exists()


def test_whoever_depends_on_an_experiment_is_shown(
    experiment: Callable[..., Path], data_root: Path, capsys: pytest.CaptureFixture[str], nobody_answers: list[str]
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    experiment("13-05-02-000001", card={"parent": "2026/11/20/13-05-01-000001_10.0.0.1"}, lr=0.2)
    assert tool(data_root, "*13-05-01*").delete_related_log() == 0
    assert tool(data_root, "2026/11/20/13-05-01*").delete_related_log() == 0
    assert "demo/2026/11/20/13-05-02-000001_10.0.0.1_&lr=0.2 goes on from it" in capsys.readouterr().out
    assert len(nobody_answers) == 1


@pytest.mark.parametrize(
    "wrong",
    [("small", 10), (None, 10), ("small_ts", None), ("small_ts", "10"), ("small_ts", float("nan")), ("all", "ten")],
    ids=repr,
)
def test_a_filter_that_is_none_is_refused(wrong: tuple[object, object]) -> None:
    chosen = Filter()
    with pytest.raises(QueryError):
        chosen.config(*wrong)  # type: ignore[arg-type]
    assert (chosen.type, chosen.timstep_bound) == (Filter.ALL, None)


def test_what_is_no_filter_does_not_mean_all(data_root: Path) -> None:
    for wrong in ("small_ts", 100, {"type": "small_ts"}):
        with pytest.raises(QueryError, match="filter is a Filter"):
            DeleteLogTool(data_root, "demo", "*", wrong)  # type: ignore[arg-type]
