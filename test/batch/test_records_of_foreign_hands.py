"""Records of operations that are damaged, hostile or of a newer version are told of, left out, and move nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.batch import Outcome, apply, choose, empty_trash, plan_archive, plan_undo, recover, trash_of
from rla.batch.operations import Operations
from rla.batch.undo import find_operation
from rla.errors import BatchError

Delete = Callable[..., Outcome]
Undo = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]
Change = Callable[[dict[str, Any]], object]

DAY = "2026/11/20"


def entry(**change: object) -> Change:
    """Change a field of the entry: task, day, name, trees, size, source_task."""
    fields = ("task", "day", "name", "trees", "size", "source_task")

    def do(content: dict[str, Any]) -> None:
        for field, value in change.items():
            content["entries"][0][fields.index(field)] = value

    return do


def field(**change: object) -> Change:
    return lambda content: content.update(change)


HOSTILE: dict[str, Change] = {
    "a task that goes up": entry(task="../../../home"),
    "an absolute task": entry(task="/home"),
    "a task that is no text": entry(task=3),
    "a day that goes up": entry(day="../../.."),
    "a name that goes up": entry(name=".."),
    "a name of several folders": entry(name="../../../../../../home/demo"),
    "a name with a null byte": entry(name="a\0b"),
    "a name that is no text": entry(name=["a"]),
    "a tree that is none": entry(trees="log ../home"),
    "trees that are no text": entry(trees=["log"]),
    "a size that is none": entry(size="large"),
    "a size beyond numbers": entry(size=[1]),
    "a source that goes up": entry(source_task="../x"),
    "an entry with too little": field(entries=[["demo", DAY]]),
    "an entry that is none": field(entries=[None]),
    "entries that are none": field(entries="all"),
    "a newer version": field(schema=2),
    "no version": lambda content: content.pop("schema"),
    "another id": field(id="20200101-000000-000000-delete"),
    "another kind": field(kind="archive"),
    "a kind that is none": field(kind="format"),
    "a state that is none": field(state="half"),
    "moments that are texts": field(started="now", ended="later"),
    "a moment that is none": field(ended=1e300),
    "no moment": lambda content: content.pop("started"),
    "a home that goes up": field(home=".."),
    "a home of a deletion": field(home="log"),
    "a home that is no text": field(home=None),
    "a source of a deletion": field(source="/home"),
    "a source that is no text": field(source=[1]),
    "an undone operation of a deletion": field(undoes="../../../home"),
    "a command that is none": field(command=[1]),
    "a process that is none": field(pid="1"),
}
DAMAGED = {
    "nothing": b"",
    "half": b'{"schema": 1, "id":',
    "no mapping": b"[]",
    "null": b"null",
    "a number": b"1",
    "not Unicode": b"\xff\xfe",
    "nested deeply": b"[" * 100_000,
    "large numbers": b'{"schema": 1%s}' % (b"0" * 5000),
}


@pytest.fixture
def record(data_root: Path, tmp_path: Path, whole: Callable[..., Path], delete: Delete) -> Path:
    """The record of a deletion; beside the data root lies a folder that nobody may touch."""
    for folder in (tmp_path / "home", data_root / ".rla" / "home"):
        folder.mkdir(parents=True)
        (folder / "thesis.tex").write_text("x")
    whole("13-05-01-000001", lr=0.1)
    return data_root / ".rla" / "operations" / f"{delete('*').operation}.json"


def everything(tmp_path: Path, looks: Looks) -> tuple[object, ...]:
    return (
        looks(tmp_path, True),
        looks(tmp_path / "data" / ".rla" / "trash"),
        looks(tmp_path / "data" / ".rla" / "home"),
    )


def check_nothing_happens(data_root: Path, looks: Looks, said: list[str]) -> None:
    before = everything(data_root.parent, looks)
    with pytest.raises(BatchError, match="nothing to undo"):
        find_operation(data_root)
    assert recover(data_root) == trash_of(data_root) == []
    assert empty_trash(data_root).freed == 0
    assert everything(data_root.parent, looks) == before
    assert any("the record of an operation, cannot be read" in text for text in said)


@pytest.mark.parametrize("state", ["done", "under way"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_one_is_left_out(
    hostile: str, state: str, record: Path, data_root: Path, looks: Looks, said: list[str]
) -> None:
    content = json.loads(record.read_text()) | {"state": state, "pid": 0}
    HOSTILE[hostile](content)
    record.write_text(json.dumps(content))
    check_nothing_happens(data_root, looks, said)


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_one_is_left_out(damage: str, record: Path, data_root: Path, looks: Looks, said: list[str]) -> None:
    record.write_bytes(DAMAGED[damage])
    check_nothing_happens(data_root, looks, said)


@pytest.mark.parametrize("name", [".", "..", "x", "20200101-000000-000000-format", "-delete"])
def test_a_name_that_is_no_id_is_left_out(
    name: str, record: Path, data_root: Path, looks: Looks, said: list[str]
) -> None:
    content = json.loads(record.read_text()) | {"id": name}
    record.unlink()
    record.with_name(f"{name}.json").write_text(json.dumps(content))
    check_nothing_happens(data_root, looks, said)


def test_the_others_can_be_undone_beside_it(
    record: Path, data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, said: list[str]
) -> None:
    record.write_bytes(b"{")
    log_dir = whole("13-05-02-000001", lr=0.2)
    delete("*")
    undo()
    assert log_dir.is_dir()


def test_one_that_asks_for_too_much_memory_is_left_out(
    record: Path, data_root: Path, looks: Looks, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rla.batch.record._MOST_VALUES", 20)
    record.write_text(json.dumps({"entries": [[]] * 30}))
    check_nothing_happens(data_root, looks, said)
    assert any("it has more than 20 values" in text for text in said)


@pytest.mark.parametrize("text", ["\udcff", "日本語"])
def test_arguments_and_folders_that_are_no_unicode_are_written_down(
    text: str, tmp_path: Path, experiment: Callable[..., Path], data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["rla", "archive", text])
    experiment("13-05-01-000001", lr=0.1)
    renamed = data_root.rename(tmp_path / f"data {text}")
    outcome = apply(plan_archive(choose(renamed, "demo", "*")))
    (operation,) = Operations(renamed).all()
    assert operation.id == outcome.operation
    assert len(apply(plan_undo(operation)).done) == 1
