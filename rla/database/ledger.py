"""Who depends on whom: experiments that were resumed or forked from others, and figures that show them.

Resumed and forked experiments name their parent in the run card. Figures are noted when they are drawn, in
`.rla/figures/<hash>.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.database.bounded_values import LARGEST_DOCUMENT, parse_json
from rla.database.index.store import IndexStore
from rla.database.trees import check_data_root
from rla.errors import QueryError
from rla.names import INTERNAL

__all__ = ["children_by_parent", "figures_by_experiment", "record_figure"]

_FOLDER: Final = f"{INTERNAL}/figures"
_NAME: Final = re.compile(r".+/[0-9]{4}/[0-9]{2}/[0-9]{2}/[^/]+", re.DOTALL)


def record_figure(
    data_root: str | os.PathLike[str], figure: str | os.PathLike[str], experiments: Iterable[str]
) -> Path:
    """Note that a figure shows experiments: whoever wants to delete one of them is told.

    Drawing the same figure again replaces the note.

    Args:
        data_root: the database folder.
        figure: the path of the figure.
        experiments: names of the experiments, ``<task>/<%Y/%m/%d>/<index name>``.

    Returns:
        The file of the note.

    Raises:
        DataRootError: there is no such data root.
        QueryError: a name is no name of an experiment.
        OSError: the note cannot be written.
    """
    folder = check_data_root(data_root) / _FOLDER
    path = os.path.abspath(os.fsdecode(figure))
    names = {experiments} if isinstance(experiments, str) else set(experiments)
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise QueryError(
                f"'{name}' is no name of an experiment. Expected is '<task>/<%Y/%m/%d>/<index name>', as `name` of an "
                "experiment of rla.query.experiments() is, or a line of `rla ls --json`."
            )
    note = {"figure": path, "experiments": sorted(names), "time": time.time()}
    files.make_directories(folder)
    target = folder / f"{hashlib.blake2s(os.fsencode(path), digest_size=12).hexdigest()}.json"
    files.write_atomic(target, json.dumps(note, ensure_ascii=False) + "\n")
    return target


def figures_by_experiment(data_root: Path) -> dict[str, list[str]]:
    """Return the figures that show an experiment, by its name; notes that cannot be read are left out."""
    found: dict[str, list[str]] = {}
    try:
        names = sorted(os.listdir(data_root / _FOLDER))
    except OSError:
        return found
    for name in names:
        figure, experiments = _read(data_root / _FOLDER / name)
        for experiment in experiments:
            found.setdefault(experiment, []).append(figure)
    return found


def _read(path: Path) -> tuple[str, list[str]]:
    try:
        content: Any = parse_json(files.read_regular(path, LARGEST_DOCUMENT))
        return str(content["figure"]), [name for name in content["experiments"] if isinstance(name, str)]
    except (OSError, ValueError, TypeError, KeyError):
        return "", []


def children_by_parent(store: IndexStore, parents: Collection[str]) -> dict[str, list[str]]:
    """Return the names of the experiments that were resumed or forked from others, by the id of the parent.

    Args:
        store: an index that is up to date.
        parents: ids of experiments, ``<record date>_<node>``.
    """
    key = store.find_key("run", "parent")
    if key is None:
        return {}
    children = {child: text for child, (_, text) in store.values_of(key).items() if text in parents}
    found: dict[str, list[str]] = {}
    for child, (task, day, name, *_) in store.documents(list(children)).items():
        found.setdefault(children[child] or "", []).append(f"{task}/{day}/{name}")
    return found
