"""The examples of many environments and of many seeds run as their users run them, and leave what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rla import CHECKPOINT, HYPERPARAMETER, LOG, experiment_data_query, read_episodes, read_progress

pytest.importorskip("gymnasium")

REPOSITORY = Path(__file__).resolve().parent.parent


def run(example: str, data_root: Path, *arguments: str) -> str:
    """Run an example, and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "RLA_ROOT": str(data_root), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "example" / example / "main.py"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def vectorized(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    data_root = tmp_path_factory.mktemp("vectorized") / "data"
    return data_root, run("vectorized_episodes", data_root, "--total_steps", "30000", "--num_envs", "4")


def folder_of(data_root: Path, task: str, tree: str) -> Path:
    (found,) = experiment_data_query(data_root, task, None, tree).values()
    return Path(found.dirname)


def test_the_episodes_of_all_environments_are_kept(vectorized: tuple[Path, str]) -> None:
    data_root, output = vectorized
    table = read_episodes(folder_of(data_root, "vectorized_demo", LOG))
    assert f"{len(table)} episodes" in output
    assert set(table["env"]) == {0, 1, 2, 3}
    assert table["return"].equals(table["length"].astype(float))  # as in CartPole
    assert table["time-step"].is_monotonic_increasing
    unfinished_and_resets = table["time-step"].iloc[-1] - table["length"].sum()
    assert 0 <= unfinished_and_resets < 4 * 500


def test_its_policy_learns(vectorized: tuple[Path, str]) -> None:
    returns = read_episodes(folder_of(vectorized[0], "vectorized_demo", LOG))["return"]
    assert returns.tail(40).mean() > 2 * returns.head(40).mean()


def test_it_ends_with_a_figure_of_the_episodes(vectorized: tuple[Path, str]) -> None:
    data_root, output = vectorized
    (figure,) = data_root.glob("results/vectorized_demo/*/*/*/*/episodes-*.png")
    assert str(figure) in output
    assert figure.stat().st_size > 10_000
    assert list(folder_of(data_root, "vectorized_demo", CHECKPOINT).glob("checkpoint_*.npz"))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    data_root = tmp_path_factory.mktemp("seeds") / "data"
    return data_root, run("several_seeds", data_root, "--seeds", "2", "--total_steps", "5000")


def test_each_seed_is_an_experiment_of_its_own(seeds: tuple[Path, str]) -> None:
    found = experiment_data_query(seeds[0], "seeds_demo", None, HYPERPARAMETER).values()
    settings = [(result.hyper_param.learning_rate, result.hyper_param.seed) for result in found]
    assert settings == [(0.1, 0), (0.1, 1), (0.5, 0), (0.5, 1)]


def test_each_begins_at_the_first_time_step(seeds: tuple[Path, str]) -> None:
    for result in experiment_data_query(seeds[0], "seeds_demo", None, LOG).values():
        rows = read_progress(result.dirname).rows
        assert [row["time-step"] for row in rows] == list(range(100, 5001, 100))
        count = len(read_episodes(result.dirname))
        assert [row["episode/count"] for row in rows if "episode/count" in row][-1] <= count


def test_it_ends_with_one_figure_of_all_seeds(seeds: tuple[Path, str]) -> None:
    data_root, output = seeds
    assert (data_root / "results" / "easy_plot" / "learning_curves.png").stat().st_size > 10_000
    assert output.count("at the end, from") == 2
