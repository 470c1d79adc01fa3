"""Runs that figures are drawn of: recorded once, read by all tests of figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.collections
import numpy as np
import pytest
from matplotlib.axes import Axes

from rla import ExperimentManager

TASKS = {"Ant-v4": 3000.0, "Hopper-v4": 1000.0}
ARMS = {"sac": 0.9, "td3": 0.7}
SEEDS = 6


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with six seeds of two algorithms on two environments, which nobody changes."""
    data_root = tmp_path_factory.mktemp("lab")
    random = np.random.default_rng(0)
    for env, scale in TASKS.items():
        for algo, level in ARMS.items():
            for seed in range(SEEDS):
                manager = ExperimentManager()
                manager.set_hyper_param(algo=algo, env_id=env, seed=seed)
                manager.add_record_param(["algo", "env_id", "seed"])
                manager.configure("bench", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
                manager.log_files_gen()
                reached = level + random.normal(0, 0.05)
                for step in range(0, 200_000, 10_000):
                    manager.time_step_holder.set_time(step)
                    share = reached * (1 - math.exp(-step / 5e4))
                    manager.logger.record_tabular("eval/return", scale * (share + random.normal(0, 0.02)))
                    manager.logger.record_tabular("train/loss", math.exp(-step / 5e4))
                    manager.logger.dump_tabular()
                manager.finish()
    return data_root


@pytest.fixture
def runs(experiment: Callable[..., Path]) -> Callable[..., None]:
    """Write the seeds of an arm: ``runs("sac", [[1, 2, 3], [2, 3, 4]])``, a list of values for each, None for none."""
    written = 0

    def write(algo: str, seeds: list[list[float | None]], metric: str = "eval/return", **more: Any) -> None:
        nonlocal written
        for seed, values in enumerate(seeds):
            written += 1
            lines = [f"{'' if value is None else value},{100 * place},1.0" for place, value in enumerate(values)]
            table = "\n".join([f'"{metric}",time-step,timestamp', *lines, ""])
            time = f"{written // 3600:02}-{written // 60 % 60:02}-{written % 60:02}-000001"
            experiment(time, rows=table, algo=algo, seed=seed, **more)

    return write


def bands(axes: Axes) -> list[Any]:
    return [each for each in axes.collections if isinstance(each, matplotlib.collections.PolyCollection)]


def lines(axes: Axes, label: str) -> list[Any]:
    """The lines with a label: ``_run``, ``_mark``, ``_thin``, ``_raw``, or that of an arm."""
    return [line for line in axes.get_lines() if str(line.get_label()) == label]
