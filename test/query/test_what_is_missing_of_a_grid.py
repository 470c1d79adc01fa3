"""`Experiments.missing` names the combinations of hyper-parameters that nobody has run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.errors import QueryError
from rla.query import experiments


@pytest.fixture
def lab(start: Callable[..., None], data_root: Path) -> Path:
    for algo, seed in (("sac", 0), ("sac", 10), ("td3", 10), ("td3", 2)):
        start(algo=algo, seed=seed, layers=[64] * (seed // 5 + 1), log_used=("csv",))
    exp_manager.hyper_param = {}
    start(algo="sac", log_used=("csv",))  # without a seed it is no part of the grid
    exp_manager.finish()
    return data_root


def test_each_missing_combination_is_named_in_the_order_of_its_values(lab: Path) -> None:
    assert experiments(lab).missing("algo", "seed") == [{"algo": "sac", "seed": 2}, {"algo": "td3", "seed": 0}]
    assert experiments(lab).missing("seed", "algo") == [{"seed": 0, "algo": "td3"}, {"seed": 2, "algo": "sac"}]


def test_the_grid_is_that_of_the_experiments_asked(lab: Path) -> None:
    assert experiments(lab, where="seed in (0, 10)").missing("algo", "seed") == [{"algo": "td3", "seed": 0}]
    assert experiments(lab, where="algo == sac").missing("algo", "seed") == []


def test_one_parameter_is_never_missing(lab: Path) -> None:
    assert experiments(lab).missing("seed") == []


def test_lists_and_facts_make_a_grid_too(lab: Path) -> None:
    found = experiments(lab).missing("layers", "algo", "status")
    assert found == []
    found = experiments(lab, where="seed != 10").missing("algo", "seed", "layers")
    assert found == [{"algo": "sac", "seed": 2, "layers": [64]}, {"algo": "td3", "seed": 0, "layers": [64]}]


def test_a_parameter_that_no_experiment_has_is_refused_with_the_nearest(lab: Path) -> None:
    with pytest.raises(QueryError, match="Did you mean 'seed'"):
        experiments(lab).missing("algo", "sed")


def test_names_are_needed(lab: Path) -> None:
    with pytest.raises(QueryError, match=r"missing\('env_id', 'seed'\)"):
        experiments(lab).missing()


def test_nothing_is_missing_where_nothing_was_found(lab: Path) -> None:
    assert experiments(lab, where="seed == 77").missing("algo", "seed") == []
