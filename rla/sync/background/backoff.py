"""How long to leave in peace a server that does not answer."""

from __future__ import annotations

import random

__all__ = ["Backoff"]


class Backoff:
    """Pauses that become longer and longer, and differ between machines that began to wait at the same moment.

    Args:
        first: the first pause, in seconds.
        longest: the longest one.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def pause(self) -> float:
        """Return the seconds to wait before the next attempt: between half and all of what is allowed."""
        allowed, self._next = self._next, min(2 * self._next, self._longest)
        return allowed * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin anew: the last attempt succeeded."""
        self._next = self._first
