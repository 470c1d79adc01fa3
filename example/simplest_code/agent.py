"""A policy for CartPole, learned by policy gradient: a real learner in numpy.

REINFORCE (Williams, 1992) on a linear softmax policy, with returns-to-go that are standardised over the episodes of an
iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import gymnasium
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Episode:
    """One finished episode of T steps.

    Attributes:
        observations: shape (T, features).
        actions: shape (T,), 0 or 1.
        probabilities: shape (T,), probability of action 1 at each step.
        rewards: shape (T,).
    """

    observations: Array
    actions: Array
    probabilities: Array
    rewards: Array

    def returns_to_go(self, discount: float) -> Array:
        """Return the discounted sum of the rewards from each step on, shape (T,)."""
        returns = np.empty_like(self.rewards)
        following = 0.0
        for step in range(len(self.rewards) - 1, -1, -1):
            following = self.rewards[step] + discount * following
            returns[step] = following
        return returns


class PolicyGradient:
    """A linear policy and its learning.

    Args:
        env_id: an environment with two actions.
        seed: seed of the episodes and of the actions.
        learning_rate: how far the weights go along the gradient.
        discount: how much a later reward counts.
        episodes: how many episodes are played in one iteration.
    """

    def __init__(self, env_id: str, seed: int, learning_rate: float, discount: float, episodes: int) -> None:
        self.env = gymnasium.make(env_id)
        self.random = np.random.default_rng(seed)
        self.learning_rate, self.discount, self.episodes = learning_rate, discount, episodes
        assert self.env.observation_space.shape is not None
        self.weights: Array = np.zeros(self.env.observation_space.shape)

    def play(self) -> list[Episode]:
        """Play the episodes of one iteration."""
        return [self._episode() for _ in range(self.episodes)]

    def learn(self, played: list[Episode]) -> float:
        """Make one step along the policy gradient; return its length."""
        returns = np.concatenate([episode.returns_to_go(self.discount) for episode in played])
        advantages = (returns - returns.mean()) / (returns.std() + 1e-8)
        surprise = np.concatenate([episode.actions - episode.probabilities for episode in played])
        observations = np.concatenate([episode.observations for episode in played])
        step = self.learning_rate * ((advantages * surprise) @ observations) / len(played)
        self.weights = self.weights + step
        return float(np.linalg.norm(step))

    def _episode(self) -> Episode:
        observation, _ = self.env.reset(seed=int(self.random.integers(2**31)))
        observations, actions, probabilities, rewards = [], [], [], []
        done = False
        while not done:
            probability = 1.0 / (1.0 + np.exp(-float(observation @ self.weights)))
            action = int(self.random.random() < probability)
            observations.append(observation)
            actions.append(action)
            probabilities.append(probability)
            observation, reward, terminated, truncated, _ = self.env.step(action)
            rewards.append(float(reward))
            done = terminated or truncated
        return Episode(np.array(observations), np.array(actions), np.array(probabilities), np.array(rewards))
