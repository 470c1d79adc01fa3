"""Rows that only the journal of a dead run holds: they are written into its files before these travel.

The journal itself belongs to its machine and never travels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rla.database.run_card import RUNNING, observed_status, read_run_card
from rla.database.trees import ExperimentPlace
from rla.errors import RunIsAliveError
from rla.machine import host_name
from rla.names import LOG, PROGRESS_FILE
from rla.output.fold import fold_dead_run, has_journal
from rla.sync.by_hand.choosing import name_of

__all__ = ["Leftover", "find_leftovers", "fold_leftovers"]


@dataclass(frozen=True)
class Leftover:
    """A dead run whose files lack rows.

    Attributes:
        place: the experiment.
        rows: how many rows were added to its `progress.csv`; None where nothing was done.
        problem: why nothing was done; None where nothing was tried.
    """

    place: ExperimentPlace
    rows: int | None = None
    problem: str | None = None

    @property
    def name(self) -> str:
        """``<task>/<%Y/%m/%d>/<index name>``."""
        return name_of(self.place)

    def __str__(self) -> str:
        if self.rows is not None:
            return f"{self.rows} rows were added to {PROGRESS_FILE}"
        return self.problem or "it ended without writing everything out"


def find_leftovers(places: Iterable[ExperimentPlace]) -> list[Leftover]:
    """Return the dead runs that have a journal; running ones are none."""
    return [found for place in places if (found := _find(place)) is not None]


def fold_leftovers(places: Iterable[ExperimentPlace]) -> list[Leftover]:
    """Write the rows that only journals of dead runs hold into their files, each under its run's lock.

    Runs of this host alone are touched; those under way are left as they are.

    Returns:
        The dead runs that had a journal, each with what was done.
    """
    return [_fold(each) if each.problem is None else each for each in find_leftovers(places)]


def _find(place: ExperimentPlace) -> Leftover | None:
    folder = place.path(LOG)
    try:
        if not has_journal(folder):
            return None
        card = read_run_card(folder)
        if observed_status(card, folder) == RUNNING:
            return None
    except OSError as error:  # of another user, say
        return Leftover(place, problem=f"it cannot be looked at: {error}")
    if card is not None and card.host != host_name():
        return Leftover(place, problem=f"run `rla fsck --repair` on its own host, {card.host}")
    return Leftover(place)


def _fold(leftover: Leftover) -> Leftover:
    folder = leftover.place.path(LOG)
    try:
        return Leftover(leftover.place, fold_dead_run(folder))
    except (RunIsAliveError, OSError) as error:
        return Leftover(leftover.place, problem=f"its journal could not be written out: {error}")
