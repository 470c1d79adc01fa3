"""Rounds of several ends side by side, as long as somebody wants it, and what people hear of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from rla.errors import HostKeyError, LoginRefusedError, RLAError, SyncError
from rla.sync.by_hand.rounds import End

__all__ = ["News", "one_round", "watch"]

_LAST_SECONDS: Final = 1.0
"""So long a round that is under way may go on when all is to end; what it leaves undone goes on the next time."""

_LONGEST_WAIT: Final = 600.0
"""So many seconds pass at most before an end that does not answer is tried again."""


@dataclass(frozen=True)
class News:
    """What people should know of a round, or of several in which the same happened.

    Attributes:
        address: the other end.
        moved: files that arrived, each with the bytes that travelled.
        unchanged: how many files were there already, of those that were looked at.
        unfinished: how many files go on in the next round.
        problems: path → why it did not travel; those that were not told before.
        notices: what people should know besides, where it was not told before.
        error: why there was no round; None where there was one.
        is_back: whether the end answers again.
    """

    address: str
    moved: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0
    unfinished: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    error: Exception | None = None
    is_back: bool = False

    @property
    def is_worth_telling(self) -> bool:
        """Whether anything happened."""
        return bool(self.moved or self.problems or self.notices or self.error or self.is_back)


def one_round(ends: Sequence[End]) -> list[News]:
    """Let all ends have one round, side by side, and return what came of each, in their order."""
    news: dict[int, News] = {}

    def go(number: int, end: End) -> None:
        news[number] = _round(end)
        end.close()

    threads = [threading.Thread(target=go, args=each, daemon=True) for each in enumerate(ends)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [news[number] for number in range(len(ends))]


def watch(ends: Sequence[End], every: float, tell: Callable[[News], object], stop: threading.Event) -> None:
    """Let all ends have round after round, side by side, until it is told to stop.

    One that does not answer holds up no other; it is tried again, ever more seldom.

    Args:
        ends: the other ends.
        every: seconds between two rounds.
        tell: is told what is new, of one end at a time: of the first round in any case.
        stop: ends it.
    """
    talking = threading.Lock()
    failures: list[BaseException] = []

    def go(end: End) -> None:
        episodes = _Episodes()
        try:
            while not stop.is_set():
                news = episodes.new_in(_round(end))
                if news is not None:
                    with talking:
                        tell(news)
                stop.wait(episodes.wait(every))
            end.close()
        except BaseException as error:  # raised by who listens: a closed terminal, say
            failures.append(error)
            stop.set()

    threads = [threading.Thread(target=go, args=(end,), daemon=True) for end in ends]
    for thread in threads:
        thread.start()
    try:
        stop.wait()
    finally:
        stop.set()
        deadline = time.monotonic() + _LAST_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
    if failures:
        raise failures[0]


def _round(end: End) -> News:
    try:
        report, moved = end.round()
    except (RLAError, OSError) as error:
        return News(end.address, error=error)
    except Exception as error:  # whatever a transport of another hand raises: it concerns this end alone
        return News(end.address, error=SyncError(f"{type(error).__name__}: {error}"))
    unfinished = len(report.unfinished)
    return News(end.address, moved, report.unchanged, unfinished, report.problems, report.notices)


class _Episodes:
    """Leaves out of news what was told before: an end that is silent for a night is one line."""

    def __init__(self) -> None:
        self._is_first = True
        self._failures = 0
        self._error: Exception | None = None
        self._told: set[str] = set()

    def new_in(self, news: News) -> News | None:
        """Return what is to be told; None when it is nothing."""
        first, self._is_first = self._is_first, False
        if news.error is not None:
            same = self._failures > 0 and type(news.error) is type(self._error)
            self._failures, self._error = self._failures + 1, news.error
            return None if same else news
        is_back, self._failures = self._failures > 0, 0
        problems = {path: problem for path, problem in news.problems.items() if f"{path}: {problem}" not in self._told}
        notices = [notice for notice in news.notices if notice not in self._told]
        self._told |= {f"{path}: {problem}" for path, problem in problems.items()} | set(notices)
        rest = News(news.address, news.moved, news.unchanged, news.unfinished, problems, notices, None, is_back)
        return rest if first or rest.is_worth_telling else None

    def wait(self, every: float) -> float:
        """Return how many seconds to wait before the next round."""
        if not self._failures:
            return every
        if isinstance(self._error, (LoginRefusedError, HostKeyError)):  # who knocks too often is locked out
            return max(every, _LONGEST_WAIT)
        return max(every, min(every * 2.0 ** (self._failures - 1), _LONGEST_WAIT))
