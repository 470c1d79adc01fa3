"""Archiving: copies of experiments below `arc/`, in the same seven trees one level down."""

from __future__ import annotations

from rla.batch.duplication import without_current
from rla.batch.items import items_of
from rla.batch.plan import Plan
from rla.batch.record import ARCHIVING, check_home
from rla.errors import InvalidNameError
from rla.names import ARCHIVED
from rla.query.search import Experiments

__all__ = ["plan_archive"]


def plan_archive(chosen: Experiments, folder: str = ARCHIVED) -> Plan:
    """Plan to copy experiments into an archive of the same data root.

    A copy is whole or not there; one that is there already, and older than its experiment, is replaced by a new one.
    Nothing that happens to an experiment afterwards changes its copy.

    Args:
        chosen: the experiments, as `choose` returns them.
        folder: the folder of the data root that holds the archive.

    Raises:
        InvalidNameError: this folder cannot be one.
        QueryError: the experiments cannot be found.
    """
    if not folder:  # the data root is no archive of itself
        raise InvalidNameError(folder, "an archive needs a name")
    items, refused = items_of(chosen)
    home = check_home(folder)
    return without_current(Plan(ARCHIVING, chosen.data_root, items, refused, home=home, source=chosen.data_root))
