"""Experiments are brought from another data root: whole, only what changed, and nothing here is lost for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import QueryError, SyncError
from rla.sync.fetcher import Fetcher
from rla.sync.remote import parse_remote


@pytest.fixture
def there(data_root: Path, experiment: Callable[..., Path]) -> Path:
    """A data root with four experiments in two tasks; one has a checkpoint, one is archived as well."""
    first = experiment("13-05-01-000001", lr=0.1)
    experiment("14-00-00-000000", lr=0.2)
    experiment("13-05-01-000001", day="2026/10/02", lr=0.1)
    experiment("09-00-00-000000", task="group/other", lr=0.3)
    checkpoint = data_root / "checkpoint" / first.relative_to(data_root / "log") / "checkpoint_10.pt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"w" * 9000)
    return data_root


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def fetcher(there: Path, here: Path) -> Fetcher:
    return Fetcher(here, parse_remote(str(there)), ["all"])


def tree_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".rla" not in path.relative_to(folder).parts
    }


def test_the_experiments_of_the_other_end_are_found_by_task_and_pattern(fetcher: Fetcher) -> None:
    found = fetcher.experiments()
    assert [(place.task, place.day) for place in found] == [
        *(("demo", "2026/10/02"), ("demo", "2026/11/20"), ("demo", "2026/11/20"), ("group/other", "2026/11/20")),
    ]
    assert len(fetcher.experiments("demo")) == 3
    assert len(fetcher.experiments("demo", "2026/11/20/14*")) == 1
    assert len(fetcher.experiments(None, "2026/11/20")) == 3
    assert len(fetcher.experiments("demo", r"re:lr=0\.[12]")) == 3
    assert fetcher.experiments("nothing") == []
    with pytest.raises(QueryError, match="leaves its task"):
        fetcher.experiments("demo", "../*")


def test_everything_is_fetched(fetcher: Fetcher, there: Path, here: Path) -> None:
    report = fetcher.fetch(fetcher.experiments())
    assert report.complete
    assert tree_of(here) == tree_of(there)


def test_a_second_time_nothing_is_fetched(fetcher: Fetcher, here: Path) -> None:
    places = fetcher.experiments()
    first = fetcher.fetch(places)
    second = fetcher.fetch(places)
    assert (second.moved, second.unchanged) == ([], len(first.moved))
    assert fetcher.plan(places) == []


def test_a_plan_writes_nothing(fetcher: Fetcher, there: Path, here: Path) -> None:
    planned = fetcher.plan(fetcher.experiments())
    assert {fetching.path for fetching in planned} == set(tree_of(there))
    assert list(here.iterdir()) == []


def test_of_a_table_that_grew_only_the_tail_is_fetched(fetcher: Fetcher, there: Path, here: Path) -> None:
    places = fetcher.experiments()
    fetcher.fetch(places)
    with next(there.rglob("progress.csv")).open("a") as file:
        file.write("0.25,20,2.0\n")
    report = fetcher.fetch(places)
    assert report.bytes == len("0.25,20,2.0\n")
    assert tree_of(here) == tree_of(there)


def test_a_table_that_became_wider_is_fetched_anew(fetcher: Fetcher, there: Path, here: Path) -> None:
    places = fetcher.experiments()
    fetcher.fetch(places)
    next(there.rglob("progress.csv")).write_text("loss,time-step,timestamp,x\n0.5,10,1.0,\n0.5,20,1.0,1\n")
    assert fetcher.fetch(places).complete
    assert tree_of(here) == tree_of(there)


def test_what_changed_here_is_not_replaced(fetcher: Fetcher, there: Path, here: Path) -> None:
    places = fetcher.experiments()
    fetcher.fetch(places)
    mine = next(here.rglob("checkpoint_10.pt"))
    mine.write_bytes(b"mine")
    next(there.rglob("checkpoint_10.pt")).write_bytes(b"theirs, and newer")
    report = fetcher.fetch(places)
    assert mine.read_bytes() == b"mine"
    assert "changed here" in str(report.problems)


def test_rows_that_are_only_here_stay(fetcher: Fetcher, there: Path, here: Path) -> None:
    places = fetcher.experiments()
    fetcher.fetch(places)
    table = next(here.rglob("progress.csv"))
    longer = table.read_text() + "0.1,99,9.0\n" * 5
    table.write_text(longer)
    other_end = there / table.relative_to(here)
    os.utime(other_end, (1, 1))
    report = fetcher.fetch(places)
    assert table.read_text() == longer
    assert "nothing is shortened" in str(report.problems)


def test_what_was_here_before_is_known_again_without_the_notes(fetcher: Fetcher, here: Path) -> None:
    places = fetcher.experiments()
    fetcher.fetch(places)
    shutil.rmtree(here / ".rla")
    moved = fetcher.fetch(places).moved
    assert {path.rpartition("/")[2] for path in moved} <= {"experiment.json"}


def test_only_the_trees_that_were_asked_for_are_fetched(there: Path, here: Path) -> None:
    fetcher = Fetcher(here, parse_remote(str(there)), ["checkpoint"])
    fetcher.fetch(fetcher.experiments())
    assert [path.name for path in here.iterdir() if path.name != ".rla"] == ["checkpoint"]


def test_a_data_root_that_is_not_there_is_said_and_not_made(tmp_path: Path, here: Path) -> None:
    with pytest.raises(SyncError, match=r"There is no data root at .*nowhere"):
        Fetcher(here, parse_remote(str(tmp_path / "nowhere"))).experiments()
    assert not (tmp_path / "nowhere").exists()
