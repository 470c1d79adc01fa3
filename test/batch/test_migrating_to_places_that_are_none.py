"""Copies never lie on each other, on the experiments themselves, on a pinned or living one, or outside a data root."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.batch import Outcome, Plan, apply, choose, empty_trash, plan_archive, plan_deletion, plan_migration
from rla.database.pins import pin
from rla.database.trees import ExperimentPlace
from rla.errors import BatchError, DataRootError, InvalidNameError

AllDone = Callable[[Plan], Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]


@pytest.mark.parametrize(
    "task",
    [
        "",
        " ",
        "..",
        "../x",
        "a/../b",
        "/abs",
        "~",
        "~/x",
        "a//b",
        ".",
        "a\nb",
        "a\\b",
        "x" * 201,
        "a/2026",
        "a/b/c/d/e",
    ],
)
def test_a_task_that_is_none(task: str, data_root: Path, experiment: Callable[..., Path], looks: Looks) -> None:
    experiment("13-05-01-000001", lr=0.1)
    before = looks(data_root.parent, True)
    with pytest.raises(InvalidNameError):
        plan_migration(choose(data_root, "demo", "*"), task)
    assert looks(data_root.parent, True) == before


def test_the_place_where_they_are(data_root: Path, tmp_path: Path, experiment: Callable[..., Path]) -> None:
    experiment("13-05-01-000001", lr=0.1)
    (tmp_path / "link").symlink_to(data_root)
    for target in (None, data_root, tmp_path / "link"):
        with pytest.raises(BatchError, match="The copies would lie where the experiments are"):
            plan_migration(choose(data_root, "demo", "*"), "demo", target)


def test_those_that_are_there_already_do_not_hold_up_the_others(
    data_root: Path, experiment: Callable[..., Path], all_done: AllDone
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    experiment("13-05-02-000001", task="paper", lr=0.2)
    plan = plan_migration(choose(data_root, None, "*"), "paper")
    assert [refusal.reason for refusal in plan.refused] == ["it is there already"]
    assert [entry.full_name.split("/")[0] for entry in all_done(plan).done] == ["paper"]


def test_two_that_would_become_one(data_root: Path, experiment: Callable[..., Path]) -> None:
    for task in ("one", "two"):
        experiment("13-05-01-000001", task=task, lr=0.1)
    plan = plan_migration(choose(data_root, None, "*"), "both")
    assert len(plan.items) == 1
    (refusal,) = plan.refused
    assert refusal.name.startswith("two/2026/11/20/13-05-01-000001")
    assert refusal.reason.startswith("another of the experiments becomes 'both/2026/11/20/13-05-01-000001_")


@pytest.mark.parametrize("inside", ["log", "log/demo/2026/11/20/NAME", "results/new", ".rla", ".rla/trash/x"])
def test_a_data_root_in_a_tree_of_the_experiments(
    inside: str, data_root: Path, experiment: Callable[..., Path], looks: Looks
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    before = looks(data_root, True)
    with pytest.raises(DataRootError, match=r"it lies in '.*' of the data root of the experiments"):
        plan_migration(choose(data_root, "demo", "*"), None, data_root / inside.replace("NAME", log_dir.name))
    assert looks(data_root, True) == before


def test_a_data_root_that_cannot_be(data_root: Path, tmp_path: Path, experiment: Callable[..., Path]) -> None:
    experiment("13-05-01-000001", lr=0.1)
    (tmp_path / "file").write_text("x")
    for target, problem in ((tmp_path / "file", "a file"), (tmp_path / "file" / "x", "no folder"), ("", "no name")):
        with pytest.raises(DataRootError, match=problem):
            plan_migration(choose(data_root, "demo", "*"), None, target)


def test_a_copy_that_is_pinned_or_lives_is_not_replaced(
    data_root: Path, tmp_path: Path, experiment: Callable[..., Path], all_done: AllDone
) -> None:
    other = tmp_path / "other"
    log_dirs = [experiment(f"13-05-0{number}-000001", lr=number) for number in (1, 2)]
    all_done(plan_migration(choose(data_root, "demo", "*"), None, other))
    pin(ExperimentPlace(other, "demo", "2026/11/20", log_dirs[0].name), "Table 2")
    copy = other / log_dirs[1].relative_to(data_root) / "experiment.json"
    living = {"status": "running", "host": "far-away", "pid": 7, "heartbeat": time.time()}
    far = json.dumps(json.loads(copy.read_text()) | living)
    copy.write_text(far)
    for log_dir in log_dirs:
        (log_dir / "new").write_text("x")
    outcome = apply(plan_migration(choose(data_root, "demo", "*"), None, other))
    assert outcome.done == []
    assert [refusal.reason for refusal in outcome.refused] == [
        "it is pinned: Table 2",
        "it is under way: process 7 on far-away",
    ]
    assert copy.read_text() == far


def test_archived_experiments_come_back_by_migration(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone, looks: Looks
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    before = {path: look for path, look in looks(data_root).items() if path.count("/") > 4}
    all_done(plan_archive(choose(data_root, "demo", "*")))
    all_done(plan_deletion(choose(data_root, "demo", "*")))
    empty_trash(data_root)
    assert not log_dir.exists()
    all_done(plan_migration(choose(data_root / "arc", "demo", "*"), None, data_root))
    after = looks(data_root)
    changed = {path for path in before if after.get(path) != before[path]}
    assert {os.path.basename(path) for path in changed} == {"experiment.json"}
