"""A search for a linear policy that needs nothing but the returns of episodes.

The cross-entropy method (Rubinstein, 1999), in the noisy form that Szita and Lőrincz (2006) gave it: candidates are
drawn from a normal distribution, which moves towards the best quarter of them. Noise that fades keeps it from narrowing
early.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CANDIDATES_PER_UPDATE = 32
BEST = 0.25
STEP = 0.3
NOISE = 0.5


class CrossEntropySearch:
    """A distribution over policies; the action of a policy is the one that its weights rate highest.

    Args:
        features: length of an observation.
        actions: how many actions there are.
        seed: seed of the candidates.

    Attributes:
        mean: weights in the middle of the distribution, shape (features, actions).
        spread: standard deviation of each weight, likewise.
        updates: how often the distribution has moved.
    """

    def __init__(self, features: int, actions: int, seed: int) -> None:
        self.mean: Array = np.zeros((features, actions))
        self.spread: Array = np.ones((features, actions))
        self.updates = 0
        self._random = np.random.default_rng(seed)
        self._tried: list[tuple[float, Array]] = []

    def candidate(self) -> Array:
        """Draw the weights of a policy."""
        return self.mean + self.spread * self._random.normal(size=self.mean.shape)

    def tell(self, candidate: Array, episode_return: float) -> bool:
        """Take the return of a candidate's episode; return whether that was enough for the distribution to move."""
        self._tried.append((episode_return, candidate.copy()))
        if len(self._tried) < CANDIDATES_PER_UPDATE:
            return False
        self._tried.sort(key=lambda tried: tried[0], reverse=True)
        best = np.array([weights for _, weights in self._tried[: round(BEST * CANDIDATES_PER_UPDATE)]])
        self._tried.clear()
        self.updates += 1
        self.mean += STEP * (best.mean(axis=0) - self.mean)
        self.spread += STEP * (best.std(axis=0) + NOISE / self.updates - self.spread)
        return True
