"""A ball that is pushed to a goal: an environment that draws itself, and a linear policy for it."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIZE = 128
"""Pixels of a picture."""


class Reach(gymnasium.Env[Array, Array]):
    """The observation is where the goal lies from the ball, and how the ball moves; an action pushes it.

    Args:
        render_mode: ``rgb_array`` for pictures.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012  # as gymnasium wants it

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (4,), np.float64)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float64)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Put ball and goal somewhere."""
        super().reset(seed=seed)
        self.ball, self.goal = self.np_random.uniform(-1, 1, (2, 2))
        self.speed, self.steps = np.zeros(2), 0
        return self._seen(), {}

    def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Push the ball; the reward is minus its distance to the goal."""
        self.speed = 0.9 * self.speed + 0.03 * np.clip(action, -1, 1)
        self.ball = np.clip(self.ball + self.speed, -1, 1)
        self.steps += 1
        distance = float(np.linalg.norm(self.goal - self.ball))
        return self._seen(), -distance, False, self.steps == 60, {"distance": distance}

    def render(self) -> NDArray[np.uint8]:
        """Return a picture of shape (SIZE, SIZE, 3)."""
        picture = np.full((SIZE, SIZE, 3), 245, np.uint8)
        rows, columns = np.mgrid[-1.2 : 1.2 : SIZE * 1j, -1.2 : 1.2 : SIZE * 1j]
        for centre, radius, color in ((self.goal, 0.16, (213, 94, 0)), (self.ball, 0.1, (0, 114, 178))):
            picture[(columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 < radius**2] = color
        return picture

    def _seen(self) -> Array:
        return np.concatenate([self.goal - self.ball, 10 * self.speed])


def mean_return(env: gymnasium.Env[Array, Array], weights: Array, seeds: range) -> float:
    """Return the mean return of an episode for each seed, with the actions ``weights @ observation``."""
    returns = []
    for seed in seeds:
        (observation, _), total, cut = env.reset(seed=seed), 0.0, False
        while not cut:
            observation, reward, _, cut, _ = env.step(weights @ observation)
            total += reward
        returns.append(total)
    return float(np.mean(returns))
