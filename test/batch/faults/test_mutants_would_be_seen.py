"""The tests of killed operations can fail: versions of rla that lack one of its precautions are found out by them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from rla import files
from rla.batch import recovery, stepping, trash
from rla.batch.moving import IN_ORDER, Move, Mover
from rla.batch.operation import Operation
from rla.batch.operations import Operations
from rla.batch.record import OUT, STAGED, UNDER_WAY, Entry
from rla.errors import RLAError

Patch = pytest.MonkeyPatch


def the_record_is_written_when_all_is_done(patch: Patch) -> None:
    write = Operations.write
    patch.setattr(
        Operations, "write", lambda self, operation: write(self, operation) if operation.state != UNDER_WAY else None
    )


def nothing_is_noted(*words: str) -> Callable[[Patch], None]:
    def change(patch: Patch) -> None:
        note = Operations.note

        def silent(self: Operations, operation: Operation, word: str, *more: Any) -> None:
            if word not in words:
                note(self, operation, word, *more)

        patch.setattr(Operations, "note", silent)

    change.__name__ = f"nothing_is_noted_{'_'.join(words)}"
    return change


def copies_are_made_where_they_will_lie(patch: Patch) -> None:
    patch.setattr(stepping, "staging_place", lambda operation, entry: entry.place(operation.home_base))


def the_log_comes_first(patch: Patch) -> None:
    patch.setattr(stepping, "IN_ORDER", IN_ORDER[::-1])


def recovery_forgets(patch: Patch) -> None:
    def forget(operations: Operations, operation: Operation) -> list[Entry]:
        operations.close(operation, [])
        return []

    patch.setattr(recovery, "finish", forget)


def what_came_back_counts_as_not_begun(patch: Patch) -> None:
    patch.setattr(recovery, "_is_begun", lambda operation, entry: False)


def other_disks_are_copied_to_under_the_last_name(patch: Patch) -> None:
    def carry(self: Mover, move: Move) -> None:
        if os.path.isdir(move.old):
            shutil.copytree(move.old, move.new, symlinks=True)
            shutil.rmtree(move.old)
        else:
            shutil.copy2(move.old, move.new)
            os.unlink(move.old)

    patch.setattr(Mover, "_carry", carry)


def the_trash_is_removed_under_its_name(patch: Patch) -> None:
    rename = files.rename

    def careless(source: Any, target: Any) -> None:
        if trash._EMPTYING in str(target):
            files.remove_tree(source)
        else:
            rename(source, target)

    patch.setattr(files, "rename", careless)


def nothing_is_swept(patch: Patch) -> None:
    patch.setattr(Operations, "sweep", lambda self: None)


KILLED = [
    ("delete", the_record_is_written_when_all_is_done),
    ("delete, the trash elsewhere", other_disks_are_copied_to_under_the_last_name),
    ("archive", nothing_is_noted(STAGED)),
    ("archive", copies_are_made_where_they_will_lie),
    ("archive, the trash elsewhere", nothing_is_noted(OUT)),
    ("migrate to another task", the_log_comes_first),
    ("restore", the_log_comes_first),
    ("undo an archive", nothing_is_noted(OUT)),
    ("empty the trash", the_trash_is_removed_under_its_name),
]
"""Operations, and what is changed in the process that is killed."""

RECOVERED = [
    ("delete", nothing_is_swept),
    ("migrate to another root", recovery_forgets),
    ("restore", what_came_back_counts_as_not_begun),
]
"""Operations, and what is changed in the process that puts in order what was left."""


def is_found(disturb: Any, case: Any, check: Any) -> bool:
    calls = disturb.calls(case)
    renames = [number for number, name in enumerate(calls, start=1) if name == "replace"]
    for nth in (*renames[2::3], *range(2, len(calls), 9), *renames, *range(1, len(calls) + 1)):
        disturb.kill(case, nth)
        try:
            check.after_a_kill(case)
        except (AssertionError, OSError, RLAError) as e:
            print("FOUND", nth, type(e), str(e)[:150].replace("\n", " "))
            return True
    return False


def name_of(value: Any) -> str:
    return str(getattr(value, "__name__", value)).replace(" ", "_")


@pytest.mark.parametrize(("case", "change"), KILLED, indirect=["case"], ids=name_of)
def test_a_careless_operation_is_found(
    lab: Any, case: Any, change: Any, mutant: Callable[..., Any], check: Any
) -> None:
    assert is_found(mutant(change), case, check)


@pytest.mark.parametrize(("case", "change"), RECOVERED, indirect=["case"], ids=name_of)
def test_a_careless_recovery_is_found(
    lab: Any, case: Any, change: Any, disturb: Any, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch)
    assert is_found(disturb, case, check)
