"""Whatever names and kinds of files experiments have, they go to the trash and come back as they were."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla import files, query
from rla.batch import Outcome, Plan, choose, empty_trash, plan_archive

Delete = Callable[..., Outcome]
Undo = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]

START = "13-05-01-000001_10.0.0.1_&"
NAMES = {
    "two hundred bytes": START + "x" * (200 - len(START)),
    "the longest": START + "x" * (255 - len(START)),
    "not Unicode": os.fsdecode(START.encode() + b"name=\xff\xfe"),
    "a new line": START + "name=a\nb",
    "a glob": START + "lr=[0-9]*?",
    "quotes and a comma": START + "name='a',\"b\"",
    "other scripts": START + "name=強化学習",
    "no experiment": "notes of last week",
    "a hidden folder": ".cache",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_folder_of_any_name(name: str, data_root: Path, delete: Delete, undo: Undo, looks: Looks) -> None:
    for tree in ("log", "results"):
        folder = data_root / tree / "demo" / "2026/11/20" / name
        folder.mkdir(parents=True)
        (folder / "progress.csv").write_text("loss,time-step\n0.5,10\n")
    if len(os.fsencode(name)) <= 200:
        archive = data_root / "archive_tester" / "demo" / "2026/11/20" / f"{name}.pkl"
        archive.parent.mkdir(parents=True)
        archive.write_bytes(b"no pickle")
    before = looks(data_root)
    assert len(delete("*").done) == 1
    assert [path for path, look in looks(data_root).items() if look[0] == "file"] == []
    undo()
    assert looks(data_root) == before


def test_a_name_that_begins_like_another_takes_nothing_of_it(
    data_root: Path, whole: Callable[..., Path], delete: Delete
) -> None:
    whole("13-05-01-000001", lr=0.1)
    longer = whole("13-05-01-000001", lr=0.11)
    (entry,) = delete("2026/11/20/13-05-01-000001_10.0.0.1_&lr=0.1").done
    assert entry.name == "13-05-01-000001_10.0.0.1_&lr=0.1"
    (left,) = query.experiments(data_root)
    assert (left.log_dir, len(left.sizes)) == (longer, 7)


def test_a_link_in_the_place_of_an_experiment_goes_and_what_it_leads_to_stays(
    data_root: Path, tmp_path: Path, delete: Delete, undo: Undo, looks: Looks
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "progress.csv").write_text("loss,time-step\n0.5,10\n")
    day = data_root / "log" / "demo" / "2026/11/20"
    day.mkdir(parents=True)
    (day / f"{START}lr=0.1").symlink_to(elsewhere)
    (day / f"{START}lr=0.2").symlink_to("nowhere")
    before, there = looks(data_root), looks(elsewhere, True)
    assert len(delete("*").done) == 2
    assert (list(day.iterdir()), looks(elsewhere, True)) == ([], there)
    undo()
    assert (looks(data_root), looks(elsewhere, True)) == (before, there)
    delete("*")
    empty_trash(data_root)
    assert looks(elsewhere, True) == there


def test_pipes_sockets_and_folders_that_nobody_may_change(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, looks: Looks
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    os.mkfifo(log_dir / "pipe")
    (log_dir / "closed" / "deeper").mkdir(parents=True)
    (log_dir / "closed" / "deeper" / "file").write_text("x")
    (log_dir / "closed").chmod(0o500)
    listener = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(log_dir)  # the path of a socket has 107 bytes at most
    listener.bind("socket")
    os.chdir(here)
    before = looks(data_root)
    delete("*")
    undo()
    assert looks(data_root) == before
    delete("*")
    assert empty_trash(data_root).problems == ()
    assert os.listdir(data_root / ".rla" / "trash") == []
    listener.close()


@pytest.fixture
def few_calls() -> Iterator[int]:
    """Let functions not call each other as deeply as they may by default; returns the limit."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    yield 300
    sys.setrecursionlimit(before)


def test_folders_in_folders_deeper_than_python_calls(
    few_calls: int,
    data_root: Path,
    whole: Callable[..., Path],
    delete: Delete,
    undo: Undo,
    all_done: Callable[[Plan], Outcome],
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    levels = few_calls + 100
    for depth in range(100, levels + 1, 100):
        os.makedirs(log_dir / "/".join("a" * depth))
    below = "/".join("a" * levels)
    (log_dir / below / "file").write_text("x")
    all_done(plan_archive(choose(data_root, "demo", "*")))
    assert (data_root / "arc" / log_dir.relative_to(data_root) / below / "file").is_file()
    assert plan_archive(choose(data_root, "demo", "*")).current == 1
    delete("*")
    undo()
    assert (log_dir / below / "file").is_file()
    delete("*")
    assert empty_trash(data_root).freed > 1000
    assert os.listdir(data_root / ".rla" / "trash") == []
    files.remove_tree(data_root / "arc")  # pytest itself could not
