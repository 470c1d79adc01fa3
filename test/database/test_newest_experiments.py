"""The newest experiments are found first, and older date folders are not even listed."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from rla import files
from rla.database.newest import newest_experiments

TASKS = ("walk", "run")
NAMES = (
    "2024/12/31/23-59-59-000001",
    "2026/11/20/13-05-01-000001",
    "2026/11/20/13-05-01-000002",
    "2026/11/21/00-00-00-0",
)


@pytest.fixture
def runs(found_experiment: Callable[..., Path]) -> None:
    for name in NAMES:
        found_experiment(f"{name}_10.0.0.5_&lr=0.1", task="walk")
    found_experiment("2025/05/05/12-00-00-000001 10.0.0.5 &lr=0.1", task="run")  # as older data has it
    found_experiment("2026/11/20/13-05-01-000003_10.0.0.5_&", task="run")
    found_experiment("2026/11/22/notes", task="run")


@pytest.mark.usefixtures("runs")
def test_those_of_several_tasks_come_in_one_order(data_root: Path) -> None:
    found = [f"{place.day}/{place.index_name[:15]}" for place in newest_experiments(data_root, TASKS)]
    assert found == [
        "2026/11/21/00-00-00-0_10.0",
        "2026/11/20/13-05-01-000003",
        "2026/11/20/13-05-01-000002",
        "2026/11/20/13-05-01-000001",
        "2025/05/05/12-00-00-000001",
        "2024/12/31/23-59-59-000001",
    ]
    assert [place.task for place in newest_experiments(data_root, TASKS)][:2] == ["walk", "run"]


@pytest.mark.usefixtures("runs")
def test_days_before_the_oldest_asked_for_are_left_out(data_root: Path) -> None:
    found = newest_experiments(data_root, TASKS, since="2026/11/20")
    assert {place.day for place in found} == {"2026/11/20", "2026/11/21"}
    assert list(newest_experiments(data_root, TASKS, since="2027/01/01")) == []


@pytest.mark.usefixtures("runs")
def test_what_is_not_needed_is_not_listed(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[str] = []
    subfolders = files.subfolders

    def keep(path: str | os.PathLike[str]) -> list[str]:
        listed.append(str(Path(path).relative_to(data_root)))
        return subfolders(path)

    monkeypatch.setattr(files, "subfolders", keep)
    assert len(list(islice(newest_experiments(data_root, ["walk"]), 2))) == 2
    assert "log/walk/2026/11/20" in listed
    assert not any("2024" in path for path in listed)
    listed.clear()
    assert len(list(newest_experiments(data_root, ["walk"], since="2026/11/20"))) == 3
    assert "log/walk/2024/12/31" not in listed


def test_a_data_root_without_experiments_has_none(data_root: Path) -> None:
    assert list(newest_experiments(data_root, [])) == list(newest_experiments(data_root, ["none"])) == []
