"""From experiments of the index to items of a plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from rla.batch.plan import Item, Refusal
from rla.batch.protection import Protection
from rla.database.index.index import Index
from rla.database.index_name import parse_index_name
from rla.database.ledger import children_by_parent, figures_by_experiment
from rla.database.run_card import STALE
from rla.database.trees import ExperimentPlace
from rla.names import TREES
from rla.query.rows import read_rows
from rla.query.search import Experiments

__all__ = ["Dependents", "items_of", "run_id"]


def run_id(place: ExperimentPlace) -> str:
    """Return the id of an experiment, ``<record date>_<node>``; empty for a folder that is no experiment's."""
    index = parse_index_name(place.index_name)
    return f"{place.day}/{index.time}_{index.node}" if index else ""


class Dependents:
    """Knows who depends on experiments.

    Args:
        data_root: the database folder.
        chosen: the experiments that are asked about; what depends on one of them and is among them does not count.
    """

    def __init__(self, data_root: Path, chosen: Iterable[ExperimentPlace]) -> None:
        places = list(chosen)
        self._chosen = {f"{place.task}/{place.day}/{place.index_name}" for place in places}
        parents: Collection[str] = {run_id(place) for place in places} - {""}
        self._children = Index(data_root, read_rows).ask(lambda store: children_by_parent(store, parents))
        self._figures = figures_by_experiment(data_root)

    def of(self, place: ExperimentPlace) -> tuple[str, ...]:
        """Return who depends on an experiment, in words."""
        children = [name for name in self._children.get(run_id(place), ()) if name not in self._chosen]
        figures = self._figures.get(f"{place.task}/{place.day}/{place.index_name}", ())
        return (*(f"{name} goes on from it" for name in children), *(f"'{figure}' shows it" for figure in figures))


def items_of(
    chosen: Experiments,
    trees: Collection[str] = TREES,
    protection: Protection | None = None,
    dependents: Callable[[ExperimentPlace], tuple[str, ...]] = lambda place: (),
) -> tuple[list[Item], list[Refusal]]:
    """Return the items of a plan, and the experiments that must not be touched.

    Args:
        chosen: the experiments.
        trees: the trees that the operation touches.
        protection: knows which must not be touched; None when all may.
        dependents: returns who depends on an experiment, in words.
    """
    items: list[Item] = []
    refused: list[Refusal] = []
    chosen.find_sizes()
    for experiment in chosen:
        sizes = {tree: size for tree, size in experiment.sizes.items() if tree in trees}
        status = experiment.status
        if not sizes:
            continue
        place = experiment.place
        why = None if protection is None else protection.reason(place, sizes, status)
        if why is not None:
            refused.append(Refusal(experiment.name, why))
        else:
            note = "nobody has heard of it since its host fell silent" if status == STALE else ""
            files = sum(number for tree, number in experiment.files.items() if tree in sizes)
            found = Item(place, sizes, files, status, experiment.step, dependents(place), note)
            items.append(found)
    return items, refused
