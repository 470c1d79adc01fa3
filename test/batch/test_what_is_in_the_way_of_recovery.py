"""An operation that was killed and cannot be finished holds up no other, and what it took stays to be found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import files
from rla.batch import Outcome, Plan, apply, choose, plan_archive, plan_deletion, plan_undo, recover, trash_of
from rla.batch.operations import Operations
from rla.batch.undo import find_operation

AllDone = Callable[[Plan], Outcome]
Delete = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]
Undo = Callable[..., Outcome]


def kill(data_root: Path, operation: str | None) -> None:
    """Let an operation look as if its process had been killed."""
    path = data_root / ".rla" / "operations" / f"{operation}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "state": "under way", "pid": 0, "ended": None}))


def test_a_deletion_into_whose_place_something_has_come(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, said: list[str]
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    whole("13-05-02-000001", lr=0.2)
    first = delete("**lr=0.1*").operation
    kill(data_root, first)
    log_dir.mkdir()
    (log_dir / "synced again").write_text("x")
    assert len(delete("**lr=0.2*").done) == 1
    assert any("is half in the trash, and stays so: something of that name is there already" in text for text in said)
    assert (log_dir / "synced again").read_text() == "x"
    assert trash_of(data_root)[0].id == first
    (log_dir / "synced again").unlink()
    log_dir.rmdir()
    undo(first)
    assert (log_dir / "progress.csv").is_file()


def test_an_undo_into_whose_place_something_has_come(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, looks: Looks, said: list[str]
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    before = looks(data_root)
    deleted = delete("*").operation
    operations = Operations(data_root)
    with operations.locked():
        undoing = operations.begin("undo", find_operation(data_root).entries, undoes=deleted)
    results = data_root / "results" / log_dir.relative_to(data_root / "log")
    files.rename(str(data_root / ".rla" / "trash" / str(deleted) / results.relative_to(data_root)), str(results))
    log_dir.mkdir()
    (log_dir / "synced again").write_text("x")
    kill(data_root, undoing.id)
    assert len(recover(data_root)) == 1
    assert any("is half in the trash" in text for text in said)
    assert (log_dir / "synced again").read_text() == "x"
    (log_dir / "synced again").unlink()
    log_dir.rmdir()
    undo()
    assert looks(data_root) == before


def test_a_way_that_a_link_has_turned(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], delete: Delete, looks: Looks, said: list[str]
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    whole("13-05-02-000001", task="other", lr=0.2)
    first = delete("*", trees=["log", "results"]).operation
    canary = tmp_path / "home" / "demo" / "2026/11/20" / log_dir.name
    canary.mkdir(parents=True)
    (canary / "thesis.tex").write_text("x")
    kill(data_root, first)
    (data_root / "log").rename(tmp_path / "log")
    (data_root / "log").mkdir()
    (data_root / "log" / "demo").symlink_to(tmp_path / "home" / "demo")
    trash = data_root / ".rla" / "trash" / str(first)
    (trash / "log").rename(tmp_path / "taken out")
    before = looks(tmp_path / "home", True)
    recover(data_root)
    assert any("a symbolic link leads elsewhere" in text for text in said)
    assert looks(tmp_path / "home", True) == before
    assert [entry.trees for entry in trash_of(data_root)[0].entries] == [("results",)]


def test_an_operation_of_another_user(
    data_root: Path, whole: Callable[..., Path], delete: Delete, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole("13-05-01-000001", lr=0.1)
    whole("13-05-02-000001", lr=0.2)
    first = delete("**lr=0.1*", trees=["log"]).operation or ""
    kill(data_root, first)
    record = data_root / ".rla" / "operations" / f"{first}.json"
    write = files.write_atomic

    def refuse(path: Path, data: bytes) -> None:
        if Path(path) == record:
            raise PermissionError(13, "Permission denied", str(path))
        write(path, data)

    monkeypatch.setattr(files, "write_atomic", refuse)
    assert len(apply(plan_archive(choose(data_root, "demo", "**lr=0.2*"))).done) == 1
    assert any(
        f"'{first}' of " in text and "is not finished, and not by you: Permission denied" in text for text in said
    )
    monkeypatch.setattr(files, "write_atomic", write)
    assert [operation.id for operation in recover(data_root)] == [first]
    assert len(apply(plan_undo(find_operation(data_root, first))).done) == 1


def test_nothing_to_recover_takes_no_lock(data_root: Path, whole: Callable[..., Path]) -> None:
    whole("13-05-01-000001", lr=0.1)
    assert recover(data_root) == []
    assert not (data_root / ".rla").exists()
    assert plan_deletion(choose(data_root, "demo", "*")).refused == []
