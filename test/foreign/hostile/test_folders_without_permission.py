"""What this user may not read is listed with the reason; it hides nothing, and comes back with the permission."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from rla.query import experiments

pytestmark = pytest.mark.timeout(60)
DAY = "2026/11/20"
NAME = "14-00-01-000001_10.0.0.1_&lr=0.5"

LIST = """
import json, sys, warnings
from rla import RLAError
from rla.query import experiments
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    try:
        listed = [[each.task, each.record_date[-15:-7], each.status, each.problem] for each in experiments(sys.argv[1])]
    except RLAError as error:
        listed = str(error)
print(json.dumps([listed, [str(each.message) for each in said]]))
"""


@pytest.fixture
def data_root(open_place: Path) -> Path:
    """A data root that other users can look into."""
    return open_place / "data"


@pytest.fixture
def seen(as_nobody: Callable[..., CompletedProcess[str]]) -> Callable[[Path], tuple[Any, list[str]]]:
    """Return what another user sees of a data root, and the warnings that are given."""

    def look(root: Path) -> tuple[Any, list[str]]:
        done = as_nobody(LIST, root)
        assert done.returncode == 0, done.stderr
        listed, said = json.loads(done.stdout)
        return listed, said

    return look


@pytest.fixture
def two(good: Callable[[int], str], data_root: Path) -> Path:
    """The folder of an experiment beside a good one."""
    good(1)
    folder = data_root / "log" / "demo" / DAY / NAME
    folder.mkdir()
    (folder / "parameter.json").write_text('{"lr": 0.5}')
    (folder / "progress.csv").write_text("loss,time-step\n1,2\n")
    return folder


GOOD = ["demo", "13-01-01", "finished", None]


def test_an_experiment_that_is_closed_is_unreadable_and_comes_back(
    two: Path, data_root: Path, seen: Callable[[Path], Any]
) -> None:
    two.chmod(0)
    listed, _ = seen(data_root)
    assert listed[0] == GOOD
    assert listed[1][:3] == ["demo", "14-00-01", "unreadable"]
    assert f"'{two}' cannot be read: Permission denied" in listed[1][3]
    two.chmod(0o755)
    assert seen(data_root)[0] == [GOOD, ["demo", "14-00-01", "unknown", None]]


@pytest.mark.parametrize("name", ["parameter.json", "progress.csv"])
def test_a_file_that_is_closed_is_named(two: Path, data_root: Path, name: str, seen: Callable[[Path], Any]) -> None:
    (two / name).chmod(0)
    (good, closed), _ = seen(data_root)
    assert good == GOOD
    assert closed[2] == "unreadable"
    assert name in closed[3]
    assert "Permission denied" in closed[3]


def test_a_day_that_is_closed_is_told_of_and_comes_back(
    two: Path, data_root: Path, seen: Callable[[Path], Any]
) -> None:
    other = data_root / "log" / "demo" / "2026/11/21"
    (other / NAME).mkdir(parents=True)
    other.chmod(0)
    listed, said = seen(data_root)
    assert [each[1] for each in listed] == ["13-01-01", "14-00-01"]
    assert [f"'{other}' cannot be looked into (Permission denied)" in each for each in said] == [True]
    other.chmod(0o755)
    listed, said = seen(data_root)
    assert ([each[1] for each in listed], said) == (["13-01-01", "14-00-01", "14-00-01"], [])


def test_a_tree_that_is_closed_makes_no_experiment_unreadable(
    two: Path, data_root: Path, seen: Callable[[Path], Any]
) -> None:
    (data_root / "code" / "demo" / DAY / NAME).mkdir(parents=True)
    (data_root / "code").chmod(0)
    assert seen(data_root) == ([GOOD, ["demo", "14-00-01", "unknown", None]], [])


def test_a_data_root_that_is_closed_is_one_clear_error(two: Path, data_root: Path, seen: Callable[[Path], Any]) -> None:
    data_root.chmod(0)
    try:
        message, _ = seen(data_root)
    finally:
        data_root.chmod(0o755)
    assert message == (
        f"The data root '{data_root}' cannot be used: you may not look into it. "
        "Ask its owner for the permission to read it."
    )
    assert len(experiments(data_root)) == 2
