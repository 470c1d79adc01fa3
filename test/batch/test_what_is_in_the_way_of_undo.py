"""Undo never puts anything onto something else, and what it cannot bring back stays where it is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import query
from rla.batch import Outcome, Plan, apply, choose, plan_archive, plan_migration, plan_undo, trash_of
from rla.batch.undo import find_operation
from rla.database.pins import pin
from rla.database.trees import ExperimentPlace
from rla.errors import BatchError

AllDone = Callable[[Plan], Outcome]
Delete = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]
Undo = Callable[..., Outcome]


@pytest.mark.parametrize("tree", ["log", "results", "archive_tester"])
def test_a_place_that_is_taken_again(
    tree: str, data_root: Path, whole: Callable[..., Path], delete: Delete, looks: Looks, undo: Undo
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    whole("13-05-02-000001", lr=0.2)
    before = looks(data_root)
    delete("*")
    taken = data_root / tree / log_dir.relative_to(data_root / "log")
    taken = Path(f"{taken}.objects") if tree == "archive_tester" else taken
    taken.mkdir()
    plan = plan_undo(find_operation(data_root))
    assert [refusal.reason for refusal in plan.refused] == [f"its place is taken: '{taken}' is there"]
    assert [entry.name[-3:] for entry in apply(plan).done] == ["0.2"]
    assert list(taken.iterdir()) == []
    taken.rmdir()
    undo()  # the one that is left
    assert looks(data_root) == before


def test_a_place_that_is_taken_after_the_plan(data_root: Path, whole: Callable[..., Path], delete: Delete) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    delete("*")
    plan = plan_undo(find_operation(data_root))
    log_dir.mkdir(parents=True, exist_ok=True)
    outcome = apply(plan)
    assert (outcome.done, outcome.operation) == ([], None)
    assert [refusal.reason for refusal in outcome.refused] == [f"its place is taken: '{log_dir}' is there"]


def test_some_come_back_and_the_others_can_later(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, looks: Looks, all_done: AllDone
) -> None:
    for number in (1, 2, 3):
        whole(f"13-05-0{number}-000001", lr=number / 10)
    before = looks(data_root)
    delete("*")
    all_done(plan_undo(find_operation(data_root), lambda name: name.endswith("lr=0.2")))
    assert [each.parameters for each in query.experiments(data_root)] == [{"lr": 0.2}]
    (left,) = trash_of(data_root)
    assert [entry.name[-3:] for entry in left.entries] == ["0.1", "0.3"]
    undo()
    assert looks(data_root) == before


def test_several_operations_from_the_last_to_the_first(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, looks: Looks, all_done: AllDone
) -> None:
    for number in (1, 2):
        whole(f"13-05-0{number}-000001", lr=number / 10)
    before = looks(data_root)
    all_done(plan_archive(choose(data_root, "demo", "*")))
    delete("**lr=0.1*", trees=["checkpoint"])
    delete("**lr=0.1*")
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    delete("*")
    for _ in range(5):
        undo()
    files = {path: look for path, look in looks(data_root).items() if look[0] != "folder"}
    assert files == {path: look for path, look in before.items() if look[0] != "folder"}
    with pytest.raises(BatchError, match="nothing to undo"):
        find_operation(data_root)


def test_a_copy_that_a_newer_one_has_replaced(data_root: Path, whole: Callable[..., Path], all_done: AllDone) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    first = all_done(plan_archive(choose(data_root, "demo", "*"))).operation
    (log_dir / "new").write_text("x")
    second = all_done(plan_archive(choose(data_root, "demo", "*"))).operation
    plan = plan_undo(find_operation(data_root, first))
    assert plan.items == []
    assert [refusal.reason for refusal in plan.refused] == [f"a newer copy has taken its place; undo '{second}' first"]
    for operation in (second, first):
        all_done(plan_undo(find_operation(data_root, operation)))


def test_a_copy_that_is_pinned(data_root: Path, whole: Callable[..., Path], all_done: AllDone) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    pin(ExperimentPlace(data_root, "paper", "2026/11/20", log_dir.name), "Table 2")
    plan = plan_undo(find_operation(data_root))
    assert (plan.items, [refusal.reason for refusal in plan.refused]) == ([], ["it is pinned: Table 2"])


def test_a_copy_that_goes_on_as_a_run_of_its_own(
    data_root: Path, live: Callable[..., subprocess.Popen[str]], all_done: AllDone
) -> None:
    fcntl = pytest.importorskip("fcntl")
    process = live()
    process.kill()
    process.wait()
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    (lock,) = (data_root / "log" / "paper").rglob(".journal/lock")
    card = lock.parents[1] / "experiment.json"
    card.write_text(card.read_text().replace('"status": "finished"', '"status": "running"'))
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        (refusal,) = plan_undo(find_operation(data_root)).refused
        assert refusal.reason.startswith("it is under way")
    assert len(plan_undo(find_operation(data_root)).items) == 1


def test_a_copy_that_was_deleted_meanwhile(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone, delete: Delete
) -> None:
    whole("13-05-01-000001", lr=0.1)
    migrated = all_done(plan_migration(choose(data_root, "demo", "*"), "paper")).operation
    delete("*", task="paper")
    plan = plan_undo(find_operation(data_root, migrated))
    assert [refusal.reason for refusal in plan.refused] == ["it is not in its place any more"]


def test_an_operation_is_found_by_the_beginning_of_its_id(
    data_root: Path, whole: Callable[..., Path], delete: Delete
) -> None:
    whole("13-05-01-000001", lr=0.1)
    first = delete("*").operation or ""
    whole("13-05-02-000001", lr=0.2)
    second = delete("*").operation or ""
    assert find_operation(data_root, first[:-2]).id == first
    with pytest.raises(BatchError, match=f"2 operations begin so.*The last ones: {first}, {second}"):
        find_operation(data_root, "20")
    with pytest.raises(BatchError, match="there is no such operation"):
        find_operation(data_root, "yesterday")


def test_an_operation_whose_record_went_after_the_plan(
    data_root: Path, whole: Callable[..., Path], delete: Delete, looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    delete("*")
    operation = find_operation(data_root)
    plan = plan_undo(operation)
    (data_root / ".rla" / "operations" / f"{operation.id}.json").unlink()
    with pytest.raises(BatchError, match=r"cannot be taken back: its record cannot be read \(.*No such file"):
        apply(plan)
    assert operation.trash.is_dir()
