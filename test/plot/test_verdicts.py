"""A verdict says that an arm is better only where the runs show it, in the right direction, and else that it cannot."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla.errors import QueryError
from rla.plot import compare, runs_for_power, verdict
from rla.query import experiments

Runs = Callable[..., None]

AROUND = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
BOTH = ["algo=sac", "algo=td3"]


@pytest.fixture
def sac_wins(runs_of: Runs) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", 500 + AROUND)


@pytest.mark.usefixtures("sac_wins")
def test_better_is_what_has_the_higher_score(data_root: Path) -> None:
    found = verdict(data_root, "eval/return", BOTH)
    assert (found.answer, found.warnings) == ("better", ())
    assert found.sentence == "algo=sac is better than algo=td3 on eval/return, at 95 % confidence."
    assert (found.way.estimator, found.way.band) == ("mean", "t")
    expected = compare(900 + AROUND, 500 + AROUND, "mean", "t")
    assert found.tasks[0].difference == expected
    assert found.improvement is not None
    assert (found.improvement.value, found.improvement.high) == (1, 1)
    assert 0.5 < found.improvement.low < 0.7  # five runs each show no more


@pytest.mark.usefixtures("sac_wins")
def test_worse_is_the_other_way_round(data_root: Path) -> None:
    assert verdict(data_root, "eval/return", BOTH[::-1]).answer == "worse"
    lower = verdict(data_root, "eval/return", BOTH, lower_is_better=True)
    assert lower.answer == "worse"
    assert lower.improvement is not None
    assert lower.improvement.value == 0
    assert lower.tasks[0].difference is not None
    assert lower.tasks[0].difference.value == 400
    assert "Lower is better." in str(lower)


def test_equal_arms_are_undecided(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", 900.5 + AROUND)
    found = verdict(data_root, "eval/return", "algo")
    assert found.answer == "undecided"
    assert found.sentence == (
        "Undecided on eval/return, at 95 % confidence: these runs do not show whether sac or td3 is better."
    )
    needed = runs_for_power(0.5 / AROUND.std(ddof=1))
    assert found.tasks[0].needed == needed
    assert f"about {needed} runs of each arm find it in 80 % of studies: {needed - 5} more" in " ".join(
        str(found).split()
    )


def test_no_difference_at_all_takes_more_runs_than_anybody_has(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", 900 + AROUND)
    found = verdict(data_root, "eval/return", "algo")
    assert (found.answer, found.tasks[0].needed) == ("undecided", math.inf)
    assert "takes more than 1,000 runs of each arm" in " ".join(str(found).split())


@pytest.mark.parametrize("number", [1, 2])
def test_with_fewer_than_three_runs_nothing_is_said(runs_of: Runs, data_root: Path, number: int) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", [1, 2][:number])
    found = verdict(data_root, "eval/return", "algo")
    assert found.answer == "cannot say"
    has = "1 run" if number == 1 else "2 runs"
    assert found.sentence == (
        f"Cannot say whether sac or td3 is better on eval/return: td3 has {has} with a score; it takes 3 of each arm."
    )
    assert (found.tasks[0].difference, found.improvement) == (None, None)


def test_runs_that_all_succeed_or_all_fail_are_not_taken_for_certain(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", [1, 1, 1])
    runs_of("td3", [0, 0, 0])
    found = verdict(data_root, "eval/return", "algo")
    assert found.answer == "undecided"
    assert found.tasks[0].p_value == pytest.approx(0.1)
    assert "[no interval], p = 0.10" in str(found)


def test_from_ten_runs_on_it_is_the_interquartile_mean_with_a_bootstrap(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + np.arange(10))
    runs_of("td3", 500 + np.arange(10))
    found = verdict(data_root, "eval/return", "algo")
    assert (found.answer, found.way.estimator, found.way.band) == ("better", "iqm", "ci")


def test_tasks_are_told_one_by_one_and_corrected_for_their_number(runs_of: Runs, data_root: Path) -> None:
    """A difference that alone would count (p < .05) is not enough as one of three."""
    assert 0.05 / 3 < compare(902.6 + AROUND, 900 + AROUND, "mean", "t").p_value < 0.05
    for task, shift in (("a", 400.0), ("b", 2.6), ("c", 0.0)):
        runs_of("sac", 900 + shift + AROUND, env_id=task)
        runs_of("td3", 900 + AROUND, env_id=task)
    found = verdict(data_root, "eval/return", "algo")
    assert [each.answer for each in found.tasks] == ["better", "undecided", "undecided"]
    assert found.answer == "better in part"
    assert found.sentence == (
        "On eval/return, sac is better than td3 on 1 of 3 tasks (a), undecided on 2 (b, c), at 95 % confidence."
    )
    assert verdict(experiments(data_root).where("env_id=b"), "eval/return", "algo").answer == "better"


def test_without_one_scale_the_tasks_have_only_a_probability_together(runs_of: Runs, data_root: Path) -> None:
    for task, level in (("a", 10.0), ("b", 1000.0)):
        runs_of("sac", level + AROUND, env_id=task)
        runs_of("td3", level / 2 + AROUND / 10, env_id=task)
    found = verdict(data_root, "eval/return", "algo")
    assert (found.answer, found.pooled) == ("better", None)
    assert found.sentence == "On eval/return, sac is better than td3 on both tasks, at 95 % confidence."
    assert found.improvement is not None
    assert found.improvement.value == 1
    pooled = verdict(data_root, "eval/return", "algo", normalize={"a": (0, 10), "b": (0, 1000)})
    assert pooled.pooled is not None
    assert pooled.pooled.estimates == pytest.approx((1, 0.5))
    assert pooled.sentence == "sac is better than td3 over both tasks on eval/return, at 95 % confidence."


def test_tasks_that_go_both_ways_are_no_verdict(runs_of: Runs, data_root: Path) -> None:
    for task, sign in (("a", 1), ("b", -1)):
        runs_of("sac", 900 + 100 * sign + AROUND, env_id=task)
        runs_of("td3", 900 + AROUND, env_id=task)
    found = verdict(data_root, "eval/return", "algo")
    assert found.answer == "mixed"
    assert "sac is better than td3 on 1 of 2 tasks (a), worse on 1 (b)" in found.sentence


@pytest.mark.usefixtures("sac_wins")
def test_two_questions_make_two_arms(data_root: Path) -> None:
    every = experiments(data_root)
    found = verdict(every, "eval/return", [every.where("algo=sac"), every.where("algo=td3")])
    assert (found.arms, found.answer) == (("A", "B"), "better")


@pytest.mark.usefixtures("sac_wins")
@pytest.mark.parametrize(
    ("arms", "problem"),
    [
        ("seed", "A verdict is about two arms; here are 5: 'seed=0', 'seed=1'"),
        (["algo=sac"], "A verdict is about two arms; here is 1: 'algo=sac'"),
        (["algo=sac", "seed=1"], "1 of 6 runs belong to 'algo=sac' and to 'seed=1', such as 'demo/"),
        (["algo=sac", "algo=td4"], "The arm 'algo=td4' has no experiments"),
        ("alg", "Did you mean 'algo'?"),
    ],
)
def test_what_are_not_two_arms_is_an_error(data_root: Path, arms: list[str], problem: str) -> None:
    with pytest.raises(QueryError) as caught:
        verdict(data_root, "eval/return", arms)
    assert problem in str(caught.value)


def test_all_of_it_is_there_as_json(runs_of: Runs, data_root: Path) -> None:
    runs_of("sac", 900 + AROUND)
    runs_of("td3", [1])
    item = json.loads(json.dumps(verdict(data_root, "eval/return", "algo").to_dict(), allow_nan=False))
    assert (item["answer"], item["level"], item["interval"]) == ("cannot say", 0.95, "t")
    assert [(arm["name"], len(arm["runs"])) for arm in item["arms"]] == [("sac", 5), ("td3", 1)]
    assert item["tasks"][0]["estimates"] == [900, 1]
    assert item["tasks"][0]["difference"] is None
    assert item["warnings"] == ["Numbers of runs differ: 'sac' 5, 'td3' 1."]


def test_what_is_printed_fits_80_columns(runs_of: Runs, data_root: Path) -> None:
    for task in ("a_task_with_a_name_that_is_longer_than_most_names", "b"):
        runs_of("sac", 900 + AROUND, env_id=task)
        runs_of("td3", 900.5 + AROUND, env_id=task)
    found = verdict(data_root, "eval/return", ["algo=sac and seed >= 0 and seed < 1000", "algo=td3"])
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("a_task_with") and "undecided" in line for line in lines)
    assert "whether A or B is better" in " ".join(found.sentence.split())
