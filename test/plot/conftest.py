"""Curves made of numbers: no experiment is needed to test what is computed of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

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
