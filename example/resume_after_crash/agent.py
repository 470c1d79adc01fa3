"""A DQN (Mnih et al., 2015) for small environments, as one writes it in an afternoon. It knows nothing of rla."""

from __future__ import annotations

import random

import gymnasium
import numpy as np
import torch
from torch import nn


class ReplayBuffer:
    """The last ``size`` transitions.

    Args:
        size: how many.
        features: length of an observation.
    """

    def __init__(self, size: int, features: int) -> None:
        self.observations = np.zeros((size, features), np.float32)
        self.following = np.zeros((size, features), np.float32)
        self.actions = np.zeros(size, np.int64)
        self.rewards = np.zeros(size, np.float32)
        self.ended = np.zeros(size, np.float32)
        self.count = 0

    def add(self, observation: np.ndarray, action: int, reward: float, following: np.ndarray, ended: bool) -> None:
        """Add a transition; the oldest one goes."""
        here = self.count % len(self.actions)
        self.observations[here], self.actions[here], self.rewards[here] = observation, action, reward
        self.following[here], self.ended[here] = following, ended
        self.count += 1

    def sample(self, number: int) -> list[torch.Tensor]:
        """Return observations, actions, rewards, following observations and ends of random transitions."""
        rows = np.random.randint(min(self.count, len(self.actions)), size=number)
        columns = (self.observations, self.actions, self.rewards, self.following, self.ended)
        return [torch.from_numpy(column[rows]) for column in columns]


class DQN:
    """The learner.

    Args:
        env: the environment, with discrete actions.
        hidden: units of the hidden layer.
        learning_rate: of Adam.
        total_steps: over the first half of them, exploration goes down.
    """

    def __init__(self, env: gymnasium.Env, hidden: int, learning_rate: float, total_steps: int) -> None:
        features, self.actions = env.observation_space.shape[0], int(env.action_space.n)
        self.online, self.target = (
            nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, self.actions)) for _ in range(2)
        )
        self.target.load_state_dict(self.online.state_dict())
        self.optimizer = torch.optim.Adam(self.online.parameters(), learning_rate)
        self.buffer = ReplayBuffer(10_000, features)
        self.exploring_steps = total_steps / 2

    def act(self, observation: np.ndarray, step: int) -> int:
        """Return the best action, or a random one."""
        if random.random() < max(0.05, 1 - step / self.exploring_steps):
            return random.randrange(self.actions)
        with torch.no_grad():
            return int(self.online(torch.as_tensor(observation, dtype=torch.float32)).argmax())

    def learn(self) -> float:
        """Make one update; return the loss."""
        observations, actions, rewards, following, ended = self.buffer.sample(64)
        with torch.no_grad():
            goals = rewards + 0.99 * (1 - ended) * self.target(following).max(1).values
        values = self.online(observations).gather(1, actions[:, None])[:, 0]
        loss = nn.functional.smooth_l1_loss(values, goals)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()
