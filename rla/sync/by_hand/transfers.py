"""Experiments are sent or fetched as a person asks for it: first what people watch of all of them, then the rest."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rla.database.trees import ExperimentPlace
from rla.names import LOG
from rla.sync.by_hand.addresses import check_is_elsewhere, first_that_answers
from rla.sync.by_hand.choosing import check_task, choose_places, is_glob
from rla.sync.fetcher import Fetcher
from rla.sync.remote import Remote
from rla.sync.report import SyncReport
from rla.sync.selection import checked_trees
from rla.sync.sender import Sender
from rla.sync.transport import Told

__all__ = ["Progress", "Pull", "Push", "Transfer"]

Progress = Callable[[int, int], object]
"""Is told how many steps are done, and of how many."""


class Transfer(ABC):
    """A transfer of experiments between this data root and another.

    Args:
        data_root: the data root here.
        trees: the trees that travel; ``all`` is every one.
        address: the other end.

    Attributes:
        told: is told of progress, a path and bytes of it that travelled; does nothing unless set.
        report: what was done so far.
        travelled: paths below the data root → bytes of them that travelled.
    """

    def __init__(self, data_root: Path, trees: Sequence[str], address: str) -> None:
        self.data_root = data_root
        self.address = address
        self.told: Told = lambda path, count: None
        self.trees = checked_trees(trees)
        self.report = SyncReport()
        self.travelled: Counter[str] = Counter()

    def run(
        self,
        places: Sequence[ExperimentPlace],
        until: float | None = None,
        progress: Progress = lambda done, total: None,
    ) -> SyncReport:
        """Let experiments travel: the log tree of each, then the other trees of each.

        Args:
            places: the experiments.
            until: a moment of the monotonic clock at which all but the log tree stops; the next call goes on.
            progress: is told how far it is.

        Raises:
            SyncError: nobody answers any more, or the other end refuses us; the report has what was done until then.
        """
        others = tuple(tree for tree in self.trees if tree != LOG)
        turns = [turn for turn in ((LOG,) if LOG in self.trees else (), others) if turn]
        total, done = len(turns) * len(places), 0
        for turn in turns:
            limit = None if turn == (LOG,) else until
            for place in places:
                if limit is None or time.monotonic() < limit:
                    self._move(place, turn, limit)
                else:
                    self.report.unfinished.append(place.path_text(turn[0]).removeprefix(f"{self.data_root}/"))
                done += 1
                progress(done, total)
        return self.report

    def begin_anew(self) -> None:
        """Forget what was done: the next report begins."""
        self.report = SyncReport()
        self.travelled.clear()

    def moved(self) -> dict[str, int]:
        """Return the files that arrived, each with the bytes that travelled for it."""
        return {path: self.travelled[path] for path in self.report.moved}

    @abstractmethod
    def plan(self, places: Sequence[ExperimentPlace]) -> dict[str, int]:
        """Return what would travel: paths below the data root → bytes.

        Raises:
            SyncError: nobody answers, or the other end refuses us.
        """

    @abstractmethod
    def close(self) -> None:
        """End the connection."""

    @abstractmethod
    def _move(self, place: ExperimentPlace, trees: tuple[str, ...], until: float | None) -> None:
        """Let some trees of an experiment travel."""

    def _tell(self, path: str, count: int) -> None:
        self.travelled[path] += count
        self.told(path, count)


class Push(Transfer):
    """Brings experiments to another data root.

    Args:
        data_root: the data root here.
        remotes: addresses of the data root there, in the order they are tried.
        trees: the trees to send; ``all`` is every one.
        verify: whether to ask the other end what it has, rather than believe the notes of earlier transfers.
    """

    def __init__(
        self, data_root: Path, remotes: Sequence[Remote], trees: Sequence[str] = (LOG,), verify: bool = False
    ) -> None:
        super().__init__(data_root, trees, str(remotes[0]))
        for remote in remotes:
            check_is_elsewhere(data_root, remote)
        self._verify = verify
        self._sender = Sender(data_root, remotes, self.trees, self._tell)

    def plan(self, places: Sequence[ExperimentPlace]) -> dict[str, int]:
        return {each.path: each.size - each.offset for each in self._sender.plan(places, self._verify)}

    def close(self) -> None:
        self._sender.close()

    def _move(self, place: ExperimentPlace, trees: tuple[str, ...], until: float | None) -> None:
        self._sender.trees = trees
        self._sender.send([place], self._verify, until, self.report)


class Pull(Transfer):
    """Brings experiments here from another data root.

    Args:
        data_root: the data root here.
        remotes: addresses of the data root there, in the order they are tried.
        trees: the trees to fetch; ``all`` is every one.
    """

    def __init__(self, data_root: Path, remotes: Sequence[Remote], trees: Sequence[str] = (LOG,)) -> None:
        super().__init__(data_root, trees, str(remotes[0]))
        for remote in remotes:
            check_is_elsewhere(data_root, remote)
        self._remotes = remotes
        self._fetcher = Fetcher(data_root, remotes[0], self.trees, self._tell)

    def experiments(self, task: str | None = None, what: Sequence[str] = ()) -> list[ExperimentPlace]:
        """Return the experiments of the other end that a task and any of some texts mean.

        Args:
            task: the task table; all when None.
            what: globs under the task, ``re:`` and a regular expression, or any part of a name that only one has; all
                when empty.

        Raises:
            SyncError: nobody answers, or the other end refuses us.
            QueryError: there is no such task, or one of the texts means nothing; the message has the nearest.
        """
        self._fetcher.trees = self.trees
        alone = what[0] if len(what) == 1 and is_glob(what[0]) else None
        places = first_that_answers(self._remotes, lambda remote: self._listed(remote, task, alone))
        if not places and alone is not None:
            places = self._fetcher.experiments(task)
        if not places and task is not None:
            check_task(task, (place.task for place in self._fetcher.experiments()), self.address)
        return choose_places(places, what, self.address)

    def plan(self, places: Sequence[ExperimentPlace]) -> dict[str, int]:
        self._fetcher.trees = self.trees
        return {each.path: each.size - each.offset for each in self._fetcher.plan(places)}

    def close(self) -> None:
        self._fetcher.close()

    def _listed(self, remote: Remote, task: str | None, pattern: str | None) -> list[ExperimentPlace]:
        if remote is not self._remotes[0]:
            self._fetcher.close()
            self._fetcher = Fetcher(self.data_root, remote, self.trees, self._tell)
        return self._fetcher.experiments(task, pattern)

    def _move(self, place: ExperimentPlace, trees: tuple[str, ...], until: float | None) -> None:
        self._fetcher.trees = trees
        self._fetcher.fetch([place], until, self.report)
