"""Deleting: experiments go to the trash, and stay there for a while."""

from __future__ import annotations

from collections.abc import Collection

from rla.batch.items import Dependents, items_of
from rla.batch.plan import Plan
from rla.batch.protection import Protection
from rla.batch.record import DELETION
from rla.errors import QueryError, did_you_mean
from rla.names import TREES
from rla.query.search import Experiments

__all__ = ["plan_deletion"]


def plan_deletion(chosen: Experiments, trees: Collection[str] = TREES) -> Plan:
    """Plan to move experiments to the trash; pinned and living ones are refused.

    Args:
        chosen: the experiments, as `choose` returns them.
        trees: the trees that they are to leave; all by default.

    Raises:
        QueryError: there is no such tree, or the experiments cannot be found.
    """
    for tree in trees:
        if tree not in TREES:
            raise QueryError(
                f"There is no tree '{tree}'.{did_you_mean(tree, TREES)} Those there are: {', '.join(TREES)}."
            )
    dependents = Dependents(chosen.data_root, (each.place for each in chosen))
    items, refused = items_of(chosen, trees, Protection(chosen.data_root), dependents.of)
    return Plan(DELETION, chosen.data_root, items, refused)
