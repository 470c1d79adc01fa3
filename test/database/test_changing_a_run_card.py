"""A run card is changed under a lock: no change is lost, and what nobody touched stays as it stands in the file."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla import files, locks
from rla.database.run_card import RunCard, update_run_card

Found = Callable[..., Path]
NAME = "2022/03/01/21-10-11-000001_a_&"
CARD = {"id": "x", "task": "demo_task", "record_date": "", "node": "", "index_name": "", "status": "finished"}


def tagging(tag: str) -> Callable[[RunCard], None]:
    return lambda card: card.tags.append(tag)


@pytest.fixture
def holder() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Let another process hold the lock of a folder until a line is written to it."""
    started = []

    def hold(folder: Path) -> subprocess.Popen[str]:
        program = (
            "import sys; from rla import locks\n"
            "with locks.locked_folder(sys.argv[1]) as held: print(held, flush=True); sys.stdin.readline()"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_fields_that_no_version_knows_and_values_of_a_foreign_hand_stay(found_experiment: Found) -> None:
    foreign = {**CARD, "start": "yesterday", "mood": {"good": [1, None]}, "tags": ["a"], "packages": None}
    folder = found_experiment(NAME, card=foreign)
    assert update_run_card(folder, tagging("b")).tags == ["a", "b"]
    assert json.loads((folder / "experiment.json").read_text()) == {**foreign, "tags": ["a", "b"]}


def test_a_change_that_changes_nothing_writes_nothing(
    found_experiment: Found, data_root: Path, fingerprint: Callable
) -> None:
    folder = found_experiment(NAME, card=CARD)
    before = fingerprint(data_root)
    update_run_card(folder, lambda card: None)
    assert fingerprint(data_root) == before


def test_changes_of_many_at_once_are_all_there(found_experiment: Found) -> None:
    folder = found_experiment(NAME, card=CARD)

    def change(number: int) -> None:
        for turn in range(5):
            update_run_card(folder, tagging(f"{number}.{turn}"))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tags = json.loads((folder / "experiment.json").read_text())["tags"]
    assert sorted(tags) == sorted(f"{number}.{turn}" for number in range(6) for turn in range(5))
    assert [path.name for path in folder.iterdir()] == ["experiment.json"]


def test_it_waits_for_another_process(found_experiment: Found, holder: Callable) -> None:
    folder = found_experiment(NAME, card=CARD)
    process = holder(folder)
    waiting = threading.Thread(target=update_run_card, args=(folder, tagging("late")))
    waiting.start()
    assert "late" not in (folder / "experiment.json").read_text()
    process.communicate("\n")
    waiting.join()
    assert "late" in (folder / "experiment.json").read_text()


def test_it_does_not_wait_for_ever(found_experiment: Found, holder: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = found_experiment(NAME, card=CARD)
    holder(folder)
    monkeypatch.setattr(locks, "locked_folder", functools.partial(locks.locked_folder, seconds=0.1))
    with pytest.raises(OSError, match="another process is changing it"):
        update_run_card(folder, tagging("never"))
    assert "never" not in (folder / "experiment.json").read_text()


def test_a_child_that_was_forked_under_the_lock_does_not_keep_it(tmp_path: Path) -> None:
    program = """
import os, sys
from rla import locks
waits, lives = os.pipe()
with locks.locked_folder(sys.argv[1]) as held:
    assert held
    if not os.fork():
        os.close(lives)
        os.read(waits, 1)  # lives as long as its parent, with the descriptor of the folder
        os._exit(0)
with locks.locked_folder(sys.argv[1], seconds=0.1) as held:
    print(held)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "True\n"


def test_without_locks_of_folders_nobody_waits(found_experiment: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fd: int, operation: int) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    folder = found_experiment(NAME, card=CARD)
    assert update_run_card(folder, tagging("a")).tags == ["a"]


def test_a_disk_that_refuses_leaves_the_card_as_it_was(
    found_experiment: Found, data_root: Path, fingerprint: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(30, "Read-only file system")

    folder = found_experiment(NAME, card=CARD)
    before = (folder / "experiment.json").read_bytes()
    monkeypatch.setattr(files, "rename", refuse)
    with pytest.raises(OSError, match="Read-only"):
        update_run_card(folder, tagging("a"))
    assert (folder / "experiment.json").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["experiment.json"]


@pytest.mark.parametrize("content", ["{", "[1]", '"text"', "[" * 100_000])
def test_what_is_no_card_is_left_alone(found_experiment: Found, content: str) -> None:
    path = found_experiment(NAME) / "experiment.json"
    path.write_text(content)
    with pytest.raises(ValueError):  # noqa: PT011 - the message depends on the damage
        update_run_card(path.parent, tagging("a"))
    assert path.read_text() == content
