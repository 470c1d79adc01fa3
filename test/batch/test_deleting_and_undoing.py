"""Deleting moves all trees of an experiment to the trash; undo brings back every byte, mode, time and link."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import query
from rla.batch import Outcome, Plan, apply, choose, plan_deletion, trash_of
from rla.batch.undo import find_operation
from rla.errors import BatchError
from rla.names import TREES

Delete = Callable[..., Outcome]
Undo = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]


@pytest.fixture
def two(whole: Callable[..., Path]) -> list[Path]:
    return [whole("13-05-01-000001", lr=0.1), whole("13-05-02-000001", lr=0.2)]


def test_the_plan_tells_trees_bytes_and_files(data_root: Path, two: list[Path]) -> None:
    (item,) = plan_deletion(choose(data_root, "demo", where="lr > 0.15")).items
    inside = two[1].relative_to(data_root / "log")
    paths = [path for tree in TREES for path in (data_root / tree / inside).rglob("*") if not path.is_dir()]
    paths += (data_root / "archive_tester" / inside.parent).glob(f"{inside.name}.*")
    assert item.name == f"demo/2026/11/20/{two[1].name}"
    assert set(item.trees) == set(TREES)
    assert item.files == len(paths) == 11
    assert item.size == sum(path.lstat().st_size for path in paths)


def test_a_plan_changes_nothing(data_root: Path, two: list[Path], looks: Looks) -> None:
    before = looks(data_root, with_folder_times=True)
    plan_deletion(choose(data_root, "demo", "*"))
    assert looks(data_root, with_folder_times=True) == before
    assert not (data_root / ".rla").exists()


def test_an_experiment_leaves_all_its_trees(data_root: Path, two: list[Path], delete: Delete, looks: Looks) -> None:
    outcome = delete("**lr=0.1*")
    assert [entry.trees for entry in outcome.done] == [TREES]
    assert [path for path in looks(data_root) if two[0].name in path] == []
    assert sum(two[1].name in path for path in looks(data_root)) > 10
    assert [each.name for each in query.experiments(data_root)] == [f"demo/2026/11/20/{two[1].name}"]


def test_undo_brings_everything_back_to_the_last_bit(
    data_root: Path, two: list[Path], delete: Delete, undo: Undo, looks: Looks
) -> None:
    before = looks(data_root)
    inodes = {path: path.stat().st_ino for path in data_root.rglob("*.csv")}
    delete("*")
    assert not [path for path, look in looks(data_root).items() if look[0] != "folder"]
    undo()
    assert looks(data_root) == before
    assert {path: path.stat().st_ino for path in data_root.rglob("*.csv")} == inodes  # renamed, not copied
    assert len(query.experiments(data_root)) == 2
    assert trash_of(data_root) == []


def test_undo_works_when_the_data_root_lies_elsewhere_meanwhile(
    data_root: Path, two: list[Path], delete: Delete, undo: Undo, looks: Looks
) -> None:
    before = looks(data_root)
    delete("*")
    elsewhere = data_root.with_name("renamed")
    data_root.rename(elsewhere)
    undo(root=elsewhere)
    assert looks(elsewhere) == before


def test_what_was_undone_cannot_be_undone_again(data_root: Path, two: list[Path], delete: Delete, undo: Undo) -> None:
    delete("*")
    undo()
    with pytest.raises(BatchError, match="nothing to undo"):
        find_operation(data_root)


def test_what_was_brought_back_can_be_deleted_again(
    data_root: Path, two: list[Path], delete: Delete, undo: Undo, looks: Looks
) -> None:
    before = looks(data_root)
    for _ in range(3):
        delete("*")
        undo()
    assert looks(data_root) == before


def test_a_plan_without_experiments_writes_nothing(
    data_root: Path, two: list[Path], all_done: Callable[[Plan], Outcome]
) -> None:
    plan = plan_deletion(choose(data_root, "demo", "2025/*"))
    assert all_done(plan).operation is None
    assert not (data_root / ".rla").exists()


def test_what_has_gone_since_the_plan_is_told(data_root: Path, two: list[Path], delete: Delete) -> None:
    plan = plan_deletion(choose(data_root, "demo", "*"))
    delete("**lr=0.1*")
    outcome = apply(plan)
    assert [entry.name for entry in outcome.done] == [two[1].name]
    assert [refusal.reason for refusal in outcome.refused] == ["it is not there any more"]


def test_date_folders_that_become_empty_go(data_root: Path, whole: Callable[..., Path], delete: Delete) -> None:
    whole("13-05-01-000001", day="2022/03/01", task="paper/ablation")
    whole("13-05-01-000001", day="2022/03/02", task="paper/table")
    delete("*", task="paper/ablation")
    assert [path.name for path in (data_root / "log" / "paper").iterdir()] == ["table"]
    delete("*", task="paper/table")
    assert [path for tree in TREES for path in (data_root / tree).iterdir()] == []
