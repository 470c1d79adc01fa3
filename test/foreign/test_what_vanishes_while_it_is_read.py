"""Experiments that are deleted, moved or written while a question is answered end no answer: the others are there."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import HYPERPARAMETER, LOG, TREES, experiment_data_query, files
from rla.errors import QueryError
from rla.query import Experiments, experiments

pytestmark = pytest.mark.timeout(120)
DAYS = ("2026/11/19", "2026/11/20")
KEPT = 20


def write(data_root: Path, day: str, number: int) -> None:
    name = f"{day}/13-{number:02d}-01-000001_10.0.0.1_&seed={number}"
    for tree in (LOG, HYPERPARAMETER):
        folder = data_root / tree / "demo" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "aside").write_text(json.dumps({"seed": number, "lr": 0.1}))
        (folder / "aside").rename(folder / "parameter.json")
    (data_root / "log" / "demo" / name / "progress.csv").write_text("loss,time-step\n0.5,10\n")
    (data_root / "log" / "demo" / name / "episodes.csv").write_text(
        "time-step,return,length,env,timestamp,extra\n10,1.0,5,0,1.0,\n"
    )


@pytest.fixture
def changing(data_root: Path) -> Iterator[threading.Event]:
    """A data root of two days, of which the second one is deleted and written anew without end."""
    for number in range(KEPT):
        write(data_root, DAYS[0], number)
    stopped = threading.Event()

    def change() -> None:
        while not stopped.is_set():
            for number in range(KEPT):
                write(data_root, DAYS[1], number)
            for tree in (LOG, HYPERPARAMETER):
                shutil.rmtree(data_root / tree / "demo" / DAYS[1])

    thread = threading.Thread(target=change)
    thread.start()
    yield stopped
    stopped.set()
    thread.join()


def load(found: Experiments) -> object:
    return found.load("loss", parameters="seed")


@pytest.mark.parametrize(
    "ask",
    [list, load, Experiments.to_pandas, Experiments.episodes, lambda found: [found[0], found[len(found) - 1]], repr],
    ids=["list", "load", "to_pandas", "episodes", "positions", "repr"],
)
def test_each_question_is_answered_while_half_of_the_tree_comes_and_goes(
    data_root: Path, changing: threading.Event, ask: Callable[[Experiments], Any]
) -> None:
    seen = set()
    for _ in range(4):
        found = experiments(data_root)
        ask(found)
        dates = [each.record_date for each in found]
        assert sum(date.startswith(DAYS[0]) for date in dates) == KEPT
        assert [each.problem for each in found if each.record_date.startswith(DAYS[0]) and each.problem] == []
        seen.add(len(dates))
    changing.set()
    assert min(seen) >= KEPT


def test_the_older_query_goes_on_as_well(data_root: Path, changing: threading.Event) -> None:
    for _ in range(3):
        for tree in TREES:
            results = experiment_data_query(data_root, "demo", None, tree)
            assert len(results) >= (KEPT if tree in (LOG, HYPERPARAMETER) else 0)


@pytest.mark.parametrize("name", ["experiment.json", "parameter.json", "progress.csv"])
def test_a_file_that_goes_just_before_it_is_opened_counts_as_missing(
    data_root: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        write(data_root, DAYS[0], number)
    log = next((data_root / LOG / "demo" / DAYS[0]).iterdir())
    open_regular = files.regular_descriptor

    def vanish(path: Any) -> int:
        if Path(path).name == name and Path(path).parent == log:
            shutil.rmtree(log, ignore_errors=True)
        return open_regular(path)

    monkeypatch.setattr(files, "regular_descriptor", vanish)
    found = list(experiments(data_root))
    assert len(found) == 2
    assert {each.status for each in found} == {"unknown"}


def test_an_experiment_that_is_gone_since_it_was_found_is_left_out_of_the_answer(data_root: Path) -> None:
    for number in range(3):
        write(data_root, DAYS[0], number)
    found = experiments(data_root)
    assert len(found) == 3
    for tree in (LOG, HYPERPARAMETER):
        shutil.rmtree(next((data_root / tree / "demo" / DAYS[0]).glob("13-01-*")))
    assert load(found)["loss"].tolist() == [0.5, 0.5]  # type: ignore[index]
    assert len(found.episodes()) == 2
    assert len(experiments(data_root)) == 2
    assert len(experiments(data_root, refresh=False)) == 2


def test_an_experiment_that_is_held_says_that_it_is_gone(data_root: Path) -> None:
    for number in range(3):
        write(data_root, DAYS[0], number)
    held = list(experiments(data_root))
    for tree in (LOG, HYPERPARAMETER):
        shutil.rmtree(next((data_root / tree / "demo" / DAYS[0]).glob("13-01-*")))
    assert len(experiments(data_root)) == 2  # as another process may have found out meanwhile
    assert [each.status for each in held] == ["unknown", "unreadable", "unknown"]
    assert (held[1].problem, held[1].last, held[1].sizes) == ("it is not there any more", {}, {})
    assert held[1].parameters["seed"] == 1


def test_a_data_root_that_is_gone_is_said_to_be(data_root: Path) -> None:
    write(data_root, DAYS[0], 1)
    found = experiments(data_root)
    assert len(found) == 1
    shutil.rmtree(data_root)
    assert found[0].record().run_card() is None
    with pytest.raises(QueryError, match="has recorded 'loss'"):
        found.load("loss")
