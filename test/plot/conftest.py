"""Curves made of numbers; runs on the disk that end where a test wants them to; real experiments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import ExperimentManager
from rla.output.logger import Logger
from rla.plot import Curve, clean_curve


@pytest.fixture
def seeds() -> Callable[..., list[Curve]]:
    """Make curves of seeds with noise: ``seeds(5, points=20)``; ``name`` tells the runs of one group from another's."""

    def make(number: int, points: int = 20, name: str = "run", task: str = "", shift: float = 0.0) -> list[Curve]:
        random = np.random.default_rng([ord(letter) for letter in name + task])
        x = np.arange(points) * 100.0
        return [
            clean_curve(x, random.normal(size=points) + shift, run=f"{name}{task}{seed}", task=task)
            for seed in range(number)
        ]

    return make


@pytest.fixture
def runs_of(experiment: Callable[..., Path]) -> Callable[..., None]:
    """Write a run for each score, seeds from 0: ``runs_of("sac", [900, 920], env_id="Hopper-v4")``.

    Each has the same value at all of its ten steps, 100 to 1000; ``values`` are those of all runs instead. ``end`` is
    the last step, ``metric`` the key, ``card`` goes into the run card. With ``status="dead"`` the process is gone.
    """
    count = iter(range(1_000_000))

    def write(
        algo: str,
        scores: Sequence[float],
        *,
        values: Sequence[object] = (),
        end: int = 1000,
        metric: str = "eval/return",
        status: str = "finished",
        first_seed: int = 0,
        card: dict[str, Any] | None = None,
        **parameters: object,
    ) -> None:
        if status == "dead":  # the card says that it runs, and there is no such process
            status, card = "running", {"pid": 4_000_000, **(card or {})}
        for seed, score in enumerate(scores, first_seed):
            ys = values or [score] * 10
            steps = np.linspace(end / len(ys), end, len(ys))
            rows = [f"{metric},time-step", *(f"{y},{step}" for y, step in zip(ys, steps, strict=True))]
            named = {"algo": algo, "seed": seed, **parameters}
            experiment(f"13-05-01-{next(count):06}", rows="\n".join(rows) + "\n", status=status, card=card, **named)

    return write


@pytest.fixture
def record(data_root: Path) -> Iterator[Callable[..., ExperimentManager]]:
    """Record an experiment with a logger: ``record([(0, 1.5), (10, 2.5)], algo="sac", seed=0)``.

    ``rows`` are time steps with the value of ``return``, or with values by key. With ``finish=False`` it goes on until
    the test ends.
    """
    started: list[ExperimentManager] = []

    def run(
        rows: Iterable[tuple[float, float | Mapping[str, object]]], finish: bool = True, **hyper_param: object
    ) -> ExperimentManager:
        manager = ExperimentManager(Logger())
        started.append(manager)
        manager.set_hyper_param(**hyper_param)
        manager.add_record_param(list(hyper_param))
        manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
        manager.log_files_gen()
        for step, values in rows:
            manager.time_step_holder.set_time(step)
            for key, value in values.items() if isinstance(values, Mapping) else [("return", values)]:
                manager.logger.record_tabular(key, value)
            manager.logger.dump_tabular()
        if finish:
            manager.finish()
        return manager

    yield run
    for manager in started:
        manager.finish()
