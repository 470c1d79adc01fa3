"""The index, a cache on the reader's own disk: where it lies, whether it can be used, and what it takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rla.database.index.location import CACHE_VARIABLE, index_path
from rla.database.index.store import IndexStore
from rla.experiment.doctor.check import NOTE, OK, WARNING, Check, amount, bytes_text
from rla.experiment.doctor.subject import Subject

__all__ = ["index_checks"]

_NAME = "index"


def index_checks(subject: Subject) -> Iterator[Check]:
    """Look at the index of the data root, without bringing it up to date."""
    path = index_path(subject.data_root)
    if path is None:
        found = "no folder for caches can be written; each question builds the index in memory"
        advice = f"set ${CACHE_VARIABLE} to a folder of your own on a disk of this machine"
        yield Check(_NAME, WARNING, found, advice)
        return
    facts: dict[str, Any] = {"path": str(path), "bytes": _bytes_of(path)}
    if not path.exists():
        yield Check(_NAME, OK, f"none yet; the first question makes '{path}'", facts=facts)
        return
    try:
        store = IndexStore(path)
    except sqlite3.Error as error:
        found = f"'{path}' cannot be used ({error}); the next question builds it again"
        yield Check(_NAME, NOTE, found, facts=facts)
        return
    try:
        facts["experiments"] = number = store.number_of_experiments
    finally:
        store.close()
    yield Check(_NAME, OK, f"{amount(number, 'experiment')}, {bytes_text(facts['bytes'])}, in '{path}'", facts=facts)


def _bytes_of(path: Path) -> int:
    """Return what the index takes, with the columns that are kept beside it."""
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.stem}.*") if each.is_file())
