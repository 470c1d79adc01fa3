"""A table of values, learned by Q-learning (Watkins, 1989) with random actions now and then."""

from __future__ import annotations

import gymnasium
import numpy as np


class QLearner:
    """Values of the actions in each state of an environment that has countably few of both.

    Args:
        env: the environment; the learner resets it.
        learning_rate: how far a value goes towards what was seen.
        seed: seed of the environment and of the actions.
        discount: how much a later reward counts.
        exploration: probability of a random action.
    """

    def __init__(
        self,
        env: gymnasium.Env,
        learning_rate: float,
        seed: int,
        discount: float = 0.99,
        exploration: float = 0.1,
    ) -> None:
        self.env = env
        self.learning_rate, self.discount, self.exploration = learning_rate, discount, exploration
        self._random = np.random.default_rng(seed)
        self.values = 1e-6 * self._random.random((env.observation_space.n, env.action_space.n))  # no two are equal
        self._state, _ = env.reset(seed=seed)

    def step(self) -> None:
        """Act once, and learn from it."""
        state, action = self._state, self._action()
        following, reward, terminated, truncated, _ = self.env.step(action)
        target = reward + (0.0 if terminated else self.discount * self.values[following].max())
        self.values[state, action] += self.learning_rate * (target - self.values[state, action])
        self._state = self.env.reset()[0] if terminated or truncated else following

    def _action(self) -> int:
        if self._random.random() < self.exploration:
            return int(self._random.integers(self.values.shape[1]))
        return int(self.values[self._state].argmax())
