"""Patterns name experiments of one task: globs, date folders, `**`, and regular expressions after `re:`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.database.query import find_experiments
from rla.errors import QueryError

NAMES = [
    "2022/03/01/21-10-11-000001_a_&lr=0.01&env=A",
    "2022/03/01/21-20-11-000001_a_&lr=0.02&env=A",
    "2022/03/01/21-30-11-000001_a_&lr=0.03&env=B",
    "2022/03/12/08-00-00-000001_a_&lr=0.01&env=B",
    "2022/11/24/09-00-00-000001 b &lr=0.01&env=C",
    "2023/02/02/13-27-13-132216_a_&layers={64, 64}",
]


@pytest.fixture
def experiments(found_experiment: Callable[..., Path], data_root: Path) -> Callable[..., list[int]]:
    """Say which of the experiments a pattern finds, by their numbers."""
    for name in NAMES:
        found_experiment(name)
    found_experiment("2022/03/01/21-10-11-000001_a_&lr=0.01&env=A", task="demo_task_2")
    found_experiment("2022/03/01/21-10-11-000001_a_&lr=0.01&env=A", task="demo_task/inner")

    def find(pattern: str | None) -> list[int]:
        records = find_experiments(data_root, "demo_task", pattern)
        assert all(record.place.task == "demo_task" for record in records)
        return [NAMES.index(record.dated_name) for record in records]

    return find


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        (None, [0, 1, 2, 3, 4, 5]),
        ("", [0, 1, 2, 3, 4, 5]),
        ("*", [0, 1, 2, 3, 4, 5]),
        ("**", [0, 1, 2, 3, 4, 5]),
        (".", [0, 1, 2, 3, 4, 5]),
        ("2022/03/01/21-[12]*", [0, 1]),
        ("2022/03/01/21-[!12]*", [2]),
        ("2022/03/01", [0, 1, 2]),
        ("2022/03/01/", [0, 1, 2]),
        ("2022//03/./01/", [0, 1, 2]),
        ("2022/03", [0, 1, 2, 3]),
        ("2022/*", [0, 1, 2, 3, 4]),
        ("2022/11/24", [4]),
        ("2022/*/*/*lr=0.01*", [0, 3, 4]),
        ("*/*/*/*env=B", [2, 3]),
        ("**lr=0.01*", [0, 3, 4]),
        ("**/*env=A", [0, 1]),
        ("2022/**env=B", [2, 3]),
        ("2022/03/0?/*", [0, 1, 2]),
        ("2023/02/02/13-27-13-132216*", [5]),
        ("*/*/*/*layers={64, 64}", [5]),
        ("2022/11/24/09-00-00-000001 b*", [4]),
        ("2021/*", []),
        ("2022/03/01/21-10-11-000001_a_&lr=0.01&env=A", [0]),
        ("2022/03/01/21-10-11-000001", []),
        ("2022/03/01/21-10-11-000001_a_&lr=0.01&env=A/progress.csv", []),
        ("demo_task", []),
        ("[", []),
        ("\n", []),
        (r"re:lr=0\.0[12]&", [0, 1, 3, 4]),
        ("re:^2022/(03/12|11)", [3, 4]),
        ("re:env=[AB]$", [0, 1, 2, 3]),
        ("re:", [0, 1, 2, 3, 4, 5]),
        ("re:/etc/passwd", []),
    ],
)
def test_a_pattern_finds_exactly_what_it_says(
    experiments: Callable[..., list[int]], pattern: str | None, numbers: list[int]
) -> None:
    assert experiments(pattern) == numbers


@pytest.mark.parametrize("pattern", ["/", "/etc/*", "../*", "..", "2022/../../other", "~", "~/data", "2022/.."])
def test_a_pattern_that_leaves_its_task_is_refused(experiments: Callable[..., list[int]], pattern: str) -> None:
    with pytest.raises(QueryError, match="leaves its task") as caught:
        experiments(pattern)
    assert isinstance(caught.value, ValueError)
    assert pattern in str(caught.value)


def test_a_bad_regular_expression_is_shown_with_a_caret(experiments: Callable[..., list[int]]) -> None:
    with pytest.raises(QueryError, match="Not a regular expression") as caught:
        experiments("re:lr=(0.1")
    lines = str(caught.value).splitlines()
    assert lines[1] == "  lr=(0.1"
    assert lines[2].index("^") == lines[1].index("(")


@pytest.mark.parametrize("pattern", [3, b"2022", ["2022"]])
def test_a_pattern_that_is_no_text_is_refused(experiments: Callable[..., list[int]], pattern: object) -> None:
    with pytest.raises(QueryError, match="A pattern is a text"):
        experiments(pattern)


def test_a_bad_tree_name_suggests_the_nearest(data_root: Path) -> None:
    data_root.mkdir()
    with pytest.raises(QueryError, match="Did you mean 'checkpoint'") as caught:
        find_experiments(data_root, "demo_task", None, "checkpoints")
    assert "hyperparameter" in str(caught.value)


def test_a_folder_that_is_no_experiment_is_passed_over(experiments: Callable[..., list[int]], data_root: Path) -> None:
    day = data_root / "log/demo_task/2022/03/01"
    (day / "notes").mkdir()
    (day / "13-00-00-000001_a_&").write_text("a file")
    (data_root / "log/demo_task/easy_plot/01/02/13-00-00-000001_a_&").mkdir(parents=True)
    assert experiments("**") == [0, 1, 2, 3, 4, 5]
