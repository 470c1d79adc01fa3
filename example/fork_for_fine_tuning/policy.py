"""A linear policy for CartPole that learns by REINFORCE (Williams, 1992). It knows nothing of rla."""

from __future__ import annotations

from collections.abc import Sequence

import gymnasium
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DISCOUNT = 0.99


def cart_pole(gravity: float, seed: int) -> gymnasium.Env:
    """Return a cart with a pole on it, under a gravity in m/s² (9.8 on Earth)."""
    env = gymnasium.make("CartPole-v1")
    env.unwrapped.gravity = gravity
    env.reset(seed=seed)
    return env


def play(env: gymnasium.Env, weights: Array, generator: np.random.Generator | None = None) -> tuple[Array, Array]:
    """Play an episode, with the best actions, or with random ones where there is a generator.

    Args:
        env: the cart.
        weights: of the policy, shape (4,): it pushes to the right with the probability sigmoid(weights · observation).
        generator: draws the actions.

    Returns:
        For each step, the slope of the logarithm of its action's probability, shape (steps, 4), and what reward was
        still to come, discounted, shape (steps,).
    """
    observation, _ = env.reset()
    slopes, ended = [], False
    while not ended:
        right = 1 / (1 + np.exp(-weights @ observation))
        action = int(right > (0.5 if generator is None else generator.random()))
        slopes.append((action - right) * observation)
        observation, _, fallen, cut, _ = env.step(action)
        ended = fallen or cut
    to_come = (1 - DISCOUNT ** np.arange(len(slopes), 0, -1)) / (1 - DISCOUNT)  # each step's reward is 1
    return np.array(slopes), to_come


def improved(weights: Array, episodes: Sequence[tuple[Array, Array]], learning_rate: float) -> Array:
    """Return the weights after one step of gradient ascent on episodes, as `play` returns them."""
    slopes = np.concatenate([slopes for slopes, _ in episodes])
    to_come = np.concatenate([to_come for _, to_come in episodes])
    advantages = (to_come - to_come.mean()) / (to_come.std() + 1e-8)
    return weights + learning_rate * (advantages[:, None] * slopes).mean(axis=0)


def evaluated(weights: Array, gravity: float) -> float:
    """Return the mean return of the best actions over ten episodes that are the same each time; 500 is the most."""
    env = cart_pole(gravity, seed=1_000)
    return float(np.mean([len(play(env, weights)[1]) for _ in range(10)]))
