"""The index of a data root, and what it knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.database.index.index import Index
from rla.database.index.sizes import Sizes
from rla.database.index.store import IndexStore
from rla.query.rows import read_rows


@pytest.fixture
def index(data_root: Path) -> Index:
    return Index(data_root, read_rows)


@pytest.fixture
def known(index: Index) -> Callable[[], dict[str, dict[str, Any]]]:
    """Return what the index knows, without a refresh: facts, parameters and last values by time of day."""
    return lambda: index.ask(_everything)


@pytest.fixture
def sizes(index: Index) -> Callable[[], dict[str, Sizes]]:
    """Find what experiments take, without a refresh, by time of day."""

    def ask() -> dict[str, Sizes]:
        names = index.ask(lambda store: {row[0]: row[3] for row in store.select("1")})
        return {names[number][:15]: sizes for number, sizes in index.sizes(list(names)).items()}

    return ask


def _everything(store: IndexStore) -> dict[str, dict[str, Any]]:
    from rla.database.index.documents import decode

    ids = [row[0] for row in store.select("1")]
    documents, details = store.documents(ids), store.details(ids)
    return {
        name[:15]: {**decode(facts), "parameters": decode(parameters), "last": decode(last)}
        for name, parameters, facts, last in sorted(
            (document[2], document[3], *details[number]) for number, document in documents.items()
        )
    }
