"""The one experiment that a part of a name means."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rla.database.index.index import Index
from rla.database.index.store import IndexStore
from rla.database.index_name import parse_index_name
from rla.database.query import name_in_tree
from rla.database.record import ExperimentRecord
from rla.database.trees import ExperimentPlace, check_data_root, name_as_text
from rla.errors import AmbiguousExperimentError, ExperimentNotFoundError, did_you_mean
from rla.names import LOG
from rla.query.rows import read_rows

__all__ = ["find_run"]

_SHOWN = 10


def find_run(data_root: str | os.PathLike[str], name: str, task: str | None = None) -> ExperimentRecord:
    """Return the one experiment that an unambiguous part of its name or record date means.

    Args:
        data_root: the database folder.
        name: any part of ``<task>/<%Y/%m/%d>/<index name>`` (a whole ``key=value`` goes before a part of one), or the
            path of one of the experiment's folders.
        task: the task to look into; all when None.

    Raises:
        ExperimentNotFoundError: no name has this part.
        AmbiguousExperimentError: several have; the message lists the newest ten.
    """
    root = check_data_root(data_root)
    if not isinstance(name, str):
        raise ExperimentNotFoundError(f"A run is named by a part of its name, a text such as '13-05-01'; got {name!r}.")
    asked = name_as_text(name_in_tree(root, _possible(name)))
    index = Index(root, read_rows)
    index.refresh(task)
    records = [_record(root, *row) for row in index.ask(lambda store: _candidates(store, asked, task))]
    matches = [record for record in records if asked in (record.name, record.record_date, record.place.index_name)]
    matches = matches or [record for record in records if f"&{asked}&" in f"{record.place.index_name}&"] or records
    if len(matches) == 1:
        return matches[0]
    if not matches:
        every = index.ask(lambda store: _candidates(store, "", task))
        raise ExperimentNotFoundError(_not_found(root, name, every))
    shown = [record.name for record in matches[-_SHOWN:]]
    raise AmbiguousExperimentError(name, shown, number=len(matches))


def _possible(name: str) -> str:
    """Return a name without what no path can hold."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        name = name_as_text(name)
    return name.replace("\0", " ")


def _candidates(store: IndexStore, asked: str, task: str | None) -> list[tuple[str, str, str]]:
    condition, values = "instr(task || '/' || day || '/' || name, ?)", [asked]
    if task is not None:
        condition, values = f"{condition} AND task = ?", [asked, task]
    return [row[1:] for row in store.select(condition, values)]


def _record(root: Path, task: str, day: str, name: str) -> ExperimentRecord:
    index = parse_index_name(name)
    time, node, tracked = (index.time, index.node, index.parameters) if index else (name, "", {})
    return ExperimentRecord(ExperimentPlace(root, task, day, name), LOG, f"{day}/{time}", node, tracked)


def _not_found(root: Path, name: str, every: Sequence[tuple[str, str, str]]) -> str:
    newest = [f"{day}/{index_name}"[:19] for _, day, index_name in every[-200:]]
    return (
        f"No experiment of '{root}' has '{name}' in its name ({len(every)} looked at)."
        f"{did_you_mean(name, newest)} `rla ls` lists them."
    )
