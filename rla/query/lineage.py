"""The family of an experiment: which ones it was forked from, and which were forked from them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from rla.database.index.index import Index
from rla.database.index_name import parse_index_name
from rla.database.ledger import children_by_parent
from rla.database.record import ExperimentRecord
from rla.database.run_card import RunCard, load_run_card, observed_status
from rla.database.trees import ExperimentPlace
from rla.names import LOG
from rla.query.rows import read_rows

__all__ = ["Relative", "family_of"]

_DEEPEST: Final = 100
"""No experiment has more ancestors; cards of a foreign hand may say so."""


@dataclass
class Relative:
    """An experiment in the tree of its family.

    Attributes:
        id: ``<record date>_<node>``.
        name: ``<task>/<%Y/%m/%d>/<index name>``; the id where nothing tells the name.
        status: as a reader sees it; None where the experiment is not in this data root (any more).
        at: the time step at which it was forked from the one above it; None where that is not known.
        children: those that were forked from it, the oldest first.
    """

    id: str
    name: str
    status: str | None = None
    at: int | float | None = None
    children: list[Relative] = field(default_factory=list)


def family_of(record: ExperimentRecord) -> Relative:
    """Return the oldest known ancestor of an experiment, with all that was forked from it.

    Args:
        record: the experiment.
    """
    root = record.place.data_root
    index = Index(root, read_rows)
    index.refresh()
    oldest = _oldest(record, index)
    known = {oldest.id}
    generation = [oldest]
    while generation:
        found = index.ask(partial(children_by_parent, parents=[each.id for each in generation]))
        younger: list[Relative] = []
        for parent in generation:
            for name in found.get(parent.id, ()):
                child = _relative(root, name)
                if child.id not in known:  # a copy that `rla migrate` made has the id of its original
                    known.add(child.id)
                    parent.children.append(child)
            parent.children.sort(key=lambda child: child.id)
            younger += parent.children
        generation = younger
    return oldest


def _oldest(record: ExperimentRecord, index: Index) -> Relative:
    """Return the oldest ancestor that is known, which may be one that is gone."""
    name, seen = record.name, set()
    for _ in range(_DEEPEST):
        card = _card(record.place.data_root, name)
        if card is None or card.parent is None or card.id in seen:
            break
        seen.add(card.id)
        wanted = card.parent
        named = card.fork.get("name")
        above = _first([*([named] if isinstance(named, str) else []), *_names_of(index, wanted)], wanted)
        if above is None or not _exists(record.place.data_root, above):
            return Relative(wanted, named if isinstance(named, str) else wanted)
        name = above
    return _relative(record.place.data_root, name)


def _names_of(index: Index, experiment_id: str) -> list[str]:
    """Return the names of the experiments that have an id."""
    day, _, rest = experiment_id.rpartition("/")
    time, _, node = rest.partition("_")
    rows = index.ask(lambda store: store.select("day = ? AND instr(name, ?) = 1", [day, time]))
    return [f"{task}/{day}/{name}" for _, task, day, name in rows if _id_of(day, name) == f"{day}/{time}_{node}"]


def _first(names: Iterable[str], experiment_id: str) -> str | None:
    """Return the first name that is one of an experiment of this id."""
    for name in names:
        if name.count("/") >= 4 and _id_of(*_parts(name)[1:]) == experiment_id:
            return name
    return None


def _relative(root: Path, name: str) -> Relative:
    _, day, index_name = _parts(name)
    card = _card(root, name)
    at: Any = card.fork.get("step") if card else None
    known = isinstance(at, (int, float)) and not isinstance(at, bool)
    status = observed_status(card, _folder(root, name))
    return Relative(_id_of(day, index_name) or name, name, status, at if known else None)


def _parts(name: str) -> tuple[str, str, str]:
    task, year, month, day, index_name = name.rsplit("/", 4)
    return task, f"{year}/{month}/{day}", index_name


def _id_of(day: str, index_name: str) -> str:
    index = parse_index_name(index_name)
    return f"{day}/{index.time}_{index.node}" if index else ""


def _folder(root: Path, name: str) -> Path:
    return ExperimentPlace(root, *_parts(name)).path(LOG)


def _exists(root: Path, name: str) -> bool:
    return ".." not in name.split("/") and os.path.isdir(_folder(root, name))


def _card(root: Path, name: str) -> RunCard | None:
    try:
        return load_run_card(_folder(root, name))
    except (OSError, ValueError):
        return None
