"""Recording of episodes: the part of a logger that takes them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rla.clock import TimeStepHolder
from rla.names import EPISODES_FILE
from rla.output.episodes.arguments import RETURN, episode_columns
from rla.output.episodes.file import end_of
from rla.output.episodes.statistics import EPISODE_WINDOW, EpisodeStatistics
from rla.output.recording import Recording
from rla.output.records import Episodes
from rla.output.resumes import is_resumed

__all__ = ["EpisodeRecording"]


class EpisodeRecording(Recording):
    """A recording that also takes episodes.

    Args:
        clock: the holder of the time step.
        on_terminal: whether rows and text are shown on the terminal while nothing is recorded.
    """

    def __init__(self, clock: TimeStepHolder, on_terminal: bool = True) -> None:
        super().__init__(clock, on_terminal)
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
            if self._episodes.lacks_earlier:
                self._go_on_at(self.now())
            self._keep(Episodes(self.now(), now, columns))
            for key, figure in self._episodes.add(columns).items():
                self.record_tabular(key, figure)

    def _opened(self, directory: Path) -> None:
        super()._opened(directory)
        end = end_of(directory / EPISODES_FILE)
        self._episodes.count, self._last_episode = end.episodes, end.time
        self._episodes.lacks_earlier = end.episodes > 0 and is_resumed(directory)

    def _go_on_at(self, step: int | float) -> None:
        """Let the figures of a resumed run be those of its history, of which now is known where it goes on."""
        from rla.output.episodes.reading import last_episodes

        self._episodes.lacks_earlier = False
        if (directory := self.get_dir()) is not None and self._own_pipeline() is not None:
            self._episodes.go_on(*last_episodes(Path(directory), EPISODE_WINDOW, step))
