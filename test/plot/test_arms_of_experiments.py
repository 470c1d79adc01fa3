"""What makes the arms of a comparison: hyper-parameters, conditions, a dict, a function; else what was tracked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.plot import Curves, curves
from rla.query import experiments

Write = Callable[..., Path]


@pytest.fixture
def write(experiment: Write) -> Write:
    """Write one experiment after the other; its hyper-parameters are in its name."""
    number = iter(range(1_000))
    return lambda **given: experiment(f"13-05-{next(number):02}-000001", **given)


def arms_of(data_root: Path, arms: Any = None, **options: Any) -> dict[str, int]:
    """Return how many runs each arm has, in the order of the legend."""
    return sizes(curves(data_root, "loss", arms, **options))


def sizes(found: Curves) -> dict[str, int]:
    return {arm: sum(len(panel.members.get(arm, ())) for panel in found.panels) for arm in found.arms}


@pytest.fixture
def grid(write: Write, data_root: Path) -> Path:
    """Two algorithms, two learning rates, two seeds each."""
    for algo in ("td3", "sac"):
        for lr in (0.01, 0.001):
            for seed in range(2):
                write(algo=algo, lr=lr, seed=seed)
    return data_root


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        ("algo", ["sac", "td3"]),
        ("lr", ["lr=0.001", "lr=0.01"]),
        (("lr", "algo"), ["lr=0.001, sac", "lr=0.001, td3", "lr=0.01, sac", "lr=0.01, td3"]),
        ("algo=sac", ["algo=sac"]),
        (["algo=td3 and lr<0.005", "algo=sac"], ["algo=td3 and lr<0.005", "algo=sac"]),
        ({"theirs": "algo=td3", "ours": "algo=sac"}, ["theirs", "ours"]),
        ([], ["all runs"]),
        (None, ["sac, lr=0.001", "sac, lr=0.01", "td3, lr=0.001", "td3, lr=0.01"]),
    ],
    ids=repr,
)
def test_the_legends_in_their_order(arms: Any, expected: list[str], grid: Path) -> None:
    assert list(arms_of(grid, arms)) == expected


def test_a_dict_takes_experiments_too(grid: Path) -> None:
    found = experiments(grid)
    chosen = {"first": found[:3], "those of seed 1": [each for each in found if each.parameters["seed"] == 1]}
    assert arms_of(found, chosen) == {"first": 3, "those of seed 1": 4}


def test_a_function_names_the_arm_or_leaves_a_run_out(grid: Path) -> None:
    assert arms_of(grid, lambda each: None if each.parameters["seed"] else f"my {each.parameters['algo']}") == {
        "my sac": 2,
        "my td3": 2,
    }
    assert arms_of(grid, lambda each: each.parameters["seed"]) == {"0": 4, "1": 4}


def test_a_run_in_two_arms_counts_in_both_and_is_told(grid: Path) -> None:
    found = curves(grid, "loss", ["algo=sac", "lr=0.01"])
    assert sizes(found) == {"algo=sac": 4, "lr=0.01": 4}
    assert "2 runs are in several arms." in found.notes
    assert not any("several arms" in note for note in curves(grid, "loss", "algo").notes)


def test_ids_and_seeds_make_no_arms_of_their_own(write: Write, data_root: Path) -> None:
    for number in range(8):
        write(algo="sac" if number % 2 else "td3", run_id=f"x{number}", seed=number // 2, env_seed=number % 3)
    assert arms_of(data_root) == {"sac": 4, "td3": 4}


def test_what_differs_in_every_run_counts_where_nothing_else_tells_them_apart(write: Write, data_root: Path) -> None:
    for number in range(5):
        write(lr=10.0**-number, seed=0)
    assert list(arms_of(data_root)) == ["lr=0.0001", "lr=0.001", "lr=0.01", "lr=0.1", "lr=1"]
    write(lr=5.0, seed=1)  # seeds tell them apart: lr was drawn at random
    assert arms_of(data_root) == {"all runs": 6}


def test_two_runs_are_told_apart_by_all_that_differs(write: Write, data_root: Path) -> None:
    write(algo="sac", lr=0.1, seed=0)
    assert arms_of(data_root) == {"all runs": 1}
    write(algo="td3", lr=0.2, seed=1)
    assert arms_of(data_root) == {"sac, lr=0.1": 1, "td3, lr=0.2": 1}


def test_the_key_of_the_panels_makes_no_arms(write: Write, data_root: Path) -> None:
    for env_id in ("Hopper-v4", "Ant-v4"):
        for algo in ("sac", "td3"):
            for seed in range(2):
                write(env_id=env_id, algo=algo, seed=seed)
    assert arms_of(data_root) == {"sac": 4, "td3": 4}
    assert arms_of(data_root, by="algo") == {"Ant-v4": 4, "Hopper-v4": 4}
    assert [panel.task for panel in curves(data_root, "loss").panels] == ["Ant-v4", "Hopper-v4"]
    assert [panel.task for panel in curves(data_root, "loss", by=None).panels] == [""]


def test_an_arm_that_lacks_the_first_task_keeps_its_place(write: Write, data_root: Path) -> None:
    write(env_id="Ant-v4", algo="sac", seed=0)
    write(env_id="Hopper-v4", algo="ours", seed=0)
    write(env_id="Hopper-v4", algo="sac", seed=1)
    found = curves(data_root, "loss", ["algo=ours", "algo=sac"])
    assert found.arms == ("algo=ours", "algo=sac")
    assert [list(panel.bands) for panel in found.panels] == [["algo=sac"], ["algo=ours", "algo=sac"]]


@pytest.mark.parametrize(
    ("values", "legends"),
    [
        ([0.1, 0.01, 1, 10, -2, -1], ["x=-2", "x=-1", "x=0.01", "x=0.1", "x=1", "x=10"]),
        ([1e-5, 3e-4, 0.001], ["x=1e-05", "x=0.0003", "x=0.001"]),
        (["v10", "v2", "v2.5"], ["v2", "v2.5", "v10"]),
        ([True, False, None], ["x=false", "x=none", "x=true"]),
        ([[64, 64], [32], [256]], ["x=[32]", "x=[64, 64]", "x=[256]"]),
        ([1, 1.0, "1", "1.0"], ["x=1"]),
        ([True, "True"], ["x=true"]),
        (["", " "], ["x=", "x= "]),
        ([{}, {"deep": 1}], ["x=none", "x={}"]),
        (["naïve α", r"$\alpha_{1}^2$", "a\nb"], [r"$\alpha_{1}^2$", "a\nb", "naïve α"]),
    ],
    ids=repr,
)
def test_a_value_of_any_kind_makes_a_legend(
    values: list[Any], legends: list[str], experiment: Write, data_root: Path
) -> None:
    for number, value in enumerate(values):  # not in the name, which holds no value of any kind
        folder = experiment(f"13-05-{number:02}-000001", seed=number, x="?")
        (folder / "parameter.json").write_text(json.dumps({"seed": number, "x": value}))
    assert list(arms_of(data_root, "x")) == legends


def test_a_run_that_lacks_the_key_has_an_arm_too(write: Write, data_root: Path) -> None:
    write(algo="sac", tau=0.1, seed=0)
    write(algo="sac", seed=1)
    assert arms_of(data_root, "tau") == {"tau=0.1": 1, "tau=none": 1}


def test_several_runs_of_one_seed_are_told(write: Write, data_root: Path) -> None:
    for seed in (0, 0, 1):
        write(algo="sac", seed=seed)
    notes = curves(data_root, "loss", "algo").notes
    assert "'sac' has several runs of one seed, and all count: 2 of seed 0." in notes


def test_fifty_groups_are_fifty_groups(write: Write, data_root: Path) -> None:
    for number in range(50):
        write(layers=number, seed=number % 5)
    found = curves(data_root, "loss", "layers")
    assert found.arms == tuple(f"layers={number}" for number in range(50))
    assert len(found.notes) < 5
