"""An experiment is given tags by its script, and by others while it runs; a running one keeps them all."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, files, logger
from rla.database.query import find_experiments
from rla.database.tags import change_tags, check_tags
from rla.errors import InvalidTagError

Card = Callable[[], dict[str, Any]]

BEATING = """
import rla.experiment.run
from rla.output import writer
rla.experiment.run.HEARTBEAT_SECONDS = writer.FLUSH_SECONDS = 0.01
"""
"""Before a run: it rewrites its card a hundred times a second."""


def tag_from_outside(data_root: Path, *tags: str, remove: tuple[str, ...] = ()) -> None:
    (record,) = find_experiments(data_root, "demo_task")
    (done,) = change_tags([record.place], tags, remove)
    assert done.problem is None


def wait_for_heartbeats(card: Card, number: int = 3) -> None:
    for _ in range(number):
        before, deadline = card()["heartbeat"], time.monotonic() + 20
        while card()["heartbeat"] == before:
            assert time.monotonic() < deadline, "the run does not write its card"
            time.sleep(0.005)


def test_tags_before_and_after_the_start_are_in_the_card(start: Callable[..., None], card: Card) -> None:
    exp_manager.add_tags("baseline", "paper/figure-3")
    start(lr=1)
    exp_manager.add_tags("late", "baseline")
    assert card()["tags"] == ["baseline", "paper/figure-3", "late"]
    exp_manager.finish()
    assert card()["tags"] == ["baseline", "paper/figure-3", "late"]


def test_tags_belong_to_one_experiment(start: Callable[..., None], cards: Callable[[], list[dict[str, Any]]]) -> None:
    exp_manager.add_tags("first")
    start(lr=1)
    start(lr=2)
    exp_manager.add_tags("second")
    exp_manager.finish()
    assert [each["tags"] for each in cards()] == [["first"], ["second"]]


def test_a_running_experiment_keeps_the_tags_it_is_given(
    start_experiment: Callable[..., subprocess.Popen[str]], card: Card, data_root: Path
) -> None:
    process = start_experiment("exp_manager.add_tags('mine')\nsys.stdin.read()\n", before=BEATING)
    for number in range(10):
        tag_from_outside(data_root, f"given-{number}")
    wait_for_heartbeats(card)
    tag_from_outside(data_root, remove=("given-0",))
    wait_for_heartbeats(card)
    process.communicate("")
    assert card()["status"] == "finished"
    assert set(card()["tags"]) == {"mine", *(f"given-{number}" for number in range(1, 10))}


def test_what_another_tool_adds_to_the_card_of_a_running_experiment_stays(
    start: Callable[..., None], card: Card
) -> None:
    start(lr=1)
    path = Path(exp_manager.log_dir, "experiment.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "note": "by hand"}))
    exp_manager.finish()
    assert (card()["status"], card()["note"]) == ("finished", "by hand")


def test_tags_that_cannot_be_written_now_are_written_later(
    start: Callable[..., None], card: Card, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    start(lr=1)
    with monkeypatch.context() as full:
        full.setattr(files, "rename", refuse)
        exp_manager.add_tags("kept")
    assert card()["tags"] == []
    assert len(said) == 1
    assert "kept could not be written yet" in said[0]
    logger.record_tabular("a", 1)
    assert logger.dump_tabular()["a"] == 1
    exp_manager.finish()
    assert card()["tags"] == ["kept"]


def test_a_forked_child_can_tag_without_changing_the_status(
    run_experiment: Callable[..., subprocess.CompletedProcess[str]], card: Card
) -> None:
    program = """
child = os.fork()
if not child:
    exp_manager.add_tags("by-child")
    os._exit(0)
os.waitpid(child, 0)
1 / 0
"""
    run_experiment(program)
    assert (card()["status"], card()["tags"]) == ("failed", ["by-child"])


@pytest.mark.parametrize(
    "tag", ["", "two words", "a,b", "semi;colon", "new\nline", "\0", "'quoted'", "x" * 101, 3, None]
)
def test_what_is_no_tag_is_refused(tag: object) -> None:
    with pytest.raises(InvalidTagError, match="cannot be a tag: it"):
        check_tags(["fine", tag])


def test_of_tags_that_are_refused_none_is_added(start: Callable[..., None], card: Card) -> None:
    start(lr=1)
    with pytest.raises(InvalidTagError):
        exp_manager.add_tags("fine", "two words")
    assert card()["tags"] == []


def test_letters_digits_and_a_few_signs_are_tags(start: Callable[..., None], card: Card) -> None:
    tags = ["a", "v1.0", "paper/figure-3", "seed:3", "UPPER_lower", "größe", "基线", "x" * 100]
    start(lr=1)
    exp_manager.add_tags(*tags)
    assert card()["tags"] == tags


def test_two_ways_to_write_a_letter_are_one_tag() -> None:
    assert check_tags(["gro\u0308ße", "größe"]) == ["größe"]
