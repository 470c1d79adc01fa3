"""A task of ten thousand experiments is listed, searched and shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from rla import HYPERPARAMETER, LOG, experiment_data_query, single_experiment_query
from rla.cli.main import _group

pytestmark = pytest.mark.load


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_root = tmp_path_factory.mktemp("lab")
    for number in range(10_000):
        day = f"2026/{number % 12 + 1:02d}/{number % 28 + 1:02d}"
        name = f"{number % 24:02d}-00-00-{number:06d}_10.0.0.{number % 5}_&lr=0.{number % 10}&seed={number}"
        (data_root / "log" / "sac" / day / name).mkdir(parents=True)
    return data_root


def test_all_are_listed_in_order(lab: Path) -> None:
    dates = list(experiment_data_query(lab, "sac", None, LOG))
    assert len(dates) == 10_000
    assert dates == sorted(dates)


def test_a_pattern_finds_its_own(lab: Path) -> None:
    found = experiment_data_query(lab, "sac", "**&lr=0.3&*", HYPERPARAMETER)
    assert {result.hyper_param.lr for result in found.values()} == {"0.3"}
    assert len(found) == 1000


def test_one_is_found_by_its_record_date(lab: Path) -> None:
    assert single_experiment_query(lab, "sac", "2026/02/02/01-00-00-000001", LOG).dirname.endswith("seed=1")


def test_the_command_line_shows_the_newest(lab: Path) -> None:
    shown = CliRunner().invoke(_group, ["ls", "--root", str(lab), "-n", "5"], prog_name="rla")
    assert "5 of 10000 experiments" in shown.output
