"""Patterns, parts of names and moments choose among experiments of which nothing but the names is known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from rla.database.trees import ExperimentPlace
from rla.errors import AmbiguousExperimentError, ExperimentNotFoundError, QueryError
from rla.sync.by_hand.choosing import begun_since, check_task, choose_places, read_since
from rla.sync.by_hand.experiment_paths import read_path, shares_of

NOW = datetime(2026, 11, 20, 9, 30).timestamp()


def place(date: str, parameters: str = "lr=0.1", task: str = "demo") -> ExperimentPlace:
    day, _, time = date.rpartition("/")
    return ExperimentPlace(Path("/data"), task, day, f"{time}_10.0.0.1_&{parameters}")


PLACES = [
    place("2026/11/18/13-05-01-000001", "lr=0.1"),
    place("2026/11/19/13-05-01-000001", "lr=0.11"),
    place("2026/11/20/08-00-00-000000", "lr=0.2", "group/other"),
]


@pytest.mark.parametrize(
    ("what", "chosen"),
    [
        ([], [0, 1, 2]),
        (["2026/11/1*"], [0, 1]),
        (["2026/11/20"], [2]),
        (["lr=0.1"], [0]),  # a whole parameter goes before a part of one
        (["lr=0.11", "08-00"], [1, 2]),
        (["**lr=0.1*"], [0, 1]),
        (["re:lr=0.[12]$"], [0, 2]),
        (["group/other/"], [2]),
        ([PLACES[0].index_name, "2026/11/18"], [0]),
    ],
)
def test_patterns_and_parts_of_names(what: list[str], chosen: list[int]) -> None:
    assert choose_places(PLACES, what, "main") == [PLACES[number] for number in chosen]


def test_what_nothing_matches_is_told_with_what_is_nearest() -> None:
    with pytest.raises(ExperimentNotFoundError, match=r"No experiment of 'main' matches 'lr=0.3'. Did you mean 'lr=0."):
        choose_places(PLACES, ["2026/11/20", "lr=0.3"], "main")
    with pytest.raises(ExperimentNotFoundError, match="The newest of 3: group/other/2026/11/20/08-00-00"):
        choose_places(PLACES, ["2031/*"], "main")
    with pytest.raises(ExperimentNotFoundError, match="It has no experiments"):
        choose_places([], ["13-05"], "main")


def test_what_several_match_and_what_is_no_pattern() -> None:
    with pytest.raises(AmbiguousExperimentError, match=r"names 2 experiments.*The pattern '\*\*13-05\*' takes all"):
        choose_places(PLACES, ["13-05"], "main")
    for wrong in ("", " ", ".", "..", "/tmp/*", "../*", "re:("):
        with pytest.raises(QueryError):
            choose_places(PLACES, [wrong], "main")


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("2d", datetime(2026, 11, 18, 9, 30)),
        ("1.5h", datetime(2026, 11, 20, 8, 0)),
        ("2026-11-20", datetime(2026, 11, 20)),
        ("2026/11", datetime(2026, 11, 1)),
        ("2026-11-20 08:30", datetime(2026, 11, 20, 8, 30)),
        ("yesterday", datetime(2026, 11, 19)),
        ("12h ago", datetime(2026, 11, 19, 21, 30)),
    ],
)
def test_moments_as_people_write_them(text: str, begin: datetime) -> None:
    assert read_since(text, NOW) == begin.timestamp()


@pytest.mark.parametrize("text", ["", "two days", "5m", "20261120", "-2d", "2026-13-01", "nand"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(QueryError, match=r"is no moment. Expected a duration such as 2d or 12h"):
        read_since(text, NOW)


def test_those_that_began_since_then() -> None:
    assert begun_since(PLACES, datetime(2026, 11, 19, 13, 5, 1).timestamp()) == PLACES[1:]
    odd = [place("2026/99/99/13-05-01-000001"), ExperimentPlace(Path("/data"), "demo", "2026/11/20", "no index name")]
    assert begun_since(odd, 0.0) == []


def test_a_task_that_the_other_end_does_not_have() -> None:
    check_task("demo", ["other", "demo"], "main")
    with pytest.raises(
        QueryError, match=r"There is no task 'dem' in 'main'. Did you mean 'demo'\? Tasks: demo, other."
    ):
        check_task("dem", ["other", "demo"], "main")


def test_paths_belong_to_experiments() -> None:
    path = read_path("log/group/demo/2026/11/20/08-00-00-000000_10.0.0.1_&lr=0.2/tb/events/x")
    assert path is not None
    assert (path.tree, path.task, path.inside) == ("log", "group/demo", "tb/events/x")
    assert path.name == "group/demo/2026/11/20/08-00-00-000000_10.0.0.1_&lr=0.2"
    archive = read_path("archive_tester/demo/2026/11/20/08-00-00-000000_10.0.0.1_&lr=0.2.pkl")
    assert archive is not None
    assert archive.index_name == "08-00-00-000000_10.0.0.1_&lr=0.2"
    assert read_path("log/demo/progress.csv") is None


def test_shares_of_tasks_and_trees() -> None:
    folder = "demo/2026/11/20/08-00-00-000000_10.0.0.1_&"
    files = {f"log/{folder}/a": 3, f"log/{folder}1/b": 4, f"checkpoint/{folder}/c": 0, "readme": 9}
    shares = [(each.task, each.tree, len(each.experiments), each.files, each.bytes) for each in shares_of(files)]
    assert shares == [("demo", "log", 2, 2, 7), ("demo", "checkpoint", 1, 1, 0)]
