"""Environments whose episodes are known beforehand, and a folder that is recorded into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium")

import numpy as np  # noqa: E402

from rla import logger  # noqa: E402


class Scripted(gymnasium.Env):  # type: ignore[misc, name-defined]
    """Episodes of 1 to 7 steps, terminated and truncated in turn; a seed makes them the same every time."""

    metadata = {"render_modes": ["rgb_array", "ansi"], "render_fps": 20}  # noqa: RUF012  # as gymnasium wants it
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, seed: int = 0, render_mode: str | None = None) -> None:
        self._random = np.random.default_rng(seed)
        self.render_mode = render_mode
        self.episode = 0
        self.left = 0
        self.rendered = 0

    def _observation(self) -> Any:
        return np.array([self.left], dtype=np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self.episode += 1
        self.left = int(self._random.integers(1, 8))
        return self._observation(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.left -= 1
        ended, even = self.left <= 0, self.episode % 2 == 0
        return self._observation(), float(self._random.normal()), ended and even, ended and not even, {}

    def render(self) -> Any:
        """A picture whose pixels say which episode it is and how many steps are left."""
        self.rendered += 1
        return np.full((16, 16, 3), (self.episode * 16 + self.left) % 256, dtype=np.uint8)


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    """Make an environment: ``scripted(seed=3)``."""
    return Scripted


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A log folder that is recorded into."""
    folder = tmp_path / "log"
    logger.configure(folder, ["csv"])
    return folder
