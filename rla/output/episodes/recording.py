"""Recording of episodes: the part of a logger that takes them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from rla.clock import TimeStepHolder
from rla.output.episodes.arguments import RETURN, episode_columns
from rla.output.episodes.file import FileEnd
from rla.output.episodes.statistics import EpisodeStatistics
from rla.output.open_row import OpenRow
from rla.output.records import Episodes, Event, Text

__all__ = ["EpisodeRecording"]


class EpisodeRecording(OpenRow):
    """An open row that also takes episodes; the file is the business of whoever derives from it.

    Args:
        clock: the holder of the time step.
    """

    def __init__(self, clock: TimeStepHolder) -> None:
        super().__init__(clock)
        self._episodes = EpisodeStatistics()
        self._last_episode = 0.0

    def reset(self) -> None:
        """Forget the open row, and the episodes that its figures are made of."""
        super().reset()
        self._episodes.reset()

    def episodes(
        self,
        returns: float | Sequence[float] | Any,
        lengths: int | Sequence[int] | Any = None,
        env_ids: int | Sequence[int] | Any = None,
        **extra: Any,
    ) -> None:
        """Record episodes that have just ended: one, or those of several environments.

        Each is kept in `episodes.csv` with the time step, and survives a `kill -9` when this returns; `read_episodes`
        reads them back. The open row gets the figures of the last 100 of the run: ``episode/return_mean``,
        ``episode/return_std``, ``episode/return_min``, ``episode/return_max``, ``episode/length_mean``, and
        ``episode/count``, the number of all of them.

            logger.episodes(21.0, 500)
            logger.episodes(returns[done], lengths[done], env_ids=np.flatnonzero(done), success=success[done])

        Args:
            returns: sum of the rewards; one number, or numbers of shape (episodes,). None at all is fine.
            lengths: environment steps, likewise.
            env_ids: which environment it was, likewise; numbers or texts.
            extra: whatever else is known, one value for each episode or one for all; a number also gets
                ``episode/<name>_mean``.

        Raises:
            TypeError: a return or a length is no number.
            ValueError: an argument has another number of values than ``returns``; nothing is recorded then.
        """
        columns = episode_columns(returns, lengths, env_ids, extra)
        if not columns[RETURN]:
            return
        with self._mutex:
            # later than any before, whatever the clock of the machine does: readers go by it
            now = self._last_episode = max(time.time(), math.nextafter(self._last_episode, math.inf))
            self._keep(Episodes(self.now(), now, columns))
            for key, figure in self._episodes.add(columns).items():
                self.record_tabular(key, figure)

    def _go_on_after(self, end: FileEnd) -> None:
        """Count on from the episodes that the run has had before."""
        self._episodes.count, self._last_episode = end.episodes, end.time

    def _keep(self, record: Text | Event | Episodes) -> None:
        """Record something that is no row, where anything is recorded."""
