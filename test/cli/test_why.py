"""`rla why` shows what groups of experiments differ in, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager

Command = Callable[..., "object"]


@pytest.fixture(autouse=True)
def lab(start: Callable[..., None], data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two algorithms with three seeds each, that differ in their learning rate, too."""
    monkeypatch.setenv("RLA_ROOT", str(data_root))
    for seed in range(3):
        start(algo="sac", lr=0.001, seed=seed, alpha="auto", gamma=0.99)
    exp_manager.hyper_param = {}
    for seed in range(3):
        start(algo="td3", lr=0.01, seed=seed, gamma=0.99)
    exp_manager.finish()


def cells(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_groups_differences_and_what_varies_are_shown(rla: Command) -> None:
    shown = rla("why", "algo=sac", "algo=td3")
    assert (shown.code, shown.err) == (0, "")
    lines = cells(shown.out)
    for expected in (
        ["algo=sac:", "3", "experiments"],
        ["key", "algo=sac", "algo=td3"],
        ["algo", "sac", "td3"],
        ["lr", "0.001", "0.01"],
        ["alpha", "auto", "-"],
    ):
        assert expected in lines
    assert "Vary inside a group (number of values in each): seed 3/3." in shown.out
    assert not any(line[:1] == ["gamma"] for line in lines)
    assert "other keys with one value everywhere." in shown.out


def test_machines_get_json(rla: Command) -> None:
    found = json.loads(rla("why", "algo=sac", "algo=td3", "--json").out)
    differences = {(each["kind"], each["key"]): each["values"] for each in found["differences"]}
    assert differences["params", "lr"] == {"algo=sac": 0.001, "algo=td3": 0.01}
    assert differences["params", "alpha"] == {"algo=sac": "auto"}
    assert {"kind": "params", "key": "seed", "counts": {"algo=sac": 3, "algo=td3": 3}} in found["variations"]
    assert found["groups"] == [{"name": "algo=sac", "experiments": 3}, {"name": "algo=td3", "experiments": 3}]


def test_long_conditions_are_numbered(rla: Command) -> None:
    shown = rla("why", "algo = sac and seed >= 0 and lr < 1", "algo = td3").out
    assert "(1) algo = sac and seed >= 0 and lr < 1: 3 experiments" in shown
    assert ["key", "(1)", "(2)"] in cells(shown)


def test_three_groups_have_a_column_each(rla: Command) -> None:
    assert ["seed", "0", "1", "2"] in cells(rla("why", "seed=0", "seed=1", "seed=2").out)


def test_groups_that_overlap_are_told_of(rla: Command) -> None:
    shown = rla("why", "algo=sac", "seed=0").out
    assert "1 experiment in more than one group!" in shown
    assert "Nothing that is constant inside each group differs between them." in shown


def test_an_empty_group_is_an_error_that_names_it(rla: Command) -> None:
    done = rla("why", "algo=sac", "seed=7")
    assert (done.code, done.out) == (2, "")
    assert "no experiment satisfies 'seed=7'" in done.err


@pytest.mark.parametrize("conditions", [[], ["algo=sac"], ["algo=sac", "algo=sac"]])
def test_one_group_alone_cannot_be_compared(rla: Command, conditions: list[str]) -> None:
    done = rla("why", *conditions)
    assert done.code == 2
    assert "At least two different conditions" in done.err


def test_a_task_narrows_all_groups(rla: Command, start: Callable[..., None]) -> None:
    start("other_task", algo="sac", lr=0.5)
    exp_manager.finish()
    found = json.loads(rla("why", "algo=sac", "algo=td3", "--task", "demo_task", "--json").out)
    assert [group["experiments"] for group in found["groups"]] == [3, 3]
