"""The programs in example/ run as their users run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rla import HYPERPARAMETER, LOG, experiment_data_query, read_progress

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The data root and the output of a short main job."""
    data_root = tmp_path_factory.mktemp("demo") / "data"
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "RLA_ROOT": str(data_root),
        "DEMO_STEPS": "12000",
        "MPLBACKEND": "agg",
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "example" / "simplest_code" / "main.py")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return data_root, done.stdout


def test_the_main_job_makes_six_experiments_of_two_settings(demo: tuple[Path, str]) -> None:
    data_root, _ = demo
    found = experiment_data_query(data_root, "demo_task", None, HYPERPARAMETER)
    settings = [(result.hyper_param.learning_rate, result.hyper_param.seed) for result in found.values()]
    assert settings == [(0.02, 0), (0.02, 1), (0.02, 2), (0.1, 0), (0.1, 1), (0.1, 2)]


def test_its_agents_learn(demo: tuple[Path, str]) -> None:
    data_root, _ = demo
    for result in experiment_data_query(data_root, "demo_task", "**learning_rate=0.1*", LOG).values():
        returns = [row["return/mean"] for row in read_progress(Path(result.dirname)).rows]
        assert sum(returns[-5:]) / 5 > 1.5 * sum(returns[:5]) / 5


def test_it_ends_with_a_table_a_figure_and_what_to_type_next(demo: tuple[Path, str]) -> None:
    data_root, output = demo
    assert "6 experiments of 'demo_task'" in output
    assert (data_root / "results" / "easy_plot" / "learning_curves.png").stat().st_size > 10_000
    assert f"--logdir {data_root / 'log' / 'demo_task'}" in output


def test_its_folder_for_tensorboard_has_all_runs(demo: tuple[Path, str]) -> None:
    data_root, _ = demo
    assert len(list((data_root / "log" / "demo_task").rglob("events.out.tfevents.*"))) == 6
