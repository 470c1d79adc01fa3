"""One round: what is new of a data root goes to the main node, or comes from another machine."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rla.database.newest import newest_experiments
from rla.database.run_card import RUNNING, observed_status, read_run_card
from rla.database.trees import ExperimentPlace, tasks_of
from rla.errors import UnreachableError
from rla.names import LOG
from rla.output.fold import has_journal
from rla.sync.by_hand.choosing import name_of
from rla.sync.by_hand.experiment_paths import read_path
from rla.sync.by_hand.leftovers import fold_leftovers
from rla.sync.by_hand.transfers import Pull, Push, Transfer
from rla.sync.remote import Remote
from rla.sync.report import SyncReport
from rla.sync.transport import Told

__all__ = ["End", "PullEnd", "PushEnd"]

_LONGEST_PAUSE: Final = 32
"""An experiment in which nothing changes is looked at in every 32nd round at least."""


class End(ABC):
    """Another data root that experiments go to, or come from, in rounds.

    Args:
        address: its address.
        seconds: after so long, what is not in the log tree waits for the next round; None for no limit.

    Attributes:
        address: its address.
        told: is told of progress, a path and bytes of it that travelled; does nothing unless set.
    """

    def __init__(self, address: str, seconds: float | None = None) -> None:
        self.address = address
        self.told: Told = lambda path, count: None
        self._seconds = seconds
        self._rota = _Rota()
        self._open: Transfer | None = None

    def round(self) -> tuple[SyncReport, dict[str, int]]:
        """Let what is new travel; return the report, and the files that arrived with their bytes.

        Raises:
            SyncError: nobody answers, or the other end refuses us.
        """
        kept, self._open = self._open, None
        transfer = kept or self._transfer()
        transfer.begin_anew()
        transfer.told = self.told
        try:
            try:
                self._go(transfer)
            except UnreachableError:  # a connection that was kept may have been cut while nothing went over it
                if kept is None:
                    raise
                self._go(transfer)
        except BaseException:
            transfer.close()
            raise
        self._open = transfer
        return transfer.report, transfer.moved()

    def close(self) -> None:
        """End the connection that is kept between rounds."""
        transfer, self._open = self._open, None
        if transfer is not None:
            transfer.close()

    def _go(self, transfer: Transfer) -> None:
        self._rota.begin()
        places = [each for each in self._places(transfer) if self._rota.is_due(name_of(each)) or self._is_live(each)]
        self._before(places, transfer.report)
        until = None if self._seconds is None else time.monotonic() + self._seconds
        report = transfer.run(places, until)
        changed = {parts.name for path in (*report.moved, *report.unfinished) if (parts := read_path(path))}
        self._rota.looked(map(name_of, places), changed)

    @abstractmethod
    def _transfer(self) -> Transfer:
        """Return a new transfer; nothing is connected yet."""

    @abstractmethod
    def _places(self, transfer: Transfer) -> Iterable[ExperimentPlace]:
        """Return the experiments there are."""

    @abstractmethod
    def _is_live(self, place: ExperimentPlace) -> bool:
        """Say whether an experiment may change at any moment."""

    @abstractmethod
    def _before(self, places: Sequence[ExperimentPlace], report: SyncReport) -> None:
        """Do what has to be done before experiments travel."""


class PushEnd(End):
    """The main node, which gets what is new in the data root here.

    Args:
        data_root: the data root here.
        remotes: addresses of the main node, in the order they are tried.
        trees: the trees to send.
        task: the task table; all when None.
        seconds: as of `End`.
    """

    def __init__(
        self,
        data_root: Path,
        remotes: Sequence[Remote],
        trees: Sequence[str] = (LOG,),
        task: str | None = None,
        seconds: float | None = None,
    ) -> None:
        super().__init__(str(remotes[0]), seconds)
        self._data_root, self._remotes, self._trees, self._task = data_root, remotes, trees, task
        self._transfer()  # what cannot be is told at once

    def _transfer(self) -> Push:
        return Push(self._data_root, self._remotes, self._trees)

    def _places(self, transfer: Transfer) -> Iterable[ExperimentPlace]:
        return newest_experiments(self._data_root, [self._task] if self._task else tasks_of(self._data_root, LOG))

    def _is_live(self, place: ExperimentPlace) -> bool:
        try:
            return has_journal(place.path(LOG))
        except OSError:  # of another user, say
            return False

    def _before(self, places: Sequence[ExperimentPlace], report: SyncReport) -> None:
        report.notices += [f"{each.name}: {each}" for each in fold_leftovers(places)]


class PullEnd(End):
    """A machine whose experiments come here.

    Args:
        data_root: the data root here.
        remote: the data root there.
        trees: the trees to fetch.
        task: the task table; all when None.
        seconds: as of `End`.
    """

    def __init__(
        self,
        data_root: Path,
        remote: Remote,
        trees: Sequence[str] = (LOG,),
        task: str | None = None,
        seconds: float | None = None,
    ) -> None:
        super().__init__(str(remote), seconds)
        self._data_root, self._remote, self._trees, self._task = data_root, remote, trees, task
        self._transfer()  # what cannot be is told at once

    def _transfer(self) -> Pull:
        return Pull(self._data_root, [self._remote], self._trees)

    def _places(self, transfer: Transfer) -> Iterable[ExperimentPlace]:
        assert isinstance(transfer, Pull)
        return transfer.experiments(self._task)

    def _is_live(self, place: ExperimentPlace) -> bool:
        folder = place.path(LOG)
        return observed_status(read_run_card(folder), folder) == RUNNING

    def _before(self, places: Sequence[ExperimentPlace], report: SyncReport) -> None:
        pass


class _Rota:
    """Whose turn it is: an experiment that changed is looked at in the next round, others ever more seldom."""

    def __init__(self) -> None:
        self._number = 0
        self._next: dict[str, int] = {}
        self._pauses: dict[str, int] = {}

    def begin(self) -> None:
        self._number += 1

    def is_due(self, name: str) -> bool:
        return self._next.get(name, 0) <= self._number

    def looked(self, names: Iterable[str], changed: set[str]) -> None:
        for name in names:
            pause = 1 if name in changed else min(2 * self._pauses.get(name, 1), _LONGEST_PAUSE)
            self._pauses[name] = pause
            self._next[name] = self._number + pause
