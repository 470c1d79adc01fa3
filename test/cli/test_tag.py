"""`rla tag` gives experiments tags, takes them away and shows them, and says what it could not do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager, files
from rla.query import experiments

Command = Callable[..., "object"]
OLD = "2022/03/01/21-10-11-000001 192.0.2.1 &lr=0.5"


@pytest.fixture
def three_runs(start: Callable[..., None], data_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RLA_ROOT", str(data_root))
    for seed in range(3):
        start(seed=seed)
    exp_manager.finish()
    return data_root


def tags_in(data_root: Path) -> dict[str, list[str]]:
    """Return the tags that stand in the cards, by seed."""
    cards = [json.loads(path.read_text()) for path in data_root.glob("log/**/experiment.json")]
    return {card["index_name"].rpartition("=")[2]: card["tags"] for card in cards if card["tags"]}


def test_tags_are_given_taken_away_and_shown(three_runs: Path, rla: Command) -> None:
    shown = rla("tag", "seed=1", "baseline", "paper/figure-3")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.endswith("seed=1: baseline, paper/figure-3\n")
    assert tags_in(three_runs) == {"1": ["baseline", "paper/figure-3"]}
    assert rla("tag", "seed=1", "--remove", "baseline", "--remove", "none").out.endswith("seed=1: paper/figure-3\n")
    assert rla("tag", "seed=1").out.endswith("seed=1: paper/figure-3\n")
    assert rla("tag", "seed=2").out.endswith("seed=2: no tags\n")


def test_without_a_run_all_tags_are_counted(three_runs: Path, rla: Command) -> None:
    assert "No experiment has a tag" in rla("tag").out
    rla("tag", "seed=1", "baseline")
    rla("tag", "seed=2", "baseline", "new")
    assert json.loads(rla("tag", "--json").out) == {"baseline": 2, "new": 1}
    assert ["baseline", "2"] in [line.split() for line in rla("tag").out.splitlines()]


def test_a_condition_tags_many_at_once(three_runs: Path, rla: Command) -> None:
    done = rla("tag", "--where", "task == demo_task", "old", "--task", "demo_task")
    assert (done.code, tags_in(three_runs)) == (0, {seed: ["old"] for seed in "012"})
    assert done.out.splitlines()[-1] == "3 experiments, 3 changed."
    again = json.loads(rla("tag", "--where", "task == demo_task", "old", "--json").out)
    assert [(each["tags"], each["changed"], each["problem"]) for each in again] == [(["old"], False, None)] * 3


def test_a_condition_shows_the_tags_of_many(three_runs: Path, rla: Command) -> None:
    rla("tag", "seed=1", "baseline")
    shown = rla("tag", "--where", "task == demo_task")
    assert shown.out.count("no tags") == 2
    assert "3 experiments." in shown.out
    assert sorted(each["tags"] for each in json.loads(rla("tag", "--where", "seed >= 0", "--json").out)) == [
        [],
        [],
        ["baseline"],
    ]


def test_the_index_of_another_reader_notices(three_runs: Path, rla: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_CACHE", str(three_runs.parent / "cache of another"))
    for folder in three_runs.glob("*/demo_task/*/*/*"):  # as if all had been quiet for long
        files.os.utime(folder, (1e9, 1e9))
    assert not any(each.tags for each in experiments(three_runs))
    monkeypatch.setenv("RLA_CACHE", str(three_runs.parent / "cache"))
    rla("tag", "seed=1", "baseline")
    monkeypatch.setenv("RLA_CACHE", str(three_runs.parent / "cache of another"))
    assert [each.tags for each in experiments(three_runs)] == [[], ["baseline"], []]


def test_a_wrong_tag_is_refused_before_anything_is_done(three_runs: Path, rla: Command) -> None:
    done = rla("tag", "seed=1", "fine", "two words")
    assert (done.code, tags_in(three_runs)) == (2, {})
    assert "'two words' cannot be a tag: it has ' ' in it" in done.err


def test_a_tag_of_a_foreign_hand_can_be_taken_away(three_runs: Path, rla: Command) -> None:
    (path,) = three_runs.glob("log/**/*seed=1/experiment.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "tags": ["free text!"]}))
    assert rla("tag", "seed=1", "-r", "free text!").out.endswith("no tags\n")


def test_an_experiment_of_an_older_tool_has_no_card_to_hold_tags(three_runs: Path, rla: Command) -> None:
    (three_runs / "log/demo_task" / OLD).mkdir(parents=True)
    done = rla("tag", "lr=0.5", "baseline")
    assert (done.code, done.out) == (2, "")
    assert "has no run card (experiment.json), where tags are kept: an older tool recorded it" in done.err
    assert list((three_runs / "log/demo_task" / OLD).iterdir()) == []


def test_what_cannot_be_changed_is_said_and_the_others_are(three_runs: Path, rla: Command) -> None:
    (three_runs / "log/demo_task" / OLD).mkdir(parents=True)
    (damaged,) = three_runs.glob("log/**/*seed=1/experiment.json")
    damaged.write_text("{")
    done = rla("tag", "--where", "task == demo_task", "new")
    assert (done.code, tags_in_fine(three_runs)) == (2, [["new"], ["new"]])
    assert done.err.count("error:") == 2
    assert "run card cannot be read" in done.err
    assert "2 experiments, 2 changed." in done.out
    problems = [each["problem"] for each in json.loads(rla("tag", "--where", "task == demo_task", "x", "--json").out)]
    assert sum(problem is None for problem in problems) == 2


def tags_in_fine(data_root: Path) -> list[list[str]]:
    texts = [path.read_text() for path in data_root.glob("log/**/experiment.json")]
    return [json.loads(text)["tags"] for text in texts if text != "{"]


def test_a_data_root_that_cannot_be_written_is_told_of(
    three_runs: Path, rla: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(files, "_create_aside", refuse)
    done = rla("tag", "seed=1", "baseline")
    assert (done.code, tags_in(three_runs)) == (2, {})
    assert "its run card cannot be changed: Read-only file system" in done.err
    assert "Traceback" not in done.err


def test_without_run_and_condition_there_is_nobody_to_take_a_tag_from(three_runs: Path, rla: Command) -> None:
    done = rla("tag", "--remove", "baseline")
    assert done.code == 2
    assert "Name a RUN" in done.err
