"""The answer to a question is a lazy sequence of experiments, sorted by record date."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager, logger
from rla.database.index import refresh
from rla.errors import AmbiguousExperimentError, DataRootError, ExperimentNotFoundError, QueryError
from rla.query import Experiment, experiments


@pytest.fixture
def five(experiment: Callable[..., Path], data_root: Path) -> Path:
    """Five experiments with seeds 0 to 4, of which the last two belong to another task."""
    for seed in range(5):
        experiment(f"13-05-0{seed}-000000", task="sac" if seed < 3 else "td3", day=f"2026/11/1{seed}", seed=seed)
    return data_root


def seeds(found: object) -> list[int]:
    return [each.parameters["seed"] for each in found]  # type: ignore[attr-defined]


def test_it_has_a_length_positions_slices_and_an_order(five: Path) -> None:
    found = experiments(five)
    assert len(found) == 5
    assert seeds(found) == [0, 1, 2, 3, 4]
    assert (found[0].parameters, found[-1].parameters) == ({"seed": 0}, {"seed": 4})
    assert seeds(found[1:3]) == [1, 2]
    assert seeds(found[::-2]) == [4, 2, 0]
    assert [isinstance(each, Experiment) for each in found] == [True] * 5
    with pytest.raises(IndexError):
        found[5]


def test_nothing_is_looked_at_before_the_answer_is(five: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("the data root was looked at")

    with monkeypatch.context() as patch:
        patch.setattr(refresh, "_changed_days", fail)
        found = experiments(five, "sac", "seed > 0").where("seed < 3").matching("2026/11/*").sorted_by("seed", True)
    assert seeds(found) == [2, 1]


def test_what_was_found_stays_found(five: Path, experiment: Callable[..., Path]) -> None:
    found = experiments(five)
    assert len(found) == 5
    experiment("14-00-00-000000", seed=9)
    assert len(found) == 5
    assert len(experiments(five)) == 6


def test_each_narrowing_leaves_the_first_as_it_was(five: Path) -> None:
    found = experiments(five, where="seed >= 1")
    assert seeds(found.where("seed <= 2")) == [1, 2]
    assert seeds(found.where("task == td3").where("seed != 3")) == [4]
    assert seeds(found) == [1, 2, 3, 4]


@pytest.mark.parametrize("pattern", ["2026/11/1[12]", "2026/11/1[12]/*", "re:seed=[12]$", "**seed=[12]"])
def test_patterns_are_those_of_a_task(pattern: str, five: Path) -> None:
    assert seeds(experiments(five, pattern=pattern)) == [1, 2]
    assert seeds(experiments(five, "sac", pattern=pattern).matching("2026/11/12")) == [2]


def test_a_regular_expression_without_end_is_given_up(experiment: Callable[..., Path], data_root: Path) -> None:
    experiment("13-05-01-000001", note="a" * 60)
    with pytest.raises(QueryError, match="given up"):
        len(experiments(data_root, pattern="re:(a+)+$!"))
    with pytest.raises(QueryError, match="given up"):
        len(experiments(data_root, where="note ~ 're:(a+)+$!'"))


def test_the_order_of_a_value_puts_numbers_before_texts_before_nothing(
    experiment: Callable[..., Path], data_root: Path
) -> None:
    for number, value in enumerate(["b", 3, None, 1.5, "a", 2]):
        experiment(f"13-05-01-00000{number}", **({} if value is None else {"key": value}))
    found = experiments(data_root)
    assert [each.parameters.get("key") for each in found.sorted_by("key")] == [1.5, 2, 3, "a", "b", None]
    assert [each.parameters.get("key") for each in found.sorted_by("key", True)] == [3, 2, 1.5, "b", "a", None]


def test_an_order_within_an_order(experiment: Callable[..., Path], data_root: Path) -> None:
    for number, (first, second) in enumerate([(1, 1), (0, 1), (1, 0), (0, 0)]):
        experiment(f"13-05-01-00000{number}", first=first, second=second)
    found = experiments(data_root).sorted_by("second", True).sorted_by("first")
    assert [tuple(each.parameters.values()) for each in found] == [(0, 1), (0, 0), (1, 1), (1, 0)]


def test_one_is_the_only_one(five: Path) -> None:
    assert experiments(five, where="seed == 3").one().task == "td3"
    with pytest.raises(ExperimentNotFoundError, match="seed == 9"):
        experiments(five, where="seed == 9").one()
    with pytest.raises(AmbiguousExperimentError) as raised:
        experiments(five, "sac").one()
    assert str(raised.value).count("sac/2026/11") == 3


def test_a_task_that_is_not_there_is_told_with_the_nearest(five: Path) -> None:
    with pytest.raises(QueryError, match=r"no task 'sack'.*Did you mean 'sac'\? Tasks: sac, td3"):
        len(experiments(five, "sack"))


@pytest.mark.parametrize(("place", "problem"), [("nowhere", "no such folder"), ("file", "it is a file")])
def test_a_data_root_that_is_none(place: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataRootError, match=problem):
        experiments(tmp_path / place)


def test_a_data_root_without_experiments_has_no_unknown_keys(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    assert list(experiments(tmp_path)) == []
    assert list(experiments(tmp_path, where="lr < 1")) == []
    assert repr(experiments(tmp_path)) == f"<0 experiments of '{tmp_path}'>"


def test_without_a_refresh_the_index_answers_and_what_is_gone_is_dropped(
    five: Path, experiment: Callable[..., Path], settle: Callable[[], None]
) -> None:
    settle()
    assert len(experiments(five)) == 5
    experiment("14-00-00-000000", day="2026/11/19", task="sac", seed=9)
    (gone,) = five.glob("log/sac/2026/11/11/*")
    shutil.rmtree(gone)
    assert seeds(experiments(five, refresh=False)) == [0, 2, 3, 4]
    assert seeds(experiments(five)) == [0, 2, 3, 4, 9]


def test_a_run_of_this_process_is_there_with_its_newest_row(start: Callable[..., None], data_root: Path) -> None:
    start(lr=0.1)
    logger.record_tabular("loss", 0.5)
    logger.dump_tabular(7)
    (found,) = experiments(data_root)
    assert (found.status, found.last, found.step) == ("running", {"loss": 0.5}, 7)
    assert found.name == "/".join(Path(exp_manager.log_dir).parts[-5:])
    exp_manager.finish()
    assert experiments(data_root).one().status == "finished"


def test_types_of_parameters_come_back(start: Callable[..., None], data_root: Path) -> None:
    start(layers=(64, 64), path=Path("a/b"), rate=float("nan"), nested={"depth": {"lr": 1}})
    exp_manager.finish()
    found = experiments(data_root).one()
    assert found.parameters["layers"] == (64, 64)
    assert found.parameters["path"] == Path("a/b")
    assert found.parameters["rate"] != found.parameters["rate"]
    assert found.stored_parameters["layers"] == [64, 64]
    assert found.flat_parameters["nested.depth.lr"] == 1
    assert len(experiments(data_root, where="nested.depth.lr == 1 and rate == nan")) == 1


def test_progress_is_told(five: Path) -> None:
    told: list[tuple[int, int]] = []
    len(experiments(five, progress=lambda done, total: told.append((done, total))))
    assert told == [(number, 5) for number in range(1, 6)]


def test_a_forked_child_asks_for_itself(five: Path, run_python: Callable) -> None:
    done = run_python(
        "import os, sys\nfrom rla.query import experiments\nfound = experiments(sys.argv[1])\nassert len(found) == 5\n"
        "child = os.fork()\nif not child:\n    os._exit(len([each.name for each in found]))\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(list(found)))",
        five,
    )
    assert (done.stdout, done.stderr) == ("5 5\n", "")
