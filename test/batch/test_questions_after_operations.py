"""After each operation questions to the database are answered as the disk is, at once and without a refresh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import query
from rla.batch import Outcome, Plan, choose, plan_archive, plan_migration
from rla.names import TREES

AllDone = Callable[[Plan], Outcome]
Delete = Callable[..., Outcome]
Undo = Callable[..., Outcome]


@pytest.fixture
def settled(data_root: Path, whole: Callable[..., Path], settle: Callable[[], None]) -> Path:
    """Three experiments that the index has known for long."""
    for number in (1, 2, 3):
        whole(f"13-05-0{number}-000001", lr=number / 10)
    settle()
    assert len(query.experiments(data_root)) == 3
    return data_root


def rates(root: Path, refresh: bool = True) -> list[float]:
    return [each.parameters["lr"] for each in query.experiments(root, refresh=refresh)]


def check_sizes(root: Path) -> None:
    """Compare the sizes that the index tells with those of the files."""
    for each in query.experiments(root):
        for tree, size in each.sizes.items():
            path = each.place.path(tree)
            files = list(path.parent.glob(f"{path.stem}.*")) if tree == "archive_tester" else list(path.rglob("*"))
            assert size == sum(file.lstat().st_size for file in files if file.is_symlink() or not file.is_dir()), tree


@pytest.mark.parametrize("refresh", [True, False])
def test_deleted_ones_are_not_listed(refresh: bool, settled: Path, delete: Delete) -> None:
    delete("**lr=0.2*")
    assert rates(settled, refresh) == [0.1, 0.3]
    delete("*")
    assert rates(settled, refresh) == []


def test_those_that_came_back_are_listed(settled: Path, delete: Delete, undo: Undo) -> None:
    delete("*")
    assert rates(settled) == []
    undo()
    assert rates(settled) == [0.1, 0.2, 0.3]
    check_sizes(settled)


def test_sizes_follow_trees_that_go_and_come(settled: Path, delete: Delete, undo: Undo) -> None:
    delete("*", trees=["checkpoint", "archive_tester"])
    assert {tuple(each.sizes) for each in query.experiments(settled)} == {
        tuple(tree for tree in TREES if tree not in ("checkpoint", "archive_tester"))
    }
    check_sizes(settled)
    undo()
    assert {tuple(each.sizes) for each in query.experiments(settled)} == {TREES}
    check_sizes(settled)


def test_copies_are_listed_where_they_lie(
    settled: Path, all_done: AllDone, undo: Undo, settle: Callable[[], None]
) -> None:
    for plan, root in (
        (plan_archive(choose(settled, "demo", "*")), settled / "arc"),
        (plan_migration(choose(settled, "demo", "*"), "demo", settled.with_name("other")), settled.with_name("other")),
    ):
        all_done(plan)
        assert rates(root) == [0.1, 0.2, 0.3]
        check_sizes(root)
    undo(root=settled.with_name("other"))
    assert rates(settled.with_name("other")) == []
    undo()
    assert rates(settled / "arc") == []
    assert rates(settled) == [0.1, 0.2, 0.3]


def test_a_copy_that_was_replaced_is_read_anew(settled: Path, all_done: AllDone, undo: Undo) -> None:
    all_done(plan_archive(choose(settled, "demo", "*")))
    assert [each.last["loss"] for each in query.experiments(settled / "arc")] == [0.5, 0.5, 0.5]
    (log_dir,) = (settled / "log" / "demo").glob("*/*/*/*lr=0.2")
    (log_dir / "progress.csv").write_text("loss,time-step,timestamp\n0.5,10,1.0\n0.25,20,2.0\n")
    all_done(plan_archive(choose(settled, "demo", "*")))
    assert [each.last["loss"] for each in query.experiments(settled / "arc")] == [0.5, 0.25, 0.5]
    check_sizes(settled / "arc")
    undo()
    assert [each.last["loss"] for each in query.experiments(settled / "arc")] == [0.5, 0.5, 0.5]


def test_the_trash_is_in_no_answer(settled: Path, delete: Delete) -> None:
    delete("*")
    assert len(query.experiments(settled)) == 0
    assert len(query.experiments(settled, fresh=True)) == 0
