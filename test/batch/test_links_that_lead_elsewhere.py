"""What a link of a task or a date folder leads to is left alone; a whole tree may lie on another disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.batch import Outcome, Plan, apply, choose, plan_archive, plan_deletion, plan_undo
from rla.batch.undo import find_operation

AllDone = Callable[[Plan], Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]


def move_out(folder: Path, elsewhere: Path) -> None:
    """Let a link stand in the place of a folder."""
    elsewhere.parent.mkdir(exist_ok=True)
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


@pytest.mark.parametrize("part", ["log/demo", "log/demo/2026/11", "log/demo/2026/11/20", "results/demo"])
def test_a_task_or_date_folder_that_is_a_link(
    part: str, data_root: Path, tmp_path: Path, whole: Callable[..., Path], looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    move_out(data_root / part, tmp_path / "elsewhere")
    before = looks(tmp_path)
    plan = plan_deletion(choose(data_root, "demo", "*"))
    assert plan.items == []
    (refusal,) = plan.refused
    assert refusal.reason.startswith(
        f"a symbolic link leads from '{part.split('/')[0]}/demo/2026/11/20' to '{tmp_path}/"
    )
    assert refusal.reason.endswith("; do this where it lies")
    assert looks(tmp_path) == before


def test_a_link_that_came_after_the_plan(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    plan = plan_deletion(choose(data_root, "demo", "*"))
    move_out(data_root / "log/demo", tmp_path / "elsewhere")
    before = looks(tmp_path / "elsewhere")
    assert len(apply(plan).refused) == 1
    assert looks(tmp_path / "elsewhere") == before


def test_a_whole_tree_that_lies_elsewhere(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], all_done: AllDone, looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    move_out(data_root / "checkpoint", tmp_path / "elsewhere")
    before = looks(tmp_path)
    all_done(plan_deletion(choose(data_root, "demo", "*")))
    assert not list((tmp_path / "elsewhere").rglob("*.pt"))
    all_done(plan_undo(find_operation(data_root)))
    assert looks(tmp_path) == before


def test_nothing_comes_back_through_a_link(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], all_done: AllDone
) -> None:
    whole("13-05-01-000001", lr=0.1)
    all_done(plan_deletion(choose(data_root, "demo", "*")))
    move_out(data_root / "log/demo", tmp_path / "elsewhere")
    plan = plan_undo(find_operation(data_root))
    assert plan.items == []
    assert "a symbolic link leads from 'log/demo/2026/11/20'" in plan.refused[0].reason


def test_no_copy_is_taken_away_through_a_link(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], all_done: AllDone, looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    all_done(plan_archive(choose(data_root, "demo", "*")))
    move_out(data_root / "arc/log/demo", tmp_path / "elsewhere")
    before = looks(tmp_path)
    plan = plan_undo(find_operation(data_root))
    assert "a symbolic link leads from 'log/demo/2026/11/20'" in plan.refused[0].reason
    assert apply(plan).done == []
    assert looks(tmp_path) == before


def test_nothing_is_archived_through_a_link(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    (data_root / "arc" / "log").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (data_root / "arc" / "log" / "demo").symlink_to(tmp_path / "elsewhere")
    outcome = apply(plan_archive(choose(data_root, "demo", "*")))
    assert (outcome.done, len(outcome.refused)) == ([], 1)
    assert looks(tmp_path / "elsewhere") == {}


def test_trash_that_leads_elsewhere_gives_nothing_back(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], all_done: AllDone, looks: Looks
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    done = all_done(plan_deletion(choose(data_root, "demo", "*"), trees=["log"]))
    canary = tmp_path / "home" / "demo" / "2026/11/20" / log_dir.name
    canary.mkdir(parents=True)
    (canary / "thesis.tex").write_text("x")
    trash = data_root / ".rla" / "trash" / (done.operation or "")
    (trash / "log").rename(tmp_path / "real")
    (trash / "log").symlink_to(tmp_path / "home")
    before = looks(tmp_path / "home", True)
    outcome = apply(plan_undo(find_operation(data_root)))
    assert (outcome.done, [failure.reason.split(":")[0] for failure in outcome.failed]) == (
        [],
        ["a symbolic link leads elsewhere"],
    )
    assert looks(tmp_path / "home", True) == before
