"""What deletes follows no symbolic link: tasks and date folders behind one are refused, an experiment is the link."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rla import TREES
from rla.batch import apply, choose, empty_trash, plan_archive, plan_deletion, plan_migration, plan_undo
from rla.batch.undo import find_operation

Picture = Callable[..., dict[str, tuple[object, ...]]]


def test_a_task_that_is_a_link_is_refused(crowded_root: Path, canary: Path, picture_of: Picture) -> None:
    before = picture_of(crowded_root.parent)
    plan = plan_deletion(choose(crowded_root, "linked", "*"))
    assert plan.items == []
    (refusal,) = plan.refused
    assert refusal.reason == (
        f"a symbolic link leads from 'log/linked/2026/11/20' to '{canary}/log/demo/2026/11/20'; do this where it lies"
    )
    assert apply(plan).done == []
    assert picture_of(crowded_root.parent) == before


def test_a_link_in_one_tree_alone_is_refused(
    experiment: Callable[..., Path], data_root: Path, canary: Path, picture_of: Picture
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    for tree in TREES[1:]:
        (data_root / tree).mkdir()
        (data_root / tree / "demo").symlink_to(canary / tree / "demo")
    before = picture_of(data_root.parent)
    plan = plan_deletion(choose(data_root, "demo", "*"))
    assert plan.items == []
    assert "a symbolic link leads from 'code/demo/2026/11/20'" in plan.refused[0].reason
    assert picture_of(data_root.parent) == before


def test_a_folder_that_becomes_a_link_after_the_plan_is_refused(
    experiment: Callable[..., Path], data_root: Path, canary: Path, picture_of: Picture
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    outside = picture_of(canary)
    plan = plan_deletion(choose(data_root, "demo", "*"))
    assert len(plan.items) == 1
    (data_root / "log/demo").rename(data_root / "log/elsewhere")
    (data_root / "log/demo").symlink_to(canary / "log/demo")
    outcome = apply(plan)
    assert outcome.done == []
    assert "a symbolic link leads" in outcome.refused[0].reason
    assert picture_of(canary) == outside
    assert (data_root / "log/elsewhere" / log_dir.relative_to(data_root / "log/demo")).exists()


def test_an_experiment_that_is_a_link_goes_as_a_link_and_its_target_stays(
    crowded_root: Path, canary: Path, picture_of: Picture
) -> None:
    outside = picture_of(canary)
    link = next(crowded_root.glob("log/demo/*/*/*/*=link"))
    leads = os.readlink(link)
    assert len(apply(plan_deletion(choose(crowded_root, "demo", "2026/11/20/*=link"))).done) == 1
    assert not os.path.lexists(link)
    apply(plan_undo(find_operation(crowded_root)))
    assert os.readlink(link) == leads
    apply(plan_deletion(choose(crowded_root, "demo", "2026/11/20/*=link")))
    empty_trash(crowded_root)
    assert not os.path.lexists(link)
    assert picture_of(canary) == outside


def test_links_inside_of_an_experiment_are_not_followed(
    experiment: Callable[..., Path], data_root: Path, canary: Path, picture_of: Picture
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    (log_dir / "dataset").symlink_to(canary)
    (log_dir / "progress_of_another.csv").symlink_to(next(canary.rglob("progress.csv")))
    outside = picture_of(canary)
    for plan_of in (plan_archive, lambda chosen: plan_migration(chosen, "target"), plan_deletion):
        assert len(apply(plan_of(choose(data_root, "demo", "*"))).done) == 1
    for operation in ("archive", "target"):
        (copy,) = data_root.glob(f"**/{'arc/log/demo' if operation == 'archive' else 'log/target'}/*/*/*/*/dataset")
        assert os.readlink(copy) == str(canary)
    empty_trash(data_root)
    assert picture_of(canary) == outside


def test_an_archive_behind_a_link_of_a_task_is_refused(
    experiment: Callable[..., Path], data_root: Path, canary: Path, picture_of: Picture
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    (data_root / "arc/log").mkdir(parents=True)
    (data_root / "arc/log/demo").symlink_to(canary / "log/demo")
    outside = picture_of(canary)
    outcome = apply(plan_archive(choose(data_root, "demo", "*")))
    assert outcome.done == []
    assert picture_of(canary) == outside
