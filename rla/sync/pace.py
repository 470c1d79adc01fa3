"""How fast bytes may travel."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["Pace"]

_BURST_SECONDS: Final = 0.25
"""So much may be sent at once after a silence."""


class Pace:
    """Lets bytes travel no faster than a limit.

    Args:
        limit: bytes a second; None for no limit.
        sleep: waits for some seconds; for tests.
        clock: the time in seconds; for tests.
    """

    def __init__(
        self,
        limit: int | None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self._sleep = sleep
        self._clock = clock
        self._free_at = clock()

    def take(self, count: int) -> None:
        """Wait until ``count`` bytes may travel."""
        if self.limit is None:
            return
        now = self._clock()
        self._free_at = max(self._free_at, now - _BURST_SECONDS) + count / self.limit
        if self._free_at > now:
            self._sleep(self._free_at - now)

    def chunk(self, largest: int) -> int:
        """Return how many bytes to read at once: no more than travel in a fraction of a second."""
        if self.limit is None:
            return largest
        return max(1024, min(largest, int(self.limit * _BURST_SECONDS)))
