"""Ctrl-C, or an error of who shows the progress, ends an operation after an experiment; what it did can be undone."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import files
from rla.batch import Outcome, Plan, apply, choose, plan_archive, plan_deletion, plan_undo, recover
from rla.batch.operations import Operations
from rla.batch.undo import find_operation
from rla.errors import BatchError

Looks = Callable[..., dict[str, tuple[object, ...]]]
Undo = Callable[..., Outcome]

PLANS: dict[str, Callable[..., Plan]] = {"delete": plan_deletion, "archive": plan_archive}


@pytest.fixture
def four(whole: Callable[..., Path]) -> None:
    for number in (1, 2, 3, 4):
        whole(f"13-05-0{number}-000001", lr=number / 10)


def files_of(look: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    return {path: what for path, what in look.items() if what[0] != "folder"}


@pytest.mark.parametrize("kind", PLANS)
def test_ctrl_c_after_the_second(kind: str, data_root: Path, four: None, undo: Undo, looks: Looks) -> None:
    before = looks(data_root)

    def press(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    outcome = apply(PLANS[kind](choose(data_root, "demo", "*")), press)
    assert outcome.interrupted
    assert [entry.name[-3:] for entry in outcome.done] == ["0.1", "0.2"]
    assert find_operation(data_root).id == outcome.operation
    undo()
    assert files_of(looks(data_root)) == files_of(before)


@pytest.mark.parametrize("kind", PLANS)
@pytest.mark.parametrize("moment", range(0, 36, 5))
def test_ctrl_c_at_any_rename(
    kind: str, moment: int, data_root: Path, four: None, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = looks(data_root)
    plan = PLANS[kind](choose(data_root, "demo", "**lr=0.[12]*"))
    rename, left = files.rename, [moment]

    def press(source: str, target: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(files, "rename", press)
    with contextlib.suppress(KeyboardInterrupt):  # before the first step, or in the middle of the end
        apply(plan)
    monkeypatch.setattr(files, "rename", rename)
    recover(data_root)
    for operation in Operations(data_root).all():
        assert apply(plan_undo(operation)).failed == []
    assert files_of(looks(data_root)) == files_of(before)


def test_an_error_of_who_shows_the_progress(data_root: Path, four: None, undo: Undo, looks: Looks) -> None:
    before = looks(data_root)

    def fail(done: int, total: int) -> None:
        if done == 2:
            raise BrokenPipeError("nobody reads this")

    with pytest.raises(BrokenPipeError):
        apply(plan_deletion(choose(data_root, "demo", "*")), fail)
    assert [entry.name[-3:] for entry in undo().done] == ["0.1", "0.2"]
    assert looks(data_root) == before


def test_what_is_half_moved_and_cannot_be_put_back_is_finished_by_the_next_operation(
    data_root: Path, four: None, undo: Undo, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = looks(data_root)
    plan = plan_deletion(choose(data_root, "demo", "**lr=0.1*"))
    rename, count = files.rename, [0]

    def fail_from_the_second(source: str, target: str) -> None:
        count[0] += ".json" not in str(target)
        if count[0] > 1:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(files, "rename", fail_from_the_second)
    with pytest.raises(OSError, match="Input/output error"):
        apply(plan)
    monkeypatch.setattr(files, "rename", rename)
    apply(plan_deletion(choose(data_root, "demo", "**lr=0.2*")))
    undo()
    undo()
    assert looks(data_root) == before


def test_a_thread_waits_for_another(data_root: Path, four: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rla.batch.operations._WAIT_SECONDS", 0.2)
    plans = [plan_deletion(choose(data_root, "demo", f"**lr=0.{number}*")) for number in (1, 2)]
    problems: list[BaseException] = []

    def act() -> None:
        try:
            apply(plans[1])
        except BatchError as error:
            problems.append(error)

    def meanwhile(done: int, total: int) -> None:
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()

    assert len(apply(plans[0], meanwhile).done) == 1
    assert [str(problem).split(" by ")[0] for problem in problems] == [
        f"Another operation is under way in '{data_root}': delete"
    ]
    assert len(apply(plans[1]).done) == 1
