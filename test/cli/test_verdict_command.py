"""`rla verdict` says whether one arm is better than another, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.experiment.manager import ExperimentManager
from rla.output.logger import Logger

Command = Callable[..., Any]

SCORES = {
    ("sac", "Ant-v4"): 3000.0,
    ("td3", "Ant-v4"): 2000.0,
    ("sac", "Hopper-v4"): 900.0,
    ("td3", "Hopper-v4"): 900.0,
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two algorithms with three seeds on two tasks: on one of them sac is better, on the other they are equal."""
    data_root = tmp_path_factory.mktemp("lab") / "data"
    for (algo, env_id), level in SCORES.items():
        for seed in range(3):
            manager = ExperimentManager(Logger())
            manager.set_hyper_param(algo=algo, env_id=env_id, seed=seed)
            manager.add_record_param(["algo", "env_id", "seed"])
            manager.configure("bench", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
            manager.log_files_gen()
            for step in range(1000, 11_000, 1000):
                manager.time_step_holder.set_time(step)
                manager.logger.record_tabular("eval/return", level * (0.99 + 0.01 * seed))
                manager.logger.record_tabular("train/loss", 1 / level)
                manager.logger.record_tabular("train/phase", "warm")
                manager.logger.dump_tabular()
            manager.finish()
    return data_root


@pytest.fixture(autouse=True)
def in_the_lab(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_ROOT", str(lab))


def test_the_verdict_stands_first_and_the_numbers_beneath(rla: Command) -> None:
    done = rla("verdict", "algo=sac", "algo=td3", "--metric", "eval/return")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert " ".join(lines[:2]) == (
        "On eval/return, algo=sac is better than algo=td3 on 1 of 2 tasks (Ant-v4), undecided on 1 (Hopper-v4), "
        "at 95 % confidence."
    )
    assert "A            algo=sac (6 runs)" in lines
    assert ["Ant-v4", "better", "3000", "2000"] in [line.split()[:4] for line in lines]
    assert ["Hopper-v4", "undecided", "900", "900"] in [line.split()[:4] for line in lines]
    assert max(map(len, lines)) <= 80


def test_one_hyper_parameter_with_two_values_is_enough(rla: Command) -> None:
    done = rla("verdict", "algo", "-m", "eval/return", "--by", "", "--score", "last")
    assert (done.code, done.out.splitlines()[0][:9]) == (0, "Undecided")
    assert "- Runs of an arm differ in env_id (2 values)." in done.out


def test_lower_is_better_turns_the_verdict_round(rla: Command) -> None:
    on_ant = ["algo=sac and env_id=Ant-v4", "algo=td3 and env_id=Ant-v4"]
    assert rla("verdict", *on_ant, "-m", "eval/return", "--lower-is-better").out.startswith("A is worse than B")
    assert rla("verdict", *on_ant, "-m", "eval/return").out.startswith("A is better than B")


def test_machines_get_json(rla: Command) -> None:
    found = json.loads(rla("verdict", "algo", "-m", "eval/return", "--task", "bench", "--level", "0.9", "--json").out)
    assert (found["answer"], found["level"]) == ("better in part", 0.9)
    assert {each["task"]: each["answer"] for each in found["tasks"]} == {"Ant-v4": "better", "Hopper-v4": "undecided"}
    assert found["tasks"][0]["difference"]["value"] == pytest.approx(1000)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["algo=sac", "algo=td3", "-m", "eval/retrun"], "has recorded 'eval/retrun'. Did you mean 'eval/return'?"),
        (["algo=sac", "algo=td3"], "Missing option '-m' / '--metric'"),
        (["algo=sac", "algo=ppo", "-m", "eval/return"], "The arm 'algo=ppo' has no experiments"),
        (["algo=sac", "algo=td3 and", "-m", "eval/return"], "algo=td3 and\n"),
        (["algo=sac", "-m", "eval/return"], "A verdict is about two arms; here is 1"),
        (["-m", "eval/return"], "Two conditions are needed"),
        (["algo", "-m", "eval/return", "--score", "finl"], "Did you mean 'final'?"),
        (["algo", "-m", "eval/return", "--by", "env"], "Did you mean 'env_id'?"),
        (["algo", "-m", "eval/return", "--level", "95"], "expected a number between 0 and 1"),
        (["algo", "-m", "eval/return", "--until", "1e9"], "No run comes as far as until=1e+09"),
    ],
)
def test_what_cannot_be_judged_is_an_error(rla: Command, arguments: list[str], problem: str) -> None:
    done = rla("verdict", *arguments)
    assert (done.code, done.out) == (2, "")
    assert problem in done.err


def test_a_metric_of_texts_has_no_scores(rla: Command) -> None:
    done = rla("verdict", "algo", "-m", "train/phase")
    assert done.code == 0
    assert done.out.startswith("Cannot say whether sac or td3 is better on train/phase")
    assert "Left out of 12 runs: values of 'train/phase' that are no numbers (120)." in " ".join(done.out.split())
