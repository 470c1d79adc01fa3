"""The rolling figures of the last episodes, as rows show them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from rla.output.episodes.arguments import ENV, LENGTH, RETURN
from rla.output.records import Value

__all__ = ["EPISODE_WINDOW", "EpisodeStatistics"]

EPISODE_WINDOW: Final = 100
"""Figures are those of so many last episodes."""

PREFIX: Final = "episode/"


class EpisodeStatistics:
    """Remembers the last `EPISODE_WINDOW` episodes.

    Attributes:
        count: how many episodes the run has had.
        lacks_earlier: whether those of a resumed run are still to be looked up.
    """

    def __init__(self) -> None:
        self.count = 0
        self.lacks_earlier = False
        self._windows: dict[str, deque[float]] = {}

    def add(self, columns: Mapping[str, Sequence[Value]]) -> dict[str, float | int]:
        """Add episodes, and return the figures by key.

        Args:
            columns: a list for each column, of equal lengths; what is no number has no figure.

        Returns:
            ``episode/return_mean``, ``_std`` (of the whole window, not an estimate), ``_min`` and ``_max``,
            ``episode/<column>_mean`` of every other column, and ``episode/count``.
        """
        self.count += len(columns[RETURN])
        self._remember(columns)
        returns = self._windows[RETURN]
        mean = sum(returns) / len(returns)
        known = not math.isnan(mean)  # else what is lowest and highest is not known either
        figures: dict[str, float | int] = {
            f"{PREFIX}return_mean": mean,
            f"{PREFIX}return_std": math.sqrt(sum((value - mean) ** 2 for value in returns) / len(returns)),
            f"{PREFIX}return_min": min(returns) if known else math.nan,
            f"{PREFIX}return_max": max(returns) if known else math.nan,
        }
        for column in (LENGTH, *(name for name in self._windows if name not in (RETURN, LENGTH))):
            if column in self._windows:
                figures[f"{PREFIX}{column}_mean"] = sum(self._windows[column]) / len(self._windows[column])
        figures[f"{PREFIX}count"] = self.count
        return figures

    def go_on(self, columns: Mapping[str, Sequence[Value]], count: int) -> None:
        """Go on with the episodes that a run has had before.

        Args:
            columns: the last values of each column.
            count: how many episodes these are in all.
        """
        self.reset(count)
        self._remember(columns)

    def _remember(self, columns: Mapping[str, Sequence[Value]]) -> None:
        for column, values in columns.items():
            numbers = [float(value) for value in values[-EPISODE_WINDOW:] if isinstance(value, (int, float))]
            if numbers and column != ENV:
                self._windows.setdefault(column, deque(maxlen=EPISODE_WINDOW)).extend(numbers)

    def reset(self, count: int = 0) -> None:
        """Forget all episodes.

        Args:
            count: how many the run has had before.
        """
        self.count = count
        self.lacks_earlier = False
        self._windows.clear()
