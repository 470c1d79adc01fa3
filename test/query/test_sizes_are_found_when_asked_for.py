"""What experiments take on the disk is found when somebody asks, whoever asks; then the index keeps it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.database.index import measuring, reading
from rla.database.index.sizes import Sizes
from rla.database.trees import ExperimentPlace
from rla.query import Experiments, experiments
from rla.query.disk_usage import disk_usage

Measured = list[str]


@pytest.fixture
def lab(experiment: Callable[..., Path], data_root: Path, settle: Callable[[], None]) -> Path:
    """Experiments with checkpoints of 1, 2, 3 and 4 kB, by seed; the last one belongs to another task."""
    for seed in range(4):
        log_dir = experiment(f"13-05-0{seed}-000000", task="sac" if seed < 3 else "td3", seed=seed)
        checkpoints = checkpoints_of(log_dir, data_root)
        checkpoints.mkdir(parents=True)
        (checkpoints / "model.pt").write_bytes(bytes(1000 * (seed + 1)))
    settle()
    return data_root


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    """Names of the experiments whose folders were looked into for their sizes."""
    names: Measured = []
    look = measuring.sizes_of

    def watched(place: ExperimentPlace) -> Sizes:
        names.append(place.index_name)
        return look(place)

    monkeypatch.setattr(measuring, "sizes_of", watched)
    return names


def checkpoints_of(log_dir: Path, data_root: Path) -> Path:
    return data_root / "checkpoint" / log_dir.relative_to(data_root / "log")


def seeds(found: Experiments) -> list[int]:
    return [each.parameters["seed"] for each in found]


def in_all_files(each: Path, lab: Path) -> int:
    folders = (each, checkpoints_of(each, lab))
    return sum(path.stat().st_size for folder in folders for path in folder.iterdir())


def test_questions_about_other_things_look_into_no_folder(lab: Path, measured: Measured) -> None:
    found = experiments(lab, where="seed >= 0 and status == finished").sorted_by("loss")
    assert [(each.status, each.tags, each.step, each.facts.get("host", ""), each.last["loss"]) for each in found]
    assert "nothing of the kind" not in found[0].facts
    assert measured == []


@pytest.mark.parametrize("condition", ["size.checkpoint >= 3kB", "run.size.checkpoint > 2500", "not size < 3kB"])
def test_a_condition_knows_all_sizes_at_once(condition: str, lab: Path) -> None:
    assert seeds(experiments(lab, where=condition)) == [2, 3]


def test_so_does_an_order(lab: Path) -> None:
    assert seeds(experiments(lab, "sac").sorted_by("size", descending=True)) == [2, 1, 0]


def test_so_does_a_question_that_asks_for_no_refresh(lab: Path) -> None:
    assert len(experiments(lab)) == 4
    assert seeds(experiments(lab, where="size.checkpoint == 1000", refresh=False)) == [0]


def test_an_experiment_says_what_it_takes(lab: Path) -> None:
    one = experiments(lab)[1]
    size = in_all_files(one.log_dir, lab)
    assert one.sizes == {"log": size - 2000, "checkpoint": 2000}
    assert one.files == {"log": 3, "checkpoint": 1}
    assert (one.facts["size"], one.facts["size.checkpoint"], "size.code" in one.facts) == (size, 2000, False)
    assert dict(one.facts)["size.log"] == size - 2000


def test_a_table_has_the_sizes_of_all(lab: Path) -> None:
    found = experiments(lab)
    assert list(found.to_pandas()["size"]) == [in_all_files(each.log_dir, lab) for each in found]


def test_the_disk_usage_counts_all(lab: Path) -> None:
    assert {task: trees["checkpoint"] for task, trees in disk_usage(lab).tasks.items()} == {"sac": 6000, "td3": 4000}
    assert [each.parameters["seed"] for each in disk_usage(lab, "sac", number_of_largest=2).largest] == [2, 1]


def test_only_the_task_that_is_asked_for_is_looked_at(lab: Path, measured: Measured) -> None:
    disk_usage(lab, "td3")
    assert measured == ["13-05-03-000000_10.0.0.1_&seed=3"]


def test_what_was_found_is_kept_until_everything_is_read_anew(lab: Path, measured: Measured) -> None:
    (first, *_) = experiments(lab, where="size > 0")
    number = len(measured)
    (checkpoints_of(first.log_dir, lab) / "model.pt").write_bytes(bytes(5000))
    assert experiments(lab, where="size > 0")[0].sizes["checkpoint"] == 1000
    assert len(measured) == number
    assert experiments(lab, fresh=True)[0].sizes["checkpoint"] == 5000


def test_a_run_that_goes_on_is_looked_at_again(
    experiment: Callable[..., Path], data_root: Path, settle: Callable[[], None]
) -> None:
    log_dir = experiment("13-05-01-000000", status="running", card={"host": "far.away", "heartbeat": 9e11})
    settle()
    assert experiments(data_root).one().sizes["log"] == sum(path.stat().st_size for path in log_dir.iterdir())
    with open(log_dir / "progress.csv", "a") as stream:
        stream.write("0.25,20,2.0\n")
    (log_dir / "more.txt").write_bytes(bytes(100))
    assert experiments(data_root).one().sizes["log"] == sum(path.stat().st_size for path in log_dir.iterdir())


def test_workers_find_the_sizes_of_many(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ENOUGH_FOR_WORKERS", 2), ("_JOBS_AT_ONCE", 1), ("MOST_WORKERS", 2)):
        monkeypatch.setattr(reading, name, value)
    told: list[tuple[int, int]] = []
    found = experiments(lab, progress=lambda done, total: told.append((done, total)))
    found.find_sizes()
    assert told[-4:] == [(done, 4) for done in range(1, 5)]
    assert [each.sizes["checkpoint"] for each in found] == [1000, 2000, 3000, 4000]


def test_one_that_has_gone_meanwhile_takes_nothing(lab: Path) -> None:
    found = list(experiments(lab, "sac"))
    shutil.rmtree(found[1].log_dir)
    shutil.rmtree(checkpoints_of(found[1].log_dir, lab))
    assert [each.sizes.get("checkpoint") for each in found] == [1000, None, 3000]


def test_sizes_do_not_fall_to_another_experiment_that_gets_the_same_number(
    lab: Path, experiment: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (last,) = experiments(lab, "td3")
    look = measuring.sizes_of

    def while_another_process_refreshes(place: ExperimentPlace) -> Sizes:
        sizes = look(place)
        monkeypatch.setattr(measuring, "sizes_of", look)
        shutil.rmtree(last.log_dir.parent)
        shutil.rmtree(checkpoints_of(last.log_dir, lab).parent)
        assert len(experiments(lab, "td3")) == 0
        experiment("14-00-00-000000", task="td3", seed=9)
        assert len(experiments(lab, "td3")) == 1
        return sizes

    monkeypatch.setattr(measuring, "sizes_of", while_another_process_refreshes)
    assert last.sizes == {}
    assert experiments(lab, "td3").one().sizes.keys() == {"log"}


def test_files_that_seem_to_be_larger_than_any_disk_are_counted(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        measuring, "sizes_of", lambda place: Sizes({"log": 2**62, "code": 2**62}, {"log": 1, "code": 1})
    )
    assert len(experiments(lab, where="size > 1TB")) == 4
