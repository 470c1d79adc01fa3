"""A verdict tells what makes it less sure: runs that died, unequal arms, other code, other settings, less training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from rla.plot import verdict

Runs = Callable[..., None]

AROUND = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])


def warnings_of(data_root: Path, arms: object = "algo") -> list[str]:
    return list(verdict(data_root, "eval/return", arms).warnings)  # type: ignore[arg-type]


def test_arms_of_unequal_size_and_runs_that_died(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", 500 + AROUND[:4])
    runs_of("td3", [0], end=300, status="dead", first_seed=4)
    assert warnings_of(data_root) == [
        "1 of 5 runs of 'td3' has no score: not as far as the others, but to 300 time steps (dead).",
        "Numbers of runs differ: 'sac' 5, 'td3' 4.",
    ]


def test_the_longer_trained_arm_is_not_better_for_that(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [0] * 5, values=[0, 10, 20, 30, 40, 50, 60, 70, 80, 90], end=1000)
    runs_of("td3", [0] * 5, values=[0, 10, 20, 30, 40], end=500)
    found = verdict(data_root, "eval/return", "algo")
    assert found.tasks[0].estimates == (40, 40)
    assert found.answer == "undecided"
    assert found.warnings == ("Scored up to 500 of 1,000 time steps, where the first run of 'td3' ends.",)


def test_arms_without_common_time_steps_cannot_be_compared(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND, values=[1, 2], end=100)
    runs_of("td3", 500 + AROUND, values=["nan"] * 8 + ["3", "4"], end=1000)
    found = verdict(data_root, "eval/return", "algo")
    assert found.answer == "cannot say"
    why = "no values before the end of what is compared (5 finished)"
    assert f"5 of 5 runs of 'td3' have no score: {why}." in found.warnings


def test_code_that_differs_inside_an_arm_or_between_arms(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND[:3], card={"git_commit": "aaa"})
    runs_of("sac", 900 + AROUND[:2], card={"git_commit": "bbb"}, first_seed=3)
    runs_of("td3", 500 + AROUND, card={"git_commit": "aaa"})
    assert warnings_of(data_root) == ["The code of the runs of 'sac' is not the same: 2 commits."]
    runs_of("ppo", 500 + AROUND, card={"git_commit": "ccc"})
    assert warnings_of(data_root, ["algo=td3", "algo=ppo"]) == ["The arms ran different code: commit (aaa / ccc)."]


def test_other_hyper_parameters_that_differ_between_the_arms(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND, lr=0.1, gamma=0.99)
    runs_of("td3", 500 + AROUND, lr=0.01, gamma=0.99)
    expected = ["The arms differ in lr (0.1 / 0.01), too; `rla why` shows all."]
    assert warnings_of(data_root) == expected
    assert warnings_of(data_root, {"new": "algo=sac", "old": "params.algo=td3"}) == expected
    assert warnings_of(data_root, ["algo=sac and lr=0.1", "algo=td3"]) == []


def test_hyper_parameters_that_vary_inside_an_arm(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND[:3], lr=0.1)
    runs_of("sac", 900 + AROUND[:2], lr=0.01, first_seed=3)
    runs_of("td3", 500 + AROUND, lr=0.1)
    assert warnings_of(data_root) == ["Runs of an arm differ in lr (2 values)."]


def test_a_name_that_each_run_has_another_of_is_not_told_of(runs_of: Runs, data_root: Path) -> None:
    for seed, score in enumerate(900 + AROUND):
        runs_of("sac", [score], first_seed=seed, run_name=f"sac-{seed}")
        runs_of("td3", [score - 400], first_seed=seed, run_name=f"td3-{seed}")
    assert warnings_of(data_root) == []
