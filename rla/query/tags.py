"""The tags that a data root knows."""

from __future__ import annotations

import os

from rla.database.index.index import Index
from rla.database.index.refresh import Progress
from rla.database.index.totals import counts_of_tags
from rla.database.trees import check_data_root
from rla.query.rows import read_rows

__all__ = ["tags_in_use"]


def tags_in_use(
    data_root: str | os.PathLike[str],
    task: str | None = None,
    fresh: bool = False,
    progress: Progress = lambda done, total: None,
) -> dict[str, int]:
    """Return how many experiments have a tag, by tag, in the order of their names.

    Args:
        data_root: the database folder.
        task: the task to look at; all when None.
        fresh: read every experiment anew.
        progress: is told how many experiments were read, and how many there are to read.
    """
    index = Index(check_data_root(data_root), read_rows, progress)
    index.refresh(task, fresh)
    return index.ask(lambda store: counts_of_tags(store, task))
