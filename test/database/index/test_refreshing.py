"""A refresh sees what has changed: date folders that look different, and runs that may still be written."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, logger
from rla.database.index import refresh
from rla.database.index.index import Index

Known = Callable[[], dict[str, dict[str, Any]]]
FIRST, SECOND = "13-05-01-000001", "13-05-02-000002"


def set_status(log_dir: Path, status: str) -> None:
    """Write the card in place: the folder that holds the experiment does not change by that."""
    card = json.loads((log_dir / "experiment.json").read_text())
    (log_dir / "experiment.json").write_text(json.dumps(card | {"status": status}))


def test_a_new_experiment_in_a_day_that_is_known(
    experiment: Callable[..., Path], index: Index, known: Known, settle: Callable[[], None]
) -> None:
    experiment(FIRST)
    settle()
    index.refresh()
    experiment(SECOND)
    index.refresh()
    assert list(known()) == [FIRST, SECOND]


def test_an_experiment_that_is_gone(
    experiment: Callable[..., Path], index: Index, known: Known, settle: Callable[[], None]
) -> None:
    gone = experiment(FIRST)
    experiment(SECOND)
    settle()
    index.refresh()
    shutil.rmtree(gone)
    index.refresh()
    assert list(known()) == [SECOND]


def test_a_day_and_a_task_that_are_gone(experiment: Callable[..., Path], index: Index, known: Known) -> None:
    gone = experiment(FIRST, task="old")
    experiment(SECOND)
    index.refresh()
    shutil.rmtree(gone.parents[3])
    index.refresh()
    assert list(known()) == [SECOND]


def test_an_unfinished_run_whose_folder_looks_the_same(
    experiment: Callable[..., Path], index: Index, known: Known, settle: Callable[[], None]
) -> None:
    log_dir = experiment(FIRST, status="running")
    settle()
    index.refresh()
    assert known()[FIRST]["status"] == "dead"
    with open(log_dir / "progress.csv", "a") as stream:
        stream.write("0.25,20,2.0\n")
    set_status(log_dir, "finished")
    settle()
    index.refresh()
    assert known()[FIRST]["status"] == "finished"
    assert known()[FIRST]["last"]["loss"] == 0.25


def test_a_run_that_lives_shows_its_newest_row(start: Callable[..., None], index: Index, known: Known) -> None:
    start()
    for step in range(3):
        logger.record_tabular("loss", step * 0.5)
        logger.dump_tabular(step)
        index.refresh()
        (found,) = known().values()
        assert (found["status"], found["last"]["loss"], found["steps"]) == ("running", step * 0.5, step)
    exp_manager.finish()
    index.refresh()
    (found,) = known().values()
    assert found["status"] == "finished"


def test_a_finished_run_is_not_read_again(
    experiment: Callable[..., Path],
    index: Index,
    known: Known,
    settle: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log_dir = experiment(FIRST)
    settle()
    index.refresh()
    set_status(log_dir, "failed")
    settle()
    index.refresh()
    assert known()[FIRST]["status"] == "finished"
    index.refresh(fresh=True)
    assert known()[FIRST]["status"] == "failed"


def test_a_finished_run_whose_day_changes_is_looked_at(
    experiment: Callable[..., Path], index: Index, known: Known, settle: Callable[[], None]
) -> None:
    log_dir = experiment(FIRST)
    settle()
    index.refresh()
    set_status(log_dir, "failed")
    os.utime(log_dir.parent)
    index.refresh()
    assert known()[FIRST]["status"] == "failed"


def test_a_folder_that_has_only_just_changed_is_looked_at_again(
    experiment: Callable[..., Path], index: Index, known: Known
) -> None:
    """Two changes within one tick of the file system's clock look the same."""
    first = experiment(FIRST)
    index.refresh()
    found = first.parent.stat()
    experiment(SECOND)
    os.utime(first.parent, ns=(found.st_atime_ns, found.st_mtime_ns))
    index.refresh()
    assert list(known()) == [FIRST, SECOND]


def test_a_clock_that_was_set_back_hides_nothing(
    experiment: Callable[..., Path], index: Index, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = experiment(FIRST)
    os.utime(first.parent, (4e9, 4e9))  # in the year 2096
    index.refresh()
    experiment(SECOND)
    os.utime(first.parent, (4e9, 4e9))
    index.refresh()
    assert list(known()) == [FIRST, SECOND]


def test_one_task_can_be_refreshed_alone(experiment: Callable[..., Path], index: Index, known: Known) -> None:
    experiment(FIRST, task="one")
    experiment(SECOND, task="two")
    index.refresh("two")
    assert list(known()) == [SECOND]
    index.refresh()
    assert list(known()) == [FIRST, SECOND]


def test_what_vanishes_while_it_is_read_is_left_out(
    experiment: Callable[..., Path], index: Index, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = experiment(FIRST)
    experiment(SECOND)
    names_in = refresh._names_in

    def then_it_vanishes(folder: str, tree: str) -> list[str]:
        names = names_in(folder, tree)
        shutil.rmtree(gone, ignore_errors=True)
        return names

    monkeypatch.setattr(refresh, "_names_in", then_it_vanishes)
    index.refresh()
    assert list(known()) == [SECOND]
